"""An index folder's vectors as Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from acclimate.engine.engine import Engine
from acclimate.engine.export import write_vectors
from acclimate.engine.settings import IndexSettings
from acclimate.errors import UsageError
from acclimate.types import Passage

parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.real
def test_every_live_passage_comes_with_its_vector(tmp_path: Path) -> None:
    passages = [Passage("a", "one", metadata={"year": 1}), Passage("b", "two"), Passage("c", "six")]
    engine = Engine.create(tmp_path / "index", IndexSettings(), passages)
    engine.delete(["b"])
    assert write_vectors(engine, tmp_path / "vectors.parquet") == 2
    table = parquet.read_table(tmp_path / "vectors.parquet")
    assert table["id"].to_pylist() == ["a", "c"]
    assert table["metadata"].to_pylist() == ['{"year": 1}', "{}"]
    direct = engine.models.dense(engine.settings.models[0]).encode_passages(["one", "six"])
    np.testing.assert_allclose(np.array(table["vector"].to_pylist()), direct, atol=1e-5)


def test_index_without_vectors_is_refused(tmp_path: Path) -> None:
    engine = Engine.create(tmp_path / "index", IndexSettings(models=()), [Passage("a", "one")])
    with pytest.raises(UsageError, match="--model"):
        write_vectors(engine, tmp_path / "vectors.parquet")
