"""The card of a model that was trained on given labels: what it is, and what it learned from."""

from __future__ import annotations

import json
from dataclasses import dataclass

from acclimate.adapt.result import ModelUse, Training
from acclimate.report import recipe as recipes
from acclimate.report import words
from acclimate.report.front import front
from acclimate.report.markdown import inline, table
from acclimate.report.mixing import mixed


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of model is called, on the hub and in sentence-transformers, and used."""

    noun: str
    pipeline: str
    cls: str
    use: str


_COMPARED = """\
queries = model.encode_query(["how do I pair up two lists"])
passages = model.encode_document(["zip(*iterables): iterate over several iterables in parallel."])
print(model.similarity(queries, passages))"""
_READ = """\
# Without the activation the scores are raw logits, as a teacher's are.
print(model.predict([("how do I pair up two lists", "zip(*iterables): ...")]))"""

KINDS = {
    "dense": Kind("dense retriever", "sentence-similarity", "SentenceTransformer", _COMPARED),
    "sparse": Kind("learned sparse retriever", "feature-extraction", "SparseEncoder", _COMPARED),
    "late": Kind(
        "late-interaction retriever", "feature-extraction", "MultiVectorEncoder", _COMPARED
    ),
    "cross-encoder": Kind("cross-encoder", "text-ranking", "CrossEncoder", _READ),
}
#: The parts of a recipe that a supervised training heeds.
HEEDED = ("student", "mine", "train")


def training_card(result: Training, generated: bool) -> str:
    """A README.md with the hub's front matter; `generated` says that no person gave the labels."""
    kind = KINDS[result.recipe.student.kind]
    base = result.models[0]
    tags = ("sentence-transformers", kind.pipeline, "acclimate")
    parts = [
        front(kind.pipeline, tags, base, result.recipe.language),
        _introduction(result, kind, base, generated),
        _use(kind),
        _training(result),
        _licences(result),
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(result: Training, kind: Kind, base: ModelUse, generated: bool) -> str:
    labels = (
        "The queries were generated and the labels are a teacher's scores; no person checked them."
        if generated
        else "The labels were given, and nothing was generated."
    )
    return "\n".join(
        [
            f"# {inline(base.name)}, trained on {inline(result.source)}",
            "",
            f"A {kind.noun}. {labels}",
            "",
            f"- Base model: {inline(base.name)}",
            f"- Source: {inline(result.source)}",
            f"- Passages: {words.count(result.passages)}, "
            f"fingerprint `{result.passages_fingerprint}`",
            f"- Queries with a passage to find: {words.count(result.examples)}, of which "
            f"{words.count(result.held_out)} were held out to choose the best step",
            *(f"- Left out: {n:,} {inline(why)}" for why, n in result.dropped.items() if n),
            f"- Objective: {result.recipe.train.objective}, seed {result.recipe.train.seed}",
        ]
    )


def _use(kind: Kind) -> str:
    return "\n".join(
        [
            "## Use",
            "",
            "```python",
            f"from sentence_transformers import {kind.cls}",
            "",
            f'model = {kind.cls}("path/to/this/folder")',
            kind.use,
            "```",
            "",
            "The title of a passage, if it has one, goes in front of its text: "
            '`f"{title} {text}"`.',
        ]
    )


def _training(result: Training) -> str:
    training = result.training
    looks = [
        [words.count(point.step), words.figure(point.loss, 4), words.figure(point.held_out_loss, 4)]
        for point in training.points
    ]
    settings = [
        f"{row.part}.{row.name} = {json.dumps(row.value, ensure_ascii=False)}"
        for row in recipes.settings(result.recipe)
        if row.part in HEEDED
    ]
    return "\n\n".join(
        [
            "## How it was trained",
            f"{words.counted(training.steps, 'step')}; the weights of step "
            f"{words.count(training.best_step)} were kept (0 is the start), chosen by the loss on "
            "the held-out queries.",
            *filter(None, [mixed(training)]),
            table(["Step", "Training loss", "Held-out loss"], looks),
            "\n".join(["```toml", *settings, "```"]),
        ]
    )


def _licences(result: Training) -> str:
    rows = [
        [inline(each) for each in (use.role, use.name, use.source, use.licence or "not stated")]
        for use in result.models
    ]
    return "\n\n".join(
        [
            "## Licences",
            table(["For", "Model", "From", "Licence"], rows),
            "The model has learned from the labels and the texts of its source, whose own licence "
            "may bear on what you may do with it.",
        ]
    )
