"""An index folder's passages and vectors as one Parquet file, for other stores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np

from acclimate.engine.engine import Engine
from acclimate.engine.kinds import DENSE
from acclimate.errors import UsageError
from acclimate.extras import need
from acclimate.formats.files import atomic_write_bytes, check_writable
from acclimate.indexes.vectors import DenseLeg
from acclimate.types import Scalar

#: Rows written at a time.
ROWS = 4096
#: By what a Parquet file is known, here and where tables are read.
SUFFIX = ".parquet"


def check_target(path: Path) -> None:
    """Raise UsageError for a file that no vectors go into, before models are loaded for them."""
    if path.suffix.lower() != SUFFIX:
        raise UsageError(
            f"{path}: vectors are written as Parquet; name a file that ends in {SUFFIX}"
        )
    check_writable(path)


def write_vectors(engine: Engine, path: Path) -> int:
    """Write id, title, text, document_id, place, image, metadata (JSON), vector; returns the rows.

    Vectors are float32 and ready for a dot product. The file is whole or absent.
    """
    if DENSE not in engine.modes():
        raise UsageError(f"{engine.folder}: no dense vectors in it; build it with --model")
    arrow, parquet = need("pyarrow", "parquet"), need("pyarrow.parquet", "parquet")
    snapshot = engine.snapshot
    leg = cast(DenseLeg, snapshot.legs[DENSE])
    live = np.flatnonzero(snapshot.live)
    text = arrow.string()
    names = ("id", "title", "text", "document_id", "place", "image", "metadata")
    dimension = leg.vectors(live[:1]).shape[1] if len(live) else 1
    vector = arrow.list_(arrow.float32(), dimension)
    schema = arrow.schema([*((name, text) for name in names), ("vector", vector)])
    with atomic_write_bytes(path) as handle, parquet.ParquetWriter(handle, schema) as writer:
        for start in range(0, len(live), ROWS):
            rows = live[start : start + ROWS]
            passages = snapshot.passages(rows)
            columns = [
                [each.id for each in passages],
                [each.title for each in passages],
                [each.text for each in passages],
                [each.document_id for each in passages],
                [each.place for each in passages],
                [each.image for each in passages],
                [_json(each.metadata) for each in passages],
            ]
            flat = arrow.array(leg.vectors(rows).ravel(), arrow.float32())
            vectors = arrow.FixedSizeListArray.from_arrays(flat, dimension)
            arrays = [*(arrow.array(column, text) for column in columns), vectors]
            writer.write_batch(arrow.record_batch(arrays, schema=schema))
    return len(live)


def _json(metadata: Mapping[str, Scalar]) -> str:
    return json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False)
