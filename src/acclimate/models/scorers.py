"""How what scores pairs of query and passage is called: as a re-ranker, and as a teacher."""

from __future__ import annotations

from acclimate.errors import UsageError

#: What stands before the colon of a re-ranker's name.
KINDS = ("cross-encoder", "monot5", "likelihood", "encoder", "late")


def teacher_model(name: str) -> str:
    """The model that a teacher's name names: NAME of KIND:NAME; "bm25" and "student" name none.

    Raises UsageError for any other name.
    """
    kind, _, model = name.partition(":")
    if name not in ("bm25", "student") and not (kind in KINDS and model):
        known = ", ".join(f"{kind}:MODEL" for kind in KINDS)
        raise UsageError(
            f"label.teachers: {name!r} is no teacher; name bm25, student, or one of {known}"
        )
    return model
