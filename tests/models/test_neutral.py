from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acclimate.errors import InputError, StaleRows, UsageError
from acclimate.models.dense import DenseEncoder
from acclimate.models.encoders import open_encoder
from acclimate.models.neutral import (
    ARRAY,
    LanguageMeans,
    MeansByLanguage,
    NeutralEncoder,
    save_neutral,
)
from toys import Toys

# Two languages that differ in the first number, texts that differ in the second.
VECTORS = np.array([[1, 2], [1, 4], [5, 2], [5, 4]], dtype=np.float32)
LANGUAGES = ["de", "de", "hi", "hi"]


def means() -> LanguageMeans:
    found = MeansByLanguage()
    found.add(VECTORS[:3], LANGUAGES[:3])
    found.add(VECTORS[3:], LANGUAGES[3:])
    return found.means()


def test_means_are_taken_by_language() -> None:
    assert means().languages == ("de", "hi")
    assert means().means.tolist() == [[1, 3], [5, 3]]


def test_centring_takes_the_language_mean_and_for_others_the_mean_of_means() -> None:
    remedy = means().remedy("centre")
    changed = remedy.apply(VECTORS, LANGUAGES)
    assert changed.tolist() == [[0, -1], [0, 1], [0, -1], [0, 1]]
    assert remedy.apply(VECTORS[:1], ["und"]).tolist() == [[-2, -1]]


def test_subspace_takes_out_the_direction_in_which_languages_differ_and_no_other() -> None:
    remedy = means().remedy("subspace")
    assert np.abs(remedy.array).tolist() == [[1, 0]]
    assert remedy.apply(VECTORS, LANGUAGES).tolist() == [[0, 2], [0, 4], [0, 2], [0, 4]]


def test_three_languages_differ_in_two_directions_at_most() -> None:
    spread = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    assert LanguageMeans(("a", "b", "c"), spread).remedy("subspace").array.shape == (2, 8)


def test_one_language_or_an_unknown_remedy_is_refused() -> None:
    alone = MeansByLanguage()
    alone.add(VECTORS, ["de", "de", "de", "und"])
    with pytest.raises(InputError, match="1 languages with 2 passages"):
        alone.means(2)
    with pytest.raises(UsageError, match="choose from centre, subspace"):
        means().remedy("mean")


@pytest.mark.parametrize("kind", ["centre", "subspace"])
def test_saved_remedy_encodes_as_before_and_has_an_identity_of_its_own(
    toy: Toys, tmp_path: Path, kind: str
) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    draw = np.random.default_rng(1).normal(0, 0.1, size=(2, encoder.dimension)).astype(np.float32)
    remedy = LanguageMeans(("de", "ru"), draw).remedy(kind)
    texts = ["Wie geht es dir heute?", "Как у тебя сегодня дела?"]
    save_neutral(tmp_path / "neutral", encoder, remedy)
    opened = open_encoder(str(tmp_path / "neutral"))
    made = NeutralEncoder.of(encoder, remedy, "made")
    assert opened.identity == made.identity != encoder.identity
    np.testing.assert_array_equal(opened.encode_queries(texts), made.encode_queries(texts))
    expected = encoder.similarity.prepare(
        remedy.apply(encoder.encode_passages(texts), ["de", "ru"])
    )
    np.testing.assert_array_equal(opened.encode_passages(texts), expected)
    with pytest.raises(UsageError, match="is there already"):
        save_neutral(tmp_path / "neutral", encoder, remedy)


def test_folder_that_does_not_hold_or_fit_is_refused(toy: Toys, tmp_path: Path) -> None:
    encoder = DenseEncoder.load(str(toy.encoder))
    draw = np.random.default_rng(1).normal(0, 0.1, size=(2, encoder.dimension)).astype(np.float32)
    folder = tmp_path / "neutral"
    save_neutral(folder, encoder, LanguageMeans(("de", "ru"), draw).remedy("subspace"))
    facts = folder / "neutral.json"
    facts.write_text(facts.read_text().replace(encoder.identity, "another"))
    with pytest.raises(StaleRows, match="fitted to"):
        open_encoder(str(folder))
    (folder / ARRAY).unlink()
    with pytest.raises(InputError, match="no whole remedy"):
        open_encoder(str(folder))
