import pytest
import torch
from torch import Tensor

import toys
from acclimate.models.causal import CausalModel
from acclimate.models.continuations import Continuations
from acclimate.models.likelihood import LikelihoodScorer
from acclimate.models.prompts import LIKELIHOOD_REQUEST
from acclimate.types import Passage, Query
from toys import Toys

TEXTS = toys.toy_texts()
PASSAGES = [toy.passage for toy in toys.toy_passages()]


@pytest.fixture
def model(toy: Toys, fp32: None) -> CausalModel:
    return CausalModel.load(str(toy.causal))


@torch.inference_mode()
def next_logits(model: CausalModel, tokens: list[int]) -> Tensor:
    """One plain reading of one text, without padding, cache or mask."""
    ids = torch.tensor([tokens], device=model.placement.device)
    logits: Tensor = model.model(input_ids=ids).logits[0].float().cpu()
    return logits


def likelihood(model: CausalModel, read: list[int], continued: list[int]) -> float:
    logits = next_logits(model, read + continued)[len(read) - 1 : -1]
    chosen = torch.log_softmax(logits, dim=-1)[range(len(continued)), continued]
    return float(chosen.mean())


def assert_close(given: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(given.cpu().float(), expected, atol=1e-4, rtol=1e-4)


def test_tokens_start_with_the_start_token_where_it_is_wanted(model: CausalModel) -> None:
    plain = model.tokens("bamode lapara")
    assert model.tokens("bamode lapara", start=True) == [model.tokenizer.bos_token_id, *plain]
    assert model.tokens("bamode lapara", start=True, limit=1) == [2, plain[0]]


def test_texts_of_unlike_length_are_read_as_each_would_be_alone(model: CausalModel) -> None:
    # The first is longer than the sliding window of the model's first layer.
    texts = [model.tokens(" ".join(TEXTS[:4]), start=True), model.tokens(TEXTS[5]), [7], [9, 8, 7]]
    assert len(texts[0]) > 64
    alone = torch.stack([next_logits(model, text)[-1] for text in texts])
    assert_close(model.read(texts).logits, alone)


def test_reading_in_two_parts_is_reading_the_whole(model: CausalModel) -> None:
    first = model.tokens(" ".join(TEXTS[:4]), start=True)
    second = model.tokens(TEXTS[4])
    whole = next_logits(model, first + second)[-1:]
    assert_close(model.read([second], after=model.read([first])).logits, whole)


def test_one_reading_is_shared_by_all_texts_and_not_used_up(model: CausalModel) -> None:
    first, seconds = model.tokens(TEXTS[0], start=True), [model.tokens("bamode"), [9, 8, 7]]
    wholes = torch.stack([next_logits(model, first + second)[-1] for second in seconds])
    shared = model.read([first])
    for _ in range(2):
        assert_close(model.read(seconds, after=shared).logits, wholes)


def test_texts_are_read_each_after_its_own_row(model: CausalModel) -> None:
    firsts = [model.tokens(TEXTS[0], start=True), [2, 7], model.tokens(TEXTS[1], start=True)]
    seconds = [[9, 8], model.tokens("bamode lapara feduku"), [6]]
    wholes = [next_logits(model, a + b)[-1] for a, b in zip(firsts, seconds, strict=True)]
    assert_close(model.read(seconds, after=model.read(firsts)).logits, torch.stack(wholes))


def test_steps_go_on_where_the_reading_ended(model: CausalModel) -> None:
    texts = [model.tokens(TEXTS[0], start=True), [2, 7]]
    state = model.read(texts)
    for tokens in ([9, 10], [11, 12]):
        with torch.inference_mode():
            state = model.step(state, torch.tensor(tokens, device=model.placement.device))
        texts = [[*text, token] for text, token in zip(texts, tokens, strict=True)]
        assert_close(state.logits, torch.stack([next_logits(model, text)[-1] for text in texts]))


def test_likelihoods_are_those_of_plain_whole_readings(model: CausalModel) -> None:
    read = [model.tokens(" ".join(TEXTS[:4]), start=True), [2, 7], model.tokens(TEXTS[9])]
    # Alike at their start, one within another, one twice, and single tokens.
    continued = [[9, 8, 7], [9, 8], [9, 8, 6, 5], [9, 8], [5], model.tokens(TEXTS[3])]
    plain = [[likelihood(model, a, b) for b in continued] for a in read]
    judge = Continuations.of(model)
    # The first text is longer than the sliding window, so it is read for each of them anew.
    assert len(read[0]) > judge.reach == 64
    for size in (1, 4, 100):
        found = judge.log_likelihoods([(text, continued) for text in read], size)
        for values, expected in zip(found, plain, strict=True):
            assert values == pytest.approx(expected, abs=1e-4)


def test_model_that_cannot_read_trees_reads_each_continuation_by_itself(
    model: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it counted places by itself, whatever it is told.
    real = model.model.base_model.forward

    def counting(position_ids: Tensor | None = None, **inputs: Tensor) -> object:
        return real(**inputs)

    monkeypatch.setattr(model.model.base_model, "forward", counting)
    judge = Continuations.of(model)
    assert judge.reach == 0
    continued = [[9, 8, 7], [9, 6, 5], [9, 6, 4]]
    found = judge.log_likelihoods([([2, 7], continued)], 8)
    plain = [likelihood(model, [2, 7], tokens) for tokens in continued]
    assert found[0] == pytest.approx(plain, abs=1e-4)


def test_many_continuations_are_read_in_several_trees(
    model: CausalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acclimate.models.continuations.BRANCH_TOKENS", 5)
    monkeypatch.setattr("acclimate.models.continuations.CPU_TOKENS", 2)
    continued = [[9, token, 8] for token in range(5, 15)] + [[]]
    found = Continuations.of(model).log_likelihoods([([2, 7], continued), ([3], [])], 8)
    plain = [likelihood(model, [2, 7], tokens) for tokens in continued[:-1]]
    assert found == [pytest.approx([*plain, 0.0], abs=1e-4), []]


def test_scorer_reads_each_passage_once_and_scores_as_if_it_read_each_pair(
    model: CausalModel,
) -> None:
    queries = [
        Query("a", "bamode"),
        Query("b", "feduku lapara mepari"),
        Query("c", TEXTS[7]),
    ]
    pairs = [(query, passage) for query in queries for passage in PASSAGES[:5]]
    plain = [
        likelihood(
            model,
            model.tokens(f"Passage: {passage.content}", start=True)
            + model.tokens(LIKELIHOOD_REQUEST),
            model.tokens(f" {query.text}"),
        )
        for query, passage in pairs
    ]
    scores = LikelihoodScorer(Continuations.of(model), 350, batch_size=8).score(pairs)
    assert scores == pytest.approx(plain, abs=1e-4)
    assert max(scores) < 0


def test_scorer_cuts_passages_to_the_wanted_length(model: CausalModel) -> None:
    judge = Continuations.of(model)
    scorer = LikelihoodScorer(judge, 6, batch_size=8)
    words = PASSAGES[0].text.split()
    short, long = Passage("short", " ".join(words[:5])), Passage("long", " ".join(words))
    scores = scorer.score([(Query("q", "bamode"), short), (Query("q", "bamode"), long)])
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)
    assert scorer.identity != LikelihoodScorer(judge, 7, batch_size=8).identity


def test_no_pairs_have_no_likelihoods(model: CausalModel) -> None:
    assert LikelihoodScorer(Continuations.of(model), 350, batch_size=8).score([]) == []
