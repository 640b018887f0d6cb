"""The inverted file: what is merged equals what is written at once, whatever the block size."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acclimate.errors import InputError
from acclimate.indexes import postings
from acclimate.indexes.bm25part import LexicalPart, merge_parts, write_expansions, write_part
from acclimate.indexes.vocabulary import Vocabulary

Cells = dict[str, list[tuple[int, int]]]

TEXTS = st.lists(st.text("abcdß中 ", max_size=12), max_size=8)


def part(folder: Path, texts: list[str]) -> Path:
    folder.mkdir()
    write_part(folder, [(text,) for text in texts], str.split)
    return folder


def cells(folder: Path) -> Cells:
    """What a part holds: each term's rows and counts."""
    opened = LexicalPart.open(folder)
    found = {}
    for number, term in enumerate(opened.vocabulary.terms()):
        rows, values = opened.postings.column(number)
        found[term] = list(zip(rows.tolist(), values.tolist(), strict=True))
        assert opened.postings.largest[number] == values.max()
    return found


def counted(texts: list[str]) -> Cells:
    found: Cells = {}
    for row, text in enumerate(texts):
        for term in set(text.split()):
            found.setdefault(term, []).append((row, text.split().count(term)))
    return found


@given(
    parts=st.lists(st.tuples(TEXTS, st.integers(0, 255)), max_size=3), block=st.sampled_from([1, 3])
)
def test_merged_parts_hold_the_kept_rows(parts: list[tuple[list[str], int]], block: int) -> None:
    # The bits of the number say which rows are kept.
    keep = [
        np.array([bits >> row & 1 for row in range(len(texts))], dtype=np.bool_)
        for texts, bits in parts
    ]
    kept = [
        text
        for (texts, _), mask in zip(parts, keep, strict=True)
        for text, stays in zip(texts, mask, strict=True)
        if stays
    ]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "BLOCK", block)
        folders = [part(Path(name) / str(number), texts) for number, (texts, _) in enumerate(parts)]
        merged = Path(name) / "merged"
        merged.mkdir()
        merge_parts(merged, [LexicalPart.open(folder) for folder in folders], keep)
        assert cells(merged) == counted(kept)
        assert list(cells(merged)) == sorted(counted(kept))
        lengths = LexicalPart.open(merged).postings.lengths
        assert lengths.tolist() == [len(text.split()) for text in kept]


def test_many_texts_are_counted_block_by_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acclimate.indexes.bm25part.TEXTS", 2)
    texts = ["b a", "c", "a a", "", "d b a"]
    assert cells(part(tmp_path / "part", texts)) == counted(texts)


def test_counts_beyond_a_byte_are_kept(tmp_path: Path) -> None:
    small, large = part(tmp_path / "small", ["a"]), part(tmp_path / "large", ["a " * 300])
    (tmp_path / "merged").mkdir()
    parts = [LexicalPart.open(small), LexicalPart.open(large)]
    merge_parts(tmp_path / "merged", parts, [np.ones(1, dtype=np.bool_)] * 2)
    assert parts[0].postings.values.dtype == np.uint8
    assert cells(tmp_path / "merged") == {"a": [(0, 1), (1, 300)]}


def test_files_are_mapped_and_hold_no_pickles(tmp_path: Path) -> None:
    folder = part(tmp_path / "part", ["a b", "c"])
    assert {path.suffix for path in folder.iterdir()} == {".npy"}
    opened = LexicalPart.open(folder).postings
    assert all(
        isinstance(array.base, np.memmap)
        for array in (opened.indptr, opened.rows, opened.values, opened.largest, opened.lengths)
    )


@pytest.mark.parametrize("content", [None, b"", b"no array"])
def test_missing_or_broken_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    folder = part(tmp_path / "part", ["a b", "c"])
    (folder / "rows.npy").unlink()
    if content is not None:
        (folder / "rows.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"rows\.npy: not an array .* index the corpus again"):
        LexicalPart.open(folder)


@given(terms=st.sets(st.text(st.characters(codec="utf-8"), min_size=1)), other=st.text())
def test_terms_are_found_by_their_place(terms: set[str], other: str) -> None:
    vocabulary = Vocabulary.of(sorted(terms))
    assert vocabulary.terms() == sorted(terms)
    for place, term in enumerate(sorted(terms)):
        assert vocabulary.find(term) == place
    if other not in terms and other.isprintable():
        assert vocabulary.find(other) is None


def test_what_was_added_to_rows_is_kept_in_a_merge(tmp_path: Path) -> None:
    folders = [part(tmp_path / "a", ["x", "y"]), part(tmp_path / "b", ["z"])]
    write_expansions(folders[0], [["one", "línea\n"], []])
    write_expansions(folders[1], [["three"]])
    (tmp_path / "merged").mkdir()
    parts = [LexicalPart.open(folder) for folder in folders]
    keep = [np.array([True, False]), np.array([True])]
    merge_parts(tmp_path / "merged", parts, keep)
    lines = LexicalPart.open(tmp_path / "merged").expansions
    assert lines is not None
    assert [lines[0], lines[1]] == [("one", "línea\n"), ("three",)]
    text = (tmp_path / "merged" / "expansions.jsonl").read_text("utf-8")
    assert text == '["one","línea\\n"]\n["three"]\n'
