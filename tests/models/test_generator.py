from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import toys
from acclimate.errors import UsageError
from acclimate.models.base import QueryGenerator
from acclimate.models.causal import CausalModel, Prefill
from acclimate.models.generator import CausalGenerator, Seq2SeqGenerator, clean, load_generator
from acclimate.settings import GenerateSettings
from acclimate.types import Passage
from toys import Toys

PASSAGES = [toy.passage for toy in toys.toy_passages()]
KINDS = pytest.mark.parametrize("kind", ["causal", "t5"])


def open_toy(toy: Toys, kind: str, **settings: object) -> QueryGenerator:
    usual: dict[str, object] = {"model": str(getattr(toy, kind)), "max_query_tokens": 12}
    return load_generator(GenerateSettings(**(usual | settings)))  # type: ignore[arg-type]


def test_configuration_tells_the_kind_of_generator(toy: Toys) -> None:
    assert isinstance(open_toy(toy, "causal"), CausalGenerator)
    assert isinstance(open_toy(toy, "t5"), Seq2SeqGenerator)


@KINDS
def test_each_passage_gets_its_number_of_queries_in_passage_order(toy: Toys, kind: str) -> None:
    # Batches of two passages: by length, so in another order than that of the passages.
    generator = open_toy(toy, kind, batch_size=6)
    written = generator.generate(PASSAGES[:5], 3, seed=1)
    assert [len(queries) for queries in written] == [3] * 5
    corpus = {word.strip(".") for passage in PASSAGES for word in passage.content.split()}
    words = [w.strip(".") for queries in written for _, text in queries for w in text.split()]
    assert sum(word in corpus for word in words) > len(words) / 4


@KINDS
def test_no_passages_have_no_queries(toy: Toys, kind: str) -> None:
    assert open_toy(toy, kind).generate([], 3, seed=1) == []


@KINDS
def test_same_seed_writes_the_same_and_another_seed_does_not(toy: Toys, kind: str) -> None:
    generator = open_toy(toy, kind)
    first, again, other = (generator.generate(PASSAGES[:4], 3, seed=seed) for seed in (1, 1, 2))
    assert first == again != other
    assert open_toy(toy, kind).generate(PASSAGES[:4], 3, seed=1) == first


@KINDS
@pytest.mark.usefixtures("fp32")
def test_passage_is_cut_to_the_models_room(toy: Toys, kind: str) -> None:
    generator = open_toy(toy, kind, max_passage_tokens=6)
    words = PASSAGES[0].text.replace(".", "").split()
    short, long = Passage("short", " ".join(words[:8])), Passage("long", " ".join(words))
    assert generator.generate([short], 3, seed=1) == generator.generate([long], 3, seed=1)


@KINDS
def test_query_is_cut_to_the_wanted_length(toy: Toys, kind: str) -> None:
    written = open_toy(toy, kind, max_query_tokens=1).generate(PASSAGES[:4], 3, seed=1)
    assert all(len(text.split()) <= 1 for queries in written for _, text in queries)


def test_styles_take_turns_and_each_passage_starts_with_the_next(toy: Toys) -> None:
    generator = open_toy(toy, "causal", styles=("claim", "question"), batch_size=3)
    written = generator.generate(PASSAGES[:3], 3, seed=1)
    claim, question = "claim", "question"
    assert [[style for style, _ in queries] for queries in written] == [
        [claim, question, claim],
        [question, claim, question],
        [claim, question, claim],
    ]


def test_each_style_is_asked_for_by_its_cue(toy: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[list[str]] = []
    real = CausalModel.read

    def noted(self: CausalModel, texts: list[list[int]], after: Prefill | None = None) -> Prefill:
        read.append([self.tokenizer.decode(text) for text in texts])
        return real(self, texts, after)

    monkeypatch.setattr(CausalModel, "read", noted)
    open_toy(toy, "causal").generate(PASSAGES[:1], 3, seed=1)
    prompt, passages, cues = read
    assert prompt[0].startswith("<s>Each passage is followed by")
    assert prompt[0].endswith(" complexity\n\n")
    assert passages == [f"Passage: {PASSAGES[0].content}"]
    assert cues == ["\nQuestion:", "\nKeywords:", "\nClaim:"]


def scripted(monkeypatch: pytest.MonkeyPatch, steps: list[list[int]]) -> Iterator[list[int]]:
    """Let the model choose these tokens, whatever it would like to choose."""
    script = iter(steps)
    monkeypatch.setattr(
        "acclimate.models.generator.sample",
        lambda logits, sampling, random: torch.tensor(next(script), device=logits.device),
    )
    return script


def test_each_query_ends_with_its_line_or_with_the_end_of_text(
    toy: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = open_toy(toy, "causal")
    assert isinstance(generator, CausalGenerator)
    tokenizer = generator.model.tokenizer
    [word, other, line] = generator.model.tokens(" wild yeast\n")
    end = tokenizer.eos_token_id
    # Three queries: the second ends first, then the third, then the first.
    left = scripted(monkeypatch, [[word, line, word], [other, end], [word], [line], [word]])
    [queries] = generator.generate(PASSAGES[:1], 3, seed=1)
    assert [text for _, text in queries] == ["wild yeast wild", "", "wild"]
    assert list(left) == [[word]]


def test_rows_that_go_on_read_on_as_they_began(
    toy: Toys, fp32: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = open_toy(toy, "causal", styles=("claim",))
    assert isinstance(generator, CausalGenerator)
    [word, other, line] = generator.model.tokens(" wild yeast\n")
    seen: list[Tensor] = []
    real = CausalModel.step

    def noted(self: CausalModel, state: Prefill, tokens: Tensor) -> Prefill:
        after = real(self, state, tokens)
        seen.append(after.logits.clone())
        return after

    monkeypatch.setattr(CausalModel, "step", noted)
    # The longer passage is read first; the shorter one is padded to its width.
    passages = [PASSAGES[0], Passage("short", "bamode lapara")]
    scripted(monkeypatch, [[line, word], [other], [line]])
    generator.generate(passages, 1, seed=1)
    scripted(monkeypatch, [[word, word], [other, other], [line, line]])
    generator.generate(passages, 1, seed=1)
    alone, beside = seen[:2], [logits[1:] for logits in seen[2:]]
    torch.testing.assert_close(torch.cat(alone), torch.cat(beside), atol=1e-4, rtol=1e-4)


def test_seq2seq_knows_one_style_only(toy: Toys) -> None:
    written = open_toy(toy, "t5").generate(PASSAGES[:2], 2, seed=1)
    assert {style for queries in written for style, _ in queries} == {"question"}


def test_style_that_no_example_shows_is_refused(toy: Toys) -> None:
    with pytest.raises(
        UsageError, match=r"'poem', which no example shows; shown are claim, keywords, question"
    ):
        open_toy(toy, "causal", styles=("claim", "poem"))


def test_at_least_one_style_is_needed(toy: Toys) -> None:
    with pytest.raises(UsageError, match=r"generate\.styles is empty"):
        open_toy(toy, "causal", styles=())


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("", ""),
        (" \n ", ""),
        (' "how  long\tdoes it take"\nPassage: next', "how long does it take"),
        ("“quoted”", "quoted"),
        ("what's new", "what's new"),
    ],
)
def test_clean_keeps_the_first_line_without_its_quotation_marks(written: str, query: str) -> None:
    assert clean(written) == query
