"""What the command line shows."""

from __future__ import annotations

import io
import json
import math
from dataclasses import replace

import pytest
from handmade_adaptation import adapted, before_after
from rich.console import Console

from acclimate.adapt.result import Adaptation, TrainSummary
from acclimate.report.table import as_json, before_after_table
from acclimate.train.course import TrainPoint


@pytest.fixture
def adaptation() -> Adaptation:
    return adapted()


def shown(adaptation: Adaptation, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(before_after_table(adaptation))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_shows_who_judged_and_every_system(adaptation: Adaptation) -> None:
    table = shown(adaptation)
    for words in (
        "judged by people: 60 queries",
        "judged by the teacher",
        "BM25, words only",
        "model before",
        "model after",
        "BM25 + model after",
        "nDCG@10",
        "after against before",
        "p < 0.001",
    ):
        assert words in table  # fmt: skip


def test_table_without_judgments_has_the_teacher_only(adaptation: Adaptation) -> None:
    assert "people" not in shown(replace(adaptation, judged=None))


def test_table_fits_a_narrow_terminal(adaptation: Adaptation) -> None:
    assert max(map(len, shown(adaptation, 80).splitlines())) <= 80


def test_json_has_means_and_no_queries(adaptation: Adaptation) -> None:
    found = as_json(adaptation)
    text = json.dumps(found, allow_nan=False)
    assert found["judged"]["after"]["measures"]["nDCG@10"].keys() == {"value", "low", "high"}
    assert found["stages"][0]["counts"] == {"copied": 700, "duplicate": 300}
    assert found["training"]["best_step"] == 800
    assert found["recommended"] == str(adaptation.model)
    assert "judgments-1" not in text
    assert "how to pair" not in text


def test_json_has_null_for_what_is_not_a_number(adaptation: Adaptation) -> None:
    untrained = TrainSummary((TrainPoint(0, math.nan, 1.0, 0.0),), 0, 0, 0.0)
    found = as_json(
        replace(adaptation, judged=None, label_free=before_after("teacher", 1), training=untrained)
    )
    assert found["judged"] is None
    assert found["training"]["points"][0]["loss"] is None
    json.dumps(found, allow_nan=False)
