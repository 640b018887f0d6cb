"""The report as a page: whole, safe and alone."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from handmade_adaptation import SCRIPT, accuracy, adapted, before_after

from acclimate.adapt.result import Adaptation, TeacherCheck, TrainSummary
from acclimate.evaluate.intervals import Estimate
from acclimate.report.html import render, write_report
from acclimate.report.templates import marked
from acclimate.train.course import TrainPoint


@pytest.fixture
def adaptation() -> Adaptation:
    return adapted()


VOID = {"meta", "input", "link", "br", "img", "hr"}


class Outline(HTMLParser):
    """Collects what the tests ask about, and refuses tags that do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.labelled_by: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("src", "href", "action", "xlink:href"):
                self.addresses.append(value or "")
            if name == "aria-labelledby":
                self.labelled_by += (value or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    assert not found.open
    return found


def bare(adaptation: Adaptation) -> Adaptation:
    """The least that a run can have found out."""
    nothing = Estimate(math.nan, math.nan, math.nan)
    lonely = replace(accuracy("bm25", 0.5, 0.5), over_random=nothing, over_mined=nothing, queries=0)
    return replace(
        adaptation,
        judged=None,
        verdict="Nothing was learned.",
        label_free=before_after("teacher", 1),
        samples=(),
        stages=(),
        models=(),
        label_values={"positives": [math.nan], "negatives": []},
        teacher_check=TeacherCheck(lonely, (), ""),
        training=TrainSummary((TrainPoint(0, math.nan, math.nan, 0.0),), 0, 0, 0.0),
        query_texts={},
    )


def test_page_holds_every_section(adaptation: Adaptation, tmp_path: Path) -> None:
    write_report(adaptation, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    sections = "verdict people label-free queries teacher training samples settings"
    assert page.startswith("<!doctype html>")
    assert set(sections.split()) <= set(outline(page).ids)
    for words in (
        adaptation.verdict,
        "700 copied",
        "2,900 inconsistent",
        "judged by people",
        "Gemma Terms of Use",
        "kept: step 800",
        "5 min 12 s",
        "0f3a9c",
    ):
        assert words in page  # fmt: skip
    assert adaptation.teacher_check.warning in page


def test_page_tells_imported_queries_from_written_ones(adaptation: Adaptation) -> None:
    assert "Queries were written for the corpus" in render(adaptation)
    assert "Queries were imported;" in render(replace(adaptation, imported=("queries",)))


def test_page_loads_nothing(adaptation: Adaptation) -> None:
    page = render(adaptation)
    found = outline(page)
    assert all(address.startswith("#") for address in found.addresses)
    assert not re.search(r"https?://|url\(|@import", page)
    assert not {"link", "img", "iframe", "object", "form"} & set(found.tags)


def test_ids_are_unique_and_references_resolve(adaptation: Adaptation) -> None:
    found = outline(render(adaptation))
    assert len(found.ids) == len(set(found.ids))
    assert set(found.labelled_by) <= set(found.ids)
    assert {address[1:] for address in found.addresses} <= set(found.ids)


def test_every_table_has_a_caption_and_every_plot_a_title(adaptation: Adaptation) -> None:
    tags = outline(render(adaptation)).tags
    assert tags.count("table") == tags.count("caption")
    assert tags.count("svg") == tags.count("desc") == 7


def test_texts_of_the_corpus_cannot_become_markup(adaptation: Adaptation) -> None:
    hostile = replace(
        adaptation,
        corpus=SCRIPT,
        verdict=SCRIPT,
        query_texts=dict.fromkeys(adaptation.query_texts, SCRIPT),
        label_values={SCRIPT: [1.0, 2.0]},
    )
    page = render(hostile)
    assert outline(page).tags.count("script") == 1
    assert "<script>alert" not in page
    assert "how to pair up lists <b>" not in page
    assert "how to pair up lists &lt;b&gt;0&lt;/b&gt;" in page


def test_query_words_are_marked_in_escaped_text() -> None:
    assert marked("A <list> of Lists & lists", "sort a list, as text") == (
        "A &lt;<mark>list</mark>&gt; of <mark>Lists</mark> &amp; <mark>lists</mark>"
    )
    assert marked("a < b", "a b") == "a &lt; b"


def test_page_says_when_there_is_nothing_to_show(adaptation: Adaptation) -> None:
    page = render(bare(adaptation))
    assert len(outline(page).ids) == len(set(outline(page).ids))
    for words in (
        "No samples were kept",
        "No stage was recorded",
        "No labels were kept",
        "No loss was recorded",
        "No model was recorded",
        "1 query",
    ):
        assert words in page  # fmt: skip
    assert "judged by people" not in page
    assert not re.search(r"\b(nan|inf)\b", page, re.IGNORECASE)


def test_biggest_gains_come_first_and_losses_are_listed(adaptation: Adaptation) -> None:
    page = render(adaptation)
    gains = page[page.index("Biggest gains in nDCG@10") : page.index("Biggest losses in nDCG@10")]
    shown = [float(value) for value in re.findall(r"\+(\d\.\d\d)</td></tr>", gains)]
    assert len(shown) == 8
    assert shown == sorted(shown, reverse=True)
    assert "how do I pair up two lists, way judgments-" in gains


@pytest.mark.parametrize("queries", [1, 2])
def test_few_queries_are_drawn(adaptation: Adaptation, queries: int) -> None:
    page = render(replace(adaptation, judged=before_after("judgments", queries)))
    outline(page)
    assert "Biggest gains in nDCG@10" in page
