"""Pairs, triples and scored lists, and what is said of a broken one."""

import json
from pathlib import Path

import pytest

from acclimate.errors import InputError
from acclimate.formats.labelled import LabelledTexts, read_labelled


def written(folder: Path, *rows: object) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_pairs_of_a_table_are_read_whatever_the_usual_name_of_their_columns(
    tmp_path: Path,
) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("question\tpassage\nwho?\tNobody.\n", encoding="utf-8")
    wanted = [LabelledTexts(f"{path}:2", "who?", ("Nobody.",), (1.0,), False)]
    assert read_labelled(path) == wanted


def test_triples_have_a_negative_or_several(tmp_path: Path) -> None:
    path = tmp_path / "triples.csv"
    path.write_text("query,positive,negative\na,b,c\n", encoding="utf-8")
    [row] = read_labelled(path)
    assert (row.passages, row.values) == (("b", "c"), (1.0, 0.0))
    [row] = read_labelled(
        written(tmp_path, {"query": "a", "positive": "b", "negative": ["c", "d", "c"]})
    )
    assert (row.passages, row.values) == (("b", "c", "d"), (1.0, 0.0, 0.0))


def test_list_keeps_its_scores(tmp_path: Path) -> None:
    path = written(tmp_path, {"query": "a", "passages": ["b", "c"], "scores": [-1, 2.5]})
    [row] = read_labelled(path)
    assert (row.passages, row.values, row.scored) == (("b", "c"), (-1.0, 2.5), True)


PAIR = {"query": "a", "passage": "b"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"passage": "b"}, "no 'query' among .'passage'.; name the columns query and passage"),
        ({"query": "a", "text": "b"}, "no 'positive' among .'query', 'text'."),
        ({"query": "a", "passage": " "}, "'passage' holds ' ', no text"),
        ({"query": 3, "passage": "b"}, "'query' holds 3, no text"),
        ({"query": "a", "positive": "b", "negative": "b"}, "the negative is the positive, 'b'"),
        ({"query": "a", "passages": ["b", "c"]}, "'scores' is None; write a list of numbers"),
        ({"query": "a", "passages": ["b", "c"], "scores": [1]}, "2 passages and 1 scores"),
        (
            {"query": "a", "passages": ["b"], "scores": [1]},
            "1 passages and 1 scores; give at",
        ),
        ({"query": "a", "passages": ["b", "c"], "scores": [1, None]}, "the score None is no"),
        ({"query": "a", "passages": ["b", "c"], "scores": [1, float("nan")]}, "the score nan"),
    ],
)
def test_broken_row_is_refused_with_its_place(
    row: dict[str, object], said: str, tmp_path: Path
) -> None:
    path = written(tmp_path, PAIR, row)
    with pytest.raises(InputError, match=f":2: {said}"):
        read_labelled(path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no row in it; name the columns"):
        read_labelled(written(tmp_path))
