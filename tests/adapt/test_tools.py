"""The teacher check, the label-free judgments, the held-out side, and the passages."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import tiny

import toys
from acclimate.adapt import check, measure
from acclimate.adapt.apart import Sides, sides
from acclimate.adapt.check import check_teacher, warning
from acclimate.adapt.gpl import pseudo_label
from acclimate.adapt.learn import split
from acclimate.adapt.result import TeacherAccuracy
from acclimate.adapt.store import store_passages
from acclimate.adapt.teachers import open_teacher
from acclimate.adapt.tools import Tools
from acclimate.corpus import open_corpus
from acclimate.errors import InputError
from acclimate.evaluate.intervals import Estimate
from acclimate.models.base import PairScorer
from acclimate.progress import Silent
from acclimate.recipes import apply_overrides
from acclimate.runs import Run
from acclimate.types import GeneratedQuery, Hit, Mined, Passage, Query
from toys import Toys

IDS = [toy.passage.id for toy in toys.toy_passages(24)]
QUERIES = {f"q{n}": GeneratedQuery(f"q{n}", f"query {n}", pid, "") for n, pid in enumerate(IDS)}
MINED = [
    Mined(
        query.id, query.passage_id, {"student": tuple(p for p in IDS[:9] if p != query.passage_id)}
    )
    for query in QUERIES.values()
]


@pytest.fixture
def tools(toy: Toys, tmp_path: Path) -> Iterator[Tools]:
    corpus = tiny.corpus(tmp_path / "corpus")
    with tiny.tools(corpus, tmp_path / "out", tiny.recipe(toy, "stand-in")) as opened:
        yield opened


@dataclass(frozen=True)
class Oracle:
    """A teacher of which it is known what it thinks."""

    opinion: Callable[[Query, Passage], float]
    name: str = "oracle"
    identity: str = "oracle"

    def score(self, pairs: Sequence[tuple[Query, Passage]]) -> list[float]:
        return [self.opinion(query, passage) for query, passage in pairs]


def knows_all(query: Query, passage: Passage) -> float:
    return float(QUERIES[query.id].passage_id == passage.id)


def stand_in(monkeypatch: pytest.MonkeyPatch, module: object, teacher: Oracle) -> None:
    def opened(tools: Tools, name: str) -> PairScorer:
        return teacher if name == "stand-in" else open_teacher(tools, name)

    monkeypatch.setattr(module, "open_teacher", opened)


# The teacher check.


def test_perfect_teacher_is_seen_to_be_one(tools: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, check, Oracle(knows_all))
    found = check_teacher(tools, QUERIES, MINED)
    assert found.teacher == TeacherAccuracy(
        "oracle", 24, Estimate(1.0, 1.0, 1.0), Estimate(1.0, 1.0, 1.0)
    )
    assert [other.name for other in found.others] == ["bm25", "student"]
    assert found.warning == ""


@pytest.mark.parametrize("guessing", [True, False])
def test_teacher_that_guesses_or_says_nothing_is_right_half_the_time(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, guessing: bool
) -> None:
    draw = random.Random(1)
    stand_in(monkeypatch, check, Oracle(lambda *_: draw.random() if guessing else 0.0))
    found = check_teacher(tools, QUERIES, MINED).teacher
    assert found.over_mined.value == pytest.approx(0.5, abs=0.15 if guessing else 0)
    assert found.over_random.value == pytest.approx(0.5, abs=0.15 if guessing else 0)


def test_teacher_that_is_worse_on_mined_passages_is_seen_to_be(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fooled(query: Query, passage: Passage) -> float:
        return knows_all(query, passage) + 2 * (passage.id in IDS[:9])

    stand_in(monkeypatch, check, Oracle(fooled))
    mined = [row for row in MINED if row.positive_id not in IDS[:9]]
    few = [replace(row, negatives={"student": tuple(IDS[:9])}) for row in mined]
    found = check_teacher(tools, QUERIES, few).teacher
    assert found.over_mined.value == 0
    assert found.over_random.value > 0.5


def test_queries_with_negatives_of_their_topic_only_can_be_checked(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, check, Oracle(knows_all))
    mined = [replace(row, negatives={"student": (), "topic-0": ("p3", "p4")}) for row in MINED[5:]]
    assert check_teacher(tools, QUERIES, mined).teacher.over_mined.value == 1


def accuracy(name: str, value: float) -> TeacherAccuracy:
    return TeacherAccuracy(name, 9, Estimate(1, 1, 1), Estimate(value, value, value))


@pytest.mark.parametrize(("teacher", "warned"), [(0.9, False), (0.7, True), (0.5, True)])
def test_teacher_no_better_than_the_student_is_warned_of_with_a_remedy(
    teacher: float, warned: bool
) -> None:
    text = warning(accuracy("cross-encoder:x", teacher), accuracy("student", 0.7))
    assert bool(text) == warned
    if warned:
        assert f"{teacher:.0%}" in text
        assert "Add bm25 to label.teachers" in text


# What the teacher judges.


@dataclass(frozen=True)
class Fixed:
    """A retriever that finds the same for every query."""

    ids: Sequence[str]
    name: str = "fixed"

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        return [[Hit(pid, 1.0 / rank) for rank, pid in enumerate(self.ids[:k], 1)]
                for _ in queries]  # fmt: skip


def test_passages_that_the_teacher_puts_as_high_as_the_source_are_relevant(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    worth = {"p1": 5.0, "p2": 5.0, "p3": 9.0, "p4": 4.9}
    stand_in(monkeypatch, measure, Oracle(lambda _, passage: worth.get(passage.id, 0)))
    before, after = Fixed(["p4", "p5", "p6", "p1"]), Fixed(["p1", "p2", "p3"])
    compared = measure.Systems(Fixed(["p7"]), before, after, before, after)
    found = measure.judged_by_teacher(tools, compared, [QUERIES["q1"]])
    assert (found.labels, found.before.queries) == ("teacher", 1)
    assert found.after.measures["nDCG@10"].value == pytest.approx(1)
    assert found.before.measures["RR@10"].value == pytest.approx(1 / 4)
    assert found.bm25.measures["RR@10"].value == 0
    changed = {(each.baseline, each.system): each.difference.value for each in found.comparisons}
    assert changed["before", "after"] > 0.5


# Held-out queries.


def test_all_queries_of_a_passage_fall_on_the_same_side(toy: Toys, tmp_path: Path) -> None:
    recipe = apply_overrides(tiny.recipe(toy), ["generate.per_passage=3", "train.held_out=0.3"])
    with tiny.tools(tiny.corpus(tmp_path / "corpus"), tmp_path / "out", recipe) as opened:
        pseudo = pseudo_label(opened)
        sides = split(opened, pseudo)
        again = split(opened, pseudo)
    learning, choosing, reporting = (
        {pseudo.queries[row.query_id].passage_id for row in side}
        for side in (sides.learning, sides.choosing, sides.reporting)
    )
    assert not learning & choosing
    assert not learning & reporting
    assert not choosing & reporting
    held_out = len(sides.choosing) + len(sides.reporting)
    assert len(sides.learning) + held_out == len(pseudo.labelled)
    assert 0.2 < held_out / len(pseudo.labelled) < 0.5
    assert abs(len(sides.choosing) - len(sides.reporting)) <= 3
    assert [row.query_id for row in again.choosing] == [row.query_id for row in sides.choosing]
    assert len(sides.learning) > len(learning)  # passages do have several queries


def test_a_single_passage_that_is_held_out_does_both() -> None:
    found = sides(["a", "b", "c"], [b"1", b"1", b"2"], b"1")
    assert found == Sides(["c"], ["a", "b"], ["a", "b"])


def test_copies_of_a_passage_fall_on_the_same_side(toy: Toys, tmp_path: Path) -> None:
    corpus = tiny.corpus(tmp_path / "corpus")
    rows = (corpus / "corpus.jsonl").read_text().splitlines()
    copies = [json.dumps(json.loads(row) | {"_id": f"copy{n}"}) for n, row in enumerate(rows)]
    (corpus / "corpus.jsonl").write_text("\n".join([*rows, *copies]) + "\n")
    recipe = apply_overrides(tiny.recipe(toy), ["generate.per_passage=3", "train.held_out=0.4"])
    with tiny.tools(corpus, tmp_path / "out", recipe) as opened:
        pseudo = pseudo_label(opened)
        parted = split(opened, pseudo)
        found = [
            {opened.passages.first(pseudo.queries[row.query_id].passage_id) for row in side}
            for side in (parted.learning, parted.choosing, parted.reporting)
        ]
        asked = {query.passage_id for query in pseudo.queries.values()}
        contents = {opened.passages.first(each) for each in asked}
    assert len(contents) < len(asked)  # some copies are both asked about
    assert sum(map(len, found)) == len(set().union(*found))


# The passages.


def test_refused_corpus_leaves_no_half_copy_behind(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"_id": "1", "text": "whole"}\n{"_id": "2", "text"\n', encoding="utf-8")
    with Run(tmp_path / "out", Silent()) as run:
        with pytest.raises(InputError, match="jsonl:2"):
            store_passages(open_corpus(broken), run)
        assert [path.name for path in (tmp_path / "out").iterdir()] == [".lock"]
    assert not (tmp_path / "out").exists()
