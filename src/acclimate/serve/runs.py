"""The run folder of an adaptation over HTTP: what it found out, and its queries page by page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from acclimate.adapt.result import StageCount, TeacherAccuracy
from acclimate.evaluate.intervals import Estimate
from acclimate.serve.browse import Browser, Order, QueryRow, Spread
from acclimate.serve.errors import NotFound
from acclimate.serve.routes.refusals import READING

#: A page of the report may run its own script, but is nobody here: no origin, no network.
REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'"
)
MOST_ROWS = 100
LONGEST_SEARCH = 200
LAST_OFFSET = 10_000_000


@dataclass(frozen=True, slots=True)
class Scorer:
    """How often a scorer puts a query's own passage above a random and above a mined one.

    Both are shares from 0 to 1; none where nothing was measured.
    """

    name: str
    teacher: bool
    queries: int
    over_random: Estimate | None
    over_mined: Estimate | None


@dataclass(frozen=True, slots=True)
class RunFound:
    """What a finished run says of itself."""

    name: str
    corpus: str
    passages: int
    recipe: str
    student: str
    recommended: str
    verdict: str
    stages: Sequence[StageCount]
    check: tuple[Scorer, ...]
    warning: str
    margins: Spread | None
    report: bool


@dataclass(frozen=True, slots=True)
class RunQueries:
    """Some of the generated queries; `total` counts all that the search found."""

    total: int
    offset: int
    rows: Sequence[QueryRow]


def run_router(browser: Browser | None) -> APIRouter:
    """`/run`, `/run/queries` and `/run/report`; without a run folder they answer 404."""
    router = APIRouter(tags=["run"], responses=READING)

    @router.get("/run", response_model=RunFound, summary="What an adaptation found out")
    def run() -> RunFound:
        """Its verdict, what each stage kept, the teacher check, and how the margins are spread."""
        return summary(_needed(browser))

    @router.get("/run/queries", response_model=RunQueries, summary="What it learned from")
    def queries(
        offset: Annotated[int, Query(ge=0, le=LAST_OFFSET)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 20,
        search: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
        sort: Order = Order.DOUBTFUL,
    ) -> RunQueries:
        """Generated queries with their positives, negatives and margins."""
        page = _needed(browser).page(search, sort, offset, limit)
        return RunQueries(page.total, offset, page.rows)

    @router.get("/run/report", include_in_schema=False)
    def report() -> Response:
        """The report that the run wrote, as it is."""
        path = _needed(browser).folder / "report.html"
        if not path.is_file():
            raise NotFound(f"{path} is gone", "run", "give the same adapt command again")
        headers = {
            "Content-Security-Policy": REPORT_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return Response(path.read_bytes(), media_type="text/html; charset=utf-8", headers=headers)

    return router


def _needed(browser: Browser | None) -> Browser:
    if browser is None:
        raise NotFound(
            "the service was started without a run folder",
            "run",
            "start it with --run and the --out folder of a finished adapt",
        )
    return browser


def summary(browser: Browser) -> RunFound:
    """What a browsed run says of itself, for the page."""
    found = browser.found
    return RunFound(
        name=browser.folder.resolve().name,
        corpus=found.corpus,
        passages=found.passages,
        recipe=found.recipe,
        student=found.student,
        recommended=found.recommended,
        verdict=found.verdict,
        stages=found.stages,
        check=(
            _scorer(found.check.teacher, teacher=True),
            *(_scorer(other, teacher=False) for other in found.check.others),
        ),
        warning=found.check.warning,
        margins=browser.spread(),
        report=(browser.folder / "report.html").is_file(),
    )


def _scorer(accuracy: TeacherAccuracy, *, teacher: bool) -> Scorer:
    return Scorer(
        accuracy.name,
        teacher,
        accuracy.queries,
        _measured(accuracy.over_random),
        _measured(accuracy.over_mined),
    )


def _measured(estimate: Estimate) -> Estimate | None:
    """None where nothing was measured, which JSON has no number for."""
    return estimate if all(map(math.isfinite, astuple(estimate))) else None
