"""The pseudo-labelled data set of GPL: queries, negatives and labels, with how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acclimate.adapt.artefacts import brought, import_artefacts
from acclimate.adapt.check import check_teacher
from acclimate.adapt.filter import keep_consistent
from acclimate.adapt.generate import Distinct
from acclimate.adapt.label import Labelled, label, labels
from acclimate.adapt.mine import mine
from acclimate.adapt.result import TeacherCheck
from acclimate.adapt.tools import Tools
from acclimate.adapt.vectors import Asked
from acclimate.errors import InputError
from acclimate.models.sentences import OwnSentences
from acclimate.runs import Rows
from acclimate.types import GeneratedQuery, Mined, Score


@dataclass(frozen=True, slots=True)
class Pseudo:
    """The pseudo-labelled data set D_GPL, and the rows that each stage made on the way."""

    queries: Mapping[str, GeneratedQuery]
    generated: Sequence[Rows[GeneratedQuery]]
    repeated: int
    kept: Rows[GeneratedQuery]
    mined: Rows[Mined]
    check: TeacherCheck
    scores: Sequence[Rows[Score]]
    labelled: Sequence[Labelled]
    #: What was imported instead of made, as `artefacts.brought` says it.
    imported: Sequence[str] = ()


def take_up(tools: Tools, folder: Path) -> Pseudo:
    """The data set from files of the reference GPL code, gone on with where they end."""
    recipe = tools.recipe
    given = import_artefacts(tools, folder)
    kept, repeated = given.queries, 0
    tools.asked = Asked.by(given.queries, given.queries.key)
    if given.mined is None:
        distinct = Distinct([given.queries])
        kept = keep_consistent(tools, distinct, sum(1 for _ in distinct), given.queries.key)
        repeated = distinct.dropped
    mined = given.mined or mine(tools, kept)
    queries = {query.id: query for query in kept}
    check = checked(tools, queries, mined)
    scores = [] if given.labelled else label(tools, queries, mined)
    labelled = given.labelled or labels(mined, scores, recipe.label, recipe.seed)
    return Pseudo(
        queries, [given.queries], repeated, kept, mined, check, scores, labelled, brought(folder)
    )


def checked(
    tools: Tools, queries: Mapping[str, GeneratedQuery], mined: Rows[Mined]
) -> TeacherCheck:
    """Ask what the teacher is worth, and say so where it is not enough.

    Raises InputError where too few queries are left to train on.
    """
    if len(mined) < 2:
        raise InputError(
            f"{len(queries)} queries were kept and {len(mined)} of them have negatives; at least "
            "2 are needed to train. Give more passages, raise generate.per_passage, or loosen "
            "filter.top_k"
        )
    telling = [row for row in mined if is_telling(queries[row.query_id])] or list(mined)
    check = check_teacher(tools, queries, telling)
    if check.warning:
        tools.run.progress.say(f"Warning: {check.warning}.")
    return check


def is_telling(query: GeneratedQuery) -> bool:
    """Whether finding its passage says anything: a passage's own sentence finds it by its words."""
    return query.style != OwnSentences.style


def keys_of(stages: Sequence[Rows[GeneratedQuery]] | Sequence[Rows[Score]]) -> str:
    """What decides the rows of several stages together."""
    return "/".join(rows.key for rows in stages)
