from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

import toys
from acclimate.errors import UsageError
from acclimate.models.monot5 import MonoT5Scorer, answer_token
from acclimate.types import Passage, Query
from toys import Toys

PASSAGES = [toy.passage for toy in toys.toy_passages()]
PAIRS = [(Query("q", "bamode lapara"), passage) for passage in PASSAGES[:5]]
pytestmark = pytest.mark.usefixtures("fp32")


def logits_of(folder: Path, prompt: str) -> torch.Tensor:
    """The first answer's logits, by one plain reading."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)
    inputs = AutoTokenizer.from_pretrained(folder)(prompt, return_tensors="pt")
    start = torch.tensor([[model.config.decoder_start_token_id]])
    with torch.inference_mode():
        logits: torch.Tensor = model(**inputs, decoder_input_ids=start).logits[0, 0]
    return logits


def test_score_is_the_log_probability_of_true_against_false(toy: Toys) -> None:
    scorer = MonoT5Scorer.load(str(toy.monot5), batch_size=2)
    known = scorer.tokenizer.get_vocab()
    answers = [known["▁false"], known["▁true"]]
    for (query, passage), score in zip(PAIRS, scorer.score(PAIRS), strict=True):
        prompt = f"Query: {query.text} Document: {passage.content} Relevant:"
        plain = torch.log_softmax(logits_of(toy.monot5, prompt)[answers], dim=-1)[1]
        assert score == pytest.approx(float(plain), abs=1e-4)
        assert score < 0


def test_long_texts_are_cut_and_the_prompt_keeps_its_end(toy: Toys) -> None:
    scorer = MonoT5Scorer.load(str(toy.monot5), max_tokens=6)
    words = PASSAGES[0].text.split()
    long, short = " ".join(words), " ".join(words)[: len(scorer._cut(" ".join(words)))]
    assert len(short) < len(long)
    one, other = scorer.score(
        [(Query("q", long), Passage("a", long)), (Query("q", short), Passage("b", short))]
    )
    plain = logits_of(toy.monot5, f"Query: {short} Document: {short} Relevant:")
    chance = torch.log_softmax(plain[list(scorer.answers)], dim=-1)[1]
    assert one == other == pytest.approx(float(chance), abs=1e-4)
    assert scorer.identity != MonoT5Scorer.load(str(toy.monot5), max_tokens=7).identity


def test_no_pairs_have_no_scores(toy: Toys) -> None:
    assert MonoT5Scorer.load(str(toy.monot5)).score([]) == []


def test_model_that_cannot_answer_is_refused_by_name(toy: Toys) -> None:
    # The toy generator has never heard of true and false.
    with pytest.raises(UsageError, match=r'/t5 has no single token for "false"'):
        MonoT5Scorer.load(str(toy.t5))


def test_model_of_another_kind_is_refused(toy: Toys) -> None:
    with pytest.raises(UsageError, match="is no sequence-to-sequence model, so it is no MonoT5"):
        MonoT5Scorer.load(str(toy.causal))


def test_answers_may_be_tokens_without_the_mark_of_a_space(toy: Toys) -> None:
    tokenizer = AutoTokenizer.from_pretrained(toy.cross)
    tokenizer.add_tokens(["true"])
    assert answer_token(tokenizer, "true", "m") == tokenizer.get_vocab()["true"]
