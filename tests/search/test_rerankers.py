"""From names to re-rankers, and that each of them re-ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import toys
from acclimate.errors import ModelNotFound, UsageError
from acclimate.models.base import Vectors
from acclimate.models.dense import DenseEncoder
from acclimate.models.encoderscorer import EncoderScorer, LateScorer
from acclimate.search.rerank import rerank
from acclimate.search.rerankers import open_reranker
from acclimate.types import Hit, Passage, Query
from toys import Toys

PASSAGES = [toy.passage for toy in toys.toy_passages(12)]
HITS = [Hit(passage.id, -float(n)) for n, passage in enumerate(PASSAGES)]


def named(toy: Toys) -> dict[str, str]:
    folders = {
        "cross-encoder": toy.cross,
        "monot5": toy.monot5,
        "likelihood": toy.causal,
        "encoder": toy.encoder,
    }
    return {kind: f"{kind}:{folder}" for kind, folder in folders.items()}


@pytest.mark.parametrize("kind", ["cross-encoder", "monot5", "likelihood", "encoder"])
def test_every_kind_reranks_by_its_scores(toy: Toys, kind: str) -> None:
    name = named(toy)[kind]
    scorer = open_reranker(name, max_tokens=40, batch_size=4)
    assert scorer.name == name
    query = Query("q", " ".join(PASSAGES[7].text.split()[:4]))
    hits = rerank(query, HITS, PASSAGES, scorer, top=12)
    scores = scorer.score([(query, passage) for passage in PASSAGES])
    # Equal scores, which bf16 makes likely, come in order of the ids.
    best = sorted(zip((-score for score in scores), (p.id for p in PASSAGES), strict=True))
    assert [hit.passage_id for hit in hits] == [passage_id for _, passage_id in best]


def test_reranker_that_understands_brings_the_wanted_passage_up(toy: Toys) -> None:
    scorer = open_reranker(named(toy)["encoder"])
    query = Query("q", " ".join(PASSAGES[7].text.split()))
    assert rerank(query, HITS, PASSAGES, scorer, top=12)[0].passage_id == PASSAGES[7].id


def test_encoder_scores_pairs_by_the_product_of_their_vectors(toy: Toys) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    queries = [Query("a", "bamode"), Query("b", "lapara feduku")]
    pairs = [(query, passage) for query in queries for passage in PASSAGES[:3]]
    asked = encoder.encode_queries([query.text for query in queries])
    read = encoder.encode_passages([passage.content for passage in PASSAGES[:3]])
    expected = (asked @ read.T).flatten().tolist()
    assert EncoderScorer(encoder).score(pairs) == pytest.approx(expected, abs=1e-5)
    assert EncoderScorer(encoder).score([]) == []


def test_encoder_encodes_each_text_once(toy: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    seen: list[str] = []
    real = DenseEncoder.encode_passages

    def noted(
        self: DenseEncoder, texts: Sequence[str]
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        seen.extend(texts)
        return real(self, texts)

    monkeypatch.setattr(DenseEncoder, "encode_passages", noted)
    twin = Passage("twin", PASSAGES[0].text, PASSAGES[0].title)
    pairs = [(Query(q, q), passage) for q in "abc" for passage in (PASSAGES[0], twin)]
    EncoderScorer(encoder).score(pairs)
    assert seen == [PASSAGES[0].content]


class Letters:
    """A multi-vector model: a unit vector for each letter."""

    name = "letters"
    identity = "letters-1"
    dimension = 26

    def encode_queries(self, texts: Sequence[str]) -> list[Vectors]:
        eye = np.eye(26, dtype=np.float32)
        return [eye[[ord(letter) - ord("a") for letter in text]] for text in texts]

    encode_passages = encode_queries


def test_late_interaction_scores_pairs_by_their_best_agreements() -> None:
    passages = [Passage("x", "cab"), Passage("y", "bbd")]
    pairs = [(Query(text, text), passage) for text in ("aab", "d") for passage in passages]
    assert LateScorer(Letters()).score(pairs) == [3.0, 1.0, 0.0, 1.0]
    assert LateScorer(Letters()).score([]) == []
    assert LateScorer(Letters()).name == "late:letters"


@pytest.mark.parametrize("name", ["", "bm25", "monot5:", "teacher:x", "cross-encoder"])
def test_other_names_are_refused_with_those_that_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="is no re-ranker; name one of cross-encoder:MODEL, mono"):
        open_reranker(name)


def test_model_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelNotFound, match="'no/such-model' was not found"):
        open_reranker("monot5:no/such-model")
