"""What a table says of a passage beside its text is kept for filters."""

from __future__ import annotations

from pathlib import Path

from acclimate.corpus import open_corpus
from acclimate.formats.beir import write_beir
from acclimate.types import Passage


def test_other_columns_become_metadata(tmp_path: Path) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(
        '{"_id": "a", "text": "one", "year": 2020, "open": true, "tags": ["x"], "empty": "",'
        ' "metadata": {"topic": "law", "place": "page 3"}}\n',
        encoding="utf-8",
    )
    (passage,) = open_corpus(path).passages()
    assert passage.metadata == {"topic": "law", "year": 2020, "open": True}
    assert passage.place == "page 3"


def test_metadata_survives_a_beir_folder(tmp_path: Path) -> None:
    written = Passage("a", "one", metadata={"year": 2020})
    write_beir(tmp_path, [written], [], {})
    (read,) = open_corpus(tmp_path / "corpus.jsonl").passages()
    assert read.metadata == {"year": 2020}
