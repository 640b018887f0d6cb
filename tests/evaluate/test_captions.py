"""Captions and pictures that find each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from acclimate.corpus import Corpus, open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.evaluate.captions import measure_captions
from acclimate.formats.beir import write_beir
from acclimate.models.base import Similarity, Vectors
from acclimate.pictures.read import PictureSource
from acclimate.types import Judgment, Passage, Query
from pictured import save_pictures

SPACE = ("red", "green", "blue", "circle", "square", "cross")


@dataclass(frozen=True)
class Seen:
    """Knows a picture by its file's name, so that what is right is known; `blind` sees nothing."""

    blind: bool = False
    name: str = "seen"
    identity: str = "seen"
    similarity: Similarity = Similarity.DOT
    dimension: int = len(SPACE)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        rows = [[float(word in text and not self.blind) for word in SPACE] for text in texts]
        return np.array(rows, dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts)

    def encode_pictures(self, pictures: Sequence[PictureSource]) -> Vectors:
        return self.encode_queries([str(each).rpartition("/")[2] for each in pictures])


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Nine pictures with two captions each; the second tells the colour only."""
    paths = save_pictures(tmp_path / "images")
    passages = [Passage(name, "", "", name, image=str(path)) for name, path in paths.items()]
    queries = [Query(f"{n}#0", f"a {n}") for n in paths]
    queries += [Query(f"{n}#1", f"something {n.split()[0]}") for n in paths]
    judged = [Judgment(query.id, query.id[:-2], 1) for query in queries]
    write_beir(tmp_path, passages, queries, {"test": judged, "dev": judged[:1]})
    return open_corpus(tmp_path)


def test_recall_is_counted_both_ways(corpus: Corpus) -> None:
    found = measure_captions(Seen(), corpus, "test")
    assert (found.captions, found.pictures) == (18, 9)
    # A whole caption finds its picture; a colour alone has two wrong ones beside the right one.
    assert found.text_to_picture[1].value == pytest.approx(0.5)
    assert found.text_to_picture[5].value == 1.0
    assert found.picture_to_text[1].value == 1.0
    assert found.text_to_picture_chance == pytest.approx({1: 1 / 9, 5: 5 / 9, 10: 1.0})
    # Five of eighteen captions without the two of a picture: 16/18 · 15/17 · 14/16 · 13/15 · 12/14.
    missed = {1: 16 / 18, 5: 4_368 / 8_568, 10: 8_008 / 43_758}
    expected = {k: 1 - each for k, each in missed.items()}
    assert found.picture_to_text_chance == pytest.approx(expected)


def test_pictures_of_other_splits_are_no_distractors(corpus: Corpus) -> None:
    found = measure_captions(Seen(), corpus, "dev")
    assert (found.captions, found.pictures) == (1, 1)


def test_a_model_that_sees_nothing_finds_nothing(corpus: Corpus) -> None:
    found = measure_captions(Seen(blind=True), corpus, "test")
    assert found.text_to_picture[1].value == found.picture_to_text[5].value == 0.0


def test_a_collection_without_pictures_is_refused(tmp_path: Path) -> None:
    write_beir(tmp_path, [Passage("1", "a")], [Query("q", "a")], {"test": [Judgment("q", "1", 1)]})
    with pytest.raises(InputError, match="no picture is judged in 'test'"):
        measure_captions(Seen(), open_corpus(tmp_path), "test")


def test_pictures_are_no_texts_to_learn_from(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="is a picture, and this works on texts"):
        list(corpus.texts())
