"""Teachers by name: the models that re-rank, and two that need no name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny

from acclimate.adapt.teachers import open_teacher, reads_passages_once
from acclimate.adapt.tools import Tools
from acclimate.errors import UsageError
from acclimate.search.rerankers import open_reranker
from acclimate.types import Passage, Query
from toys import Toys


@pytest.fixture
def tools(toy: Toys, tmp_path: Path) -> Iterator[Tools]:
    corpus = tiny.corpus(tmp_path / "corpus")
    with tiny.tools(corpus, tmp_path / "out", tiny.recipe(toy)) as opened:
        yield opened


def pairs(tools: Tools) -> list[tuple[Query, Passage]]:
    passages = list(tools.passages)[:4]
    return [(Query(q, q), passage) for q in ("bamode", "lapara mepari") for passage in passages]


@pytest.mark.usefixtures("fp32")
@pytest.mark.parametrize("kind", ["cross-encoder", "monot5", "likelihood", "encoder"])
def test_a_name_means_the_same_as_teacher_and_as_reranker(
    toy: Toys, tools: Tools, kind: str
) -> None:
    folders = {"cross-encoder": toy.cross, "monot5": toy.monot5, "likelihood": toy.causal}
    name = f"{kind}:{folders.get(kind, toy.encoder)}"
    teacher, reranker = open_teacher(tools, name), open_reranker(name)
    assert teacher.name == reranker.name
    assert teacher.identity == reranker.identity
    expected = reranker.score(pairs(tools))
    assert teacher.score(pairs(tools)) == pytest.approx(expected, abs=1e-5)
    assert reads_passages_once(teacher) is (kind == "likelihood")


def test_the_student_and_bm25_teach_under_their_own_names(tools: Tools) -> None:
    names = [open_teacher(tools, name).name for name in ("bm25", "student")]
    assert names == ["bm25", "student"]


@pytest.mark.parametrize("name", ["", "BM26", "monot5:", "monot5", "teacher:x"])
def test_other_names_are_refused_with_those_that_there_are(tools: Tools, name: str) -> None:
    with pytest.raises(
        UsageError, match=r"is no teacher; name bm25, student, .* cross-encoder:MODEL"
    ):
        open_teacher(tools, name)
