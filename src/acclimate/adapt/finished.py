"""A finished run folder: what is noted in it at the end, and how it is read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from acclimate.adapt.label import Labelled, labels
from acclimate.adapt.result import Adaptation, StageCount, TeacherAccuracy, TeacherCheck
from acclimate.adapt.store import PassageStore, stored_passages
from acclimate.errors import UsageError
from acclimate.evaluate.intervals import Estimate
from acclimate.formats.files import atomic_write
from acclimate.rowfile import RowT
from acclimate.runs import Rows
from acclimate.settings import LabelSettings
from acclimate.types import GeneratedQuery, Mined, Score

MANIFEST = "rows.json"
FOUND = "found.json"


@dataclass(frozen=True, slots=True)
class StoredRows:
    """The rows of a finished run, as they lie in its stage folders."""

    queries: Rows[GeneratedQuery]
    mined: Rows[Mined]
    #: One for each teacher; none where the labels were imported.
    scores: Sequence[Rows[Score]]
    label: LabelSettings
    seed: int

    def labelled(self) -> list[Labelled]:
        """Every query's candidates with their labels; empty where no teacher scored them."""
        return labels(self.mined, self.scores, self.label, self.seed) if self.scores else []


@dataclass(frozen=True, slots=True)
class Found:
    """What a finished run says of itself."""

    corpus: str
    fingerprint: str
    passages: int
    recipe: str
    student: str
    recommended: str
    verdict: str
    stages: Sequence[StageCount]
    check: TeacherCheck


def write_manifest(
    out: Path,
    queries: Rows[GeneratedQuery],
    mined: Rows[Mined],
    scores: Sequence[Rows[Score]],
    settings: LabelSettings,
    seed: int,
) -> None:
    """Note which stage folders belong to the finished run."""
    noted = {
        "queries": queries.folder.name,
        "mined": mined.folder.name,
        "scores": [rows.folder.name for rows in scores],
        "label": asdict(settings),
        "seed": seed,
    }
    with atomic_write(out / MANIFEST) as handle:
        json.dump(noted, handle, indent=1)


def stored_rows(run_folder: Path) -> StoredRows:
    """The rows that belong to the finished run. Raises UsageError where none is finished."""
    path = run_folder / MANIFEST
    if not path.exists():
        raise UsageError(f"{run_folder}: no {MANIFEST}; name the --out folder of a finished adapt")
    noted = json.loads(path.read_text(encoding="utf-8"))
    return StoredRows(
        _stored(run_folder, noted["queries"], GeneratedQuery),
        _stored(run_folder, noted["mined"], Mined),
        [_stored(run_folder, name, Score) for name in noted["scores"]],
        _label_settings(noted["label"]),
        noted["seed"],
    )


def _label_settings(noted: Mapping[str, Any]) -> LabelSettings:
    """As they were; a setting that came later has its default, which changes nothing."""
    known = {field.name for field in fields(LabelSettings)} & noted.keys()
    values: dict[str, Any] = {
        name: tuple(noted[name]) if isinstance(noted[name], list) else noted[name] for name in known
    }
    return LabelSettings(**values)


def write_found(result: Adaptation) -> None:
    """Note what the run found out, for whoever looks at it later."""
    found = Found(
        corpus=result.corpus,
        fingerprint=result.corpus_fingerprint,
        passages=result.passages,
        recipe=result.recipe.name,
        student=result.recipe.student.model,
        recommended=result.recommended,
        verdict=result.verdict,
        stages=result.stages,
        check=result.teacher_check,
    )
    with atomic_write(result.folder / FOUND) as handle:
        json.dump(asdict(found), handle, indent=1, ensure_ascii=False)


def read_found(run_folder: Path) -> Found:
    """What the run noted of itself. Raises UsageError where it did not."""
    path = run_folder / FOUND
    if not path.exists():
        raise UsageError(
            f"{run_folder}: no {FOUND}; name the --out folder of a finished adapt, or give the "
            "same command again: it takes up what is there and notes what it found"
        )
    noted = json.loads(path.read_text(encoding="utf-8"))
    check = noted.pop("check")
    return Found(
        stages=[StageCount(**stage) for stage in noted.pop("stages")],
        check=TeacherCheck(
            _accuracy(check["teacher"]), [_accuracy(each) for each in check["others"]],
            check["warning"],
        ),
        **noted,
    )  # fmt: skip


def run_passages(run_folder: Path, found: Found) -> PassageStore:
    """The run's own copy of the corpus that it was finished with."""
    return stored_passages(run_folder, found.fingerprint)


def _accuracy(noted: Mapping[str, Any]) -> TeacherAccuracy:
    return TeacherAccuracy(
        noted["name"],
        noted["queries"],
        Estimate(**noted["over_random"]),
        Estimate(**noted["over_mined"]),
    )


def _stored(run_folder: Path, name: str, kind: type[RowT]) -> Rows[RowT]:
    folder = run_folder / "stages" / name
    if not folder.is_dir():
        raise UsageError(f"{folder} is gone; give the same adapt command again to make it anew")
    return Rows(folder, kind, "", 0, {}, 0.0)
