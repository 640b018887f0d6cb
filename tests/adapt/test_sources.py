"""What a supervised training learns from: judgments, tables and finished runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tiny

import toys
from acclimate.adapt.finished import stored_rows
from acclimate.adapt.gpl import adapt
from acclimate.adapt.sources import (
    FinishedRun,
    Given,
    Judged,
    Known,
    LabelFile,
    LabelSource,
    label_source,
)
from acclimate.adapt.supervised import supervised
from acclimate.corpus import open_corpus
from acclimate.errors import InputError, UsageError
from acclimate.formats.beir import write_beir
from acclimate.progress import Silent
from acclimate.runs import Run
from acclimate.settings import MineSettings, Recipe, StudentSettings, TrainSettings
from acclimate.types import Judgment, Passage, Query
from multi_vector import tiny_multi_vector
from sparse_toys import tiny_splade
from toys import Toys


def read(source: LabelSource, out: Path, graded: bool = True) -> Given:
    with Run(out, Silent()) as run:
        return source.read(run, graded)


def judged(folder: Path, *grades: int) -> Judged:
    """One query, judged against passages p0, p1 ... with these grades; p9 is not there."""
    passages = [Passage(f"p{number}", f"text {number}") for number in range(len(grades))]
    rows = [Judgment("q", f"p{number}", grade) for number, grade in enumerate(grades)]
    write_beir(folder, passages, [Query("q", "words")], {"train": [*rows, Judgment("q", "p9", 3)]})
    return Judged(open_corpus(folder))


def test_each_positive_judgment_is_compared_with_what_was_judged_lower(tmp_path: Path) -> None:
    source = judged(tmp_path / "c", 1, 2, 0, 1)
    assert read(source, tmp_path / "out").known == [
        Known("q", "words", ("p1", "p0", "p3", "p2"), (2.0, 1.0, 1.0, 0.0)),
        Known("q", "words", ("p0", "p2"), (1.0, 0.0)),
        Known("q", "words", ("p3", "p2"), (1.0, 0.0)),
    ]


def test_without_grades_a_lesser_answer_is_no_negative(tmp_path: Path) -> None:
    known = read(judged(tmp_path / "c", 1, 2, 0), tmp_path / "out", graded=False).known
    assert [row.passage_ids for row in known] == [("p1", "p2"), ("p0", "p2")]


def test_judgments_without_a_positive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of 1 queries none has a label above 0"):
        read(judged(tmp_path / "c", 0, 0), tmp_path / "out")


def table(folder: Path, *rows: object) -> LabelFile:
    path = folder / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return LabelFile(path)


def texts(given: Given) -> list[tuple[str, list[str], tuple[float, ...]]]:
    return [
        (row.text, [each.text for each in given.passages.get(row.passage_ids)], row.values)
        for row in given.known
    ]


def test_pairs_make_a_collection_of_their_own_passages(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        {"query": "a", "passage": "one"},
        {"query": "b", "passage": "two"},
        {"query": "a", "passage": "two"},
        {"query": "a", "passage": "one"},
    )
    given = read(source, tmp_path / "out", graded=False)
    assert not given.complete
    assert [passage.text for passage in given.passages] == ["one", "two"]
    assert texts(given) == [("a", ["one"], (1.0,)), ("a", ["two"], (1.0,)), ("b", ["two"], (1.0,))]


def test_triples_of_one_query_are_brought_together(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        {"query": "a", "positive": "one", "negative": "two"},
        {"query": "a", "positive": "one", "negative": "three"},
    )
    given = read(source, tmp_path / "out", graded=False)
    assert given.complete
    assert texts(given) == [("a", ["one", "two", "three"], (1.0, 0.0, 0.0))]


@pytest.mark.parametrize(
    "row",
    [{"query": "a", "passage": "one"}, {"query": "a", "positive": "one", "negative": "two"}],
    ids=["pair", "triple"],
)
def test_right_and_wrong_are_no_scores(row: dict[str, str], tmp_path: Path) -> None:
    source = table(tmp_path, row)
    with pytest.raises(UsageError, match=r"labels.jsonl:1: no scores in it, .* --objective mnrl"):
        read(source, tmp_path / "out", graded=True)


def test_passage_that_is_right_in_one_row_and_wrong_in_another_is_refused(tmp_path: Path) -> None:
    source = table(
        tmp_path,
        {"query": "a", "positive": "one", "negative": "two"},
        {"query": "a", "positive": "two", "negative": "three"},
    )
    with pytest.raises(InputError, match=r"labels.jsonl:2: 'two' is a positive of 'a' in one row"):
        read(source, tmp_path / "out", graded=False)


def test_best_of_a_scored_list_is_the_one_to_be_found(tmp_path: Path) -> None:
    source = table(
        tmp_path, {"query": "a", "passages": ["one", "two", "three"], "scores": [0.5, 9, -1]}
    )
    given = read(source, tmp_path / "out")
    assert texts(given) == [("a", ["two", "one", "three"], (9.0, 0.5, -1.0))]


@pytest.fixture(scope="module")
def run(toy: Toys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished `adapt`."""
    out = tmp_path_factory.mktemp("run")
    corpus = tiny.corpus(tmp_path_factory.mktemp("corpus"), passages=12)
    adapt(open_corpus(corpus), out, tiny.recipe(toy))
    return out


def test_run_gives_its_queries_and_the_labels_that_its_student_learned_from(
    run: Path, tmp_path: Path
) -> None:
    given = read(FinishedRun(run), tmp_path)
    wanted = stored_rows(run).labelled()
    assert given.complete
    assert [(row.query_id, row.passage_ids) for row in given.known] == [
        (row.query_id, row.passage_ids) for row in wanted
    ]
    assert [row.values for row in given.known] == [tuple(row.values.tolist()) for row in wanted]


@pytest.mark.parametrize("kind", ["dense", "sparse", "late", "cross-encoder"])
def test_labels_of_one_run_train_students_of_every_kind(
    kind: str, run: Path, toy: Toys, tmp_path: Path
) -> None:
    model = {
        "dense": lambda: toy.encoder,
        "sparse": lambda: tiny_splade(tmp_path, toys.toy_texts()),
        "late": lambda: tiny_multi_vector(tmp_path, toys.toy_texts()),
        "cross-encoder": lambda: toy.cross,
    }[kind]()
    settings = TrainSettings(
        objective="kl", negatives=4, scale=0.0, max_steps=2, per_device_train_batch_size=4
    )
    wanted = Recipe(
        student=StudentSettings(model=str(model), kind=kind),
        mine=MineSettings(retrievers=()),
        train=settings,
    )
    result = supervised(FinishedRun(run), tmp_path / "out", wanted)
    assert result.examples == len(stored_rows(run).labelled())
    assert result.training.steps == 2
    card = (result.model / "README.md").read_text()
    assert "The queries were generated and the labels are a teacher's scores" in card


def test_source_is_told_by_what_it_is(run: Path, tmp_path: Path) -> None:
    corpus = judged(tmp_path / "c", 1)
    path = table(tmp_path, {"query": "a", "passage": "b"}).path
    assert label_source(run) == FinishedRun(run)
    assert label_source(path) == LabelFile(path)
    found = label_source(tmp_path / "c", "dev")
    assert isinstance(found, Judged)
    assert (found.corpus.name, found.split) == (corpus.corpus.name, "dev")
    with pytest.raises(UsageError, match="no split 'dev'; choose from train"):
        read(found, tmp_path / "out")
