from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

import toys
from acclimate.errors import UsageError
from acclimate.models.cross import CrossScorer
from acclimate.types import Passage, Query
from toys import Toys

PASSAGES = [toy.passage for toy in toys.toy_passages()]
PAIRS = [
    (Query("q", "bamode lapara"), PASSAGES[0]),
    (Query("q", "bamode lapara"), PASSAGES[1]),
    (Query("r", PASSAGES[2].text), PASSAGES[2]),
]


@pytest.mark.usefixtures("fp32")
def test_scores_are_raw_logits_whatever_the_default_activation(toy: Toys) -> None:
    scorer = CrossScorer.load(str(toy.cross))
    model = AutoModelForSequenceClassification.from_pretrained(toy.cross)
    texts = [query.text for query, _ in PAIRS], [passage.content for _, passage in PAIRS]
    inputs = scorer.model.tokenizer(*texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model.to(scorer.model.device)(**inputs.to(scorer.model.device)).logits[:, 0]
    scores = torch.tensor(scorer.score(PAIRS))
    torch.testing.assert_close(scores, logits.cpu(), atol=1e-5, rtol=0)
    # The model by itself would have squashed them.
    usual = scorer.model.predict(list(zip(*texts, strict=True)), convert_to_tensor=True)
    torch.testing.assert_close(torch.sigmoid(scores), usual.cpu(), atol=1e-5, rtol=0)


def test_no_pairs_have_no_scores(toy: Toys) -> None:
    assert CrossScorer.load(str(toy.cross)).score([]) == []


@pytest.mark.usefixtures("fp32")
def test_batches_do_not_change_scores_or_their_order(toy: Toys) -> None:
    pairs = [(Query("q", passage.title), passage) for passage in PASSAGES[:7]]
    together = CrossScorer.load(str(toy.cross)).score(pairs)
    apart = CrossScorer.load(str(toy.cross), batch_size=2).score(pairs)
    assert together == pytest.approx(apart, abs=1e-5)


@pytest.mark.usefixtures("fp32")
def test_pairs_are_cut_to_the_wanted_length(toy: Toys) -> None:
    scorer = CrossScorer.load(str(toy.cross), max_tokens=12)
    text = PASSAGES[0].content
    cut = Passage("cut", " ".join(text.replace(".", "").split()[:10]))
    long = Passage("long", text.replace(".", ""))
    scores = scorer.score([(Query("q", "bamode"), cut), (Query("q", "bamode"), long)])
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_model_with_several_outputs_is_no_teacher(toy: Toys, tmp_path: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(
        toy.cross, num_labels=3, ignore_mismatched_sizes=True
    )
    model.save_pretrained(tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((toy.cross / name).read_bytes())
    with pytest.raises(UsageError, match="has 3 outputs; a teacher needs a cross-encoder with one"):
        CrossScorer.load(str(tmp_path))


def test_long_passage_is_cut_to_the_positions_that_the_model_has(toy: Toys) -> None:
    scorer = CrossScorer.load(str(toy.cross), max_tokens=10_000)
    long = Passage("long", "word " * 2_000)
    assert len(scorer.score([(Query("q", "a query"), long)])) == 1
