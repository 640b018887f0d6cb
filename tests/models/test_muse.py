from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acclimate import api
from acclimate.engine.settings import IndexSettings
from acclimate.errors import ModelNotFound
from acclimate.models.encoders import open_encoder
from acclimate.models.muse import MuseEncoder

SENTENCES = ["A black cat sleeps on the sofa.", "The shares of the bank fell on Monday."]
TRANSLATIONS = ["Eine schwarze Katze schläft auf dem Sofa.", "星期一银行的股票下跌了。"]


@pytest.fixture(scope="module")
def muse() -> MuseEncoder:
    return MuseEncoder.load()


def test_translations_are_nearer_than_other_sentences(muse: MuseEncoder) -> None:
    cosines = muse.encode_queries(SENTENCES) @ muse.encode_passages(TRANSLATIONS).T
    assert cosines.argmax(axis=1).tolist() == [0, 1]


def test_vectors_are_float32_of_length_one_and_do_not_depend_on_their_company(
    muse: MuseEncoder,
) -> None:
    together = muse.encode_passages([*SENTENCES, ""])
    assert together.shape == (3, 512)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(together[:1], muse.encode_passages(SENTENCES[:1]), atol=1e-5)
    assert muse.encode_queries([]).shape == (0, 512)


def test_muse_is_opened_by_its_name_and_other_names_are_left_to_the_rest(tmp_path: Path) -> None:
    opened = open_encoder("muse")
    assert isinstance(opened, MuseEncoder)
    assert opened.identity.startswith("muse-")
    with pytest.raises(ModelNotFound):
        open_encoder(str(tmp_path))


def test_index_folder_is_built_and_searched_with_muse(tmp_path: Path) -> None:
    table = tmp_path / "corpus.jsonl"
    table.write_text('{"_id": "a", "text": "猫在沙发上睡觉"}\n{"_id": "b", "text": "银行的股票"}\n')
    settings = IndexSettings(models=("muse",), lexical=False)
    engine = api.index(table, tmp_path / "index", settings)
    assert engine.search("a cat sleeps").results[0].passage.id == "a"
