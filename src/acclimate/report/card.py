"""The model card: what an adapted model is, where it comes from, and whether it got better."""

from __future__ import annotations

import json

from acclimate.adapt.result import (
    LABELS,
    Adaptation,
    BeforeAfter,
    ModelUse,
    TeacherAccuracy,
    TrainSummary,
)
from acclimate.evaluate.intervals import Estimate
from acclimate.report import measured as measuring
from acclimate.report import recipe, steps, words
from acclimate.report.front import front_matter
from acclimate.report.markdown import inline, table
from acclimate.report.mixing import mixed

# Prompts can be pages long and hold texts of the user's own.
_LONG = ("examples", "instruction")

_USE = """\
## Use

The model needs nothing but [sentence-transformers](https://sbert.net):

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
queries = model.encode_query(["how do I pair up two lists"])
passages = model.encode_document(["zip(*iterables): iterate over several iterables in parallel."])
print(model.similarity(queries, passages))
```

The title of a passage, if it has one, goes in front of its text: `f"{title} {text}"`."""


def model_card(result: Adaptation) -> str:
    """A README.md with the hub's front matter. It holds no text of the corpus."""
    parts = [
        front_matter(result),
        _introduction(result),
        "## Did it help?",
        *(_measured(part) for part in measuring.evidence(result)),
        _USE,
        _training(result),
        _teacher(result),
        _licences(result),
    ]
    return "\n\n".join(parts) + "\n"


def _introduction(result: Adaptation) -> str:
    base = recipe.base_model(result)
    lines = [
        f"# {inline(base.name)}, adapted to {inline(result.corpus)}",
        "",
        f"A dense retriever adapted to one corpus {_labels(result)}: {steps.said(result.recipe)}",
        "",
        f"**Verdict.** {_here(result.verdict, result)}",
        "",
        f"**Recommended from now on:** {_here(result.recommended, result)}",
    ]
    if measuring.keeps_original(result):
        lines += ["", "**The adapted model of this card is not the one recommended.**"]
    lines += [
        "",
        f"- Base model: {inline(base.name)}",
        f"- Corpus: {inline(result.corpus)}, {words.counted(result.passages, 'passage')}, "
        f"fingerprint `{inline(result.corpus_fingerprint)}`",
        f"- Recipe: {inline(result.recipe.name)}, seed {result.recipe.seed}",
    ]
    if result.imported:
        lines.append(f"- Imported, not made in this run: {words.listed(result.imported)}")
    return "\n".join(lines)


def _labels(result: Adaptation) -> str:
    source = steps.source(result.recipe)
    if not source:
        return "without human labels"
    return f"without human labels for it, but with those of {inline(source)}"


def _measured(part: BeforeAfter) -> str:
    names = measuring.measures(part)
    asked = words.queries(part.after.queries)
    if measuring.by_people(part):
        title = "### Judged by people"
        says = f"{asked} of {inline(part.corpus)} with human judgments, not used for training."
    else:
        title = "### Judged by the teacher"
        says = (
            f"{asked}, generated and held out of the training; a passage counts as an answer if "
            "the query was written for it, or if the teacher scores it at least as high. This is "
            "weaker evidence than people's judgments: it shows whether the model came closer to "
            "the teacher."
        )
    rows = [
        [s.role, *(_estimate(s.estimate(name)) for name in names)] for s in measuring.systems(part)
    ]
    means = table(["System", *map(inline, names)], rows)
    return "\n\n".join([title, says + " Means with 95% intervals.", means, *_differences(part)])


def _estimate(estimate: Estimate) -> str:
    return f"{words.figure(estimate.value)} ({words.interval(estimate)})"


def _differences(part: BeforeAfter) -> list[str]:
    rows = [
        [
            f"{inline(each.system)} against {inline(each.baseline)}",
            inline(each.comparison.measure),
            f"{words.signed(each.comparison.difference.value)} "
            f"({words.signed_interval(each.comparison.difference)})",
            words.chance(each.comparison.corrected_p),
            each.reading,
        ]
        for each in measuring.differences(part)
    ]
    heads = ["Compared", "Measure", "Difference", "p (Holm)", "Reading"]
    return [table(heads, rows)] if rows else []


def _training(result: Adaptation) -> str:
    stages = [
        [
            inline(stage.name),
            words.count(stage.rows),
            ", ".join(f"{n:,} {inline(why)}" for why, n in stage.counts.items() if n) or "none",
            words.duration(stage.seconds),
        ]
        for stage in result.stages
    ]
    values = [
        f"{f'{row.part}.' if row.part else ''}{row.name} = {_value(row)}"
        for row in recipe.heeded(result)
        if row.name not in (*_LONG, "description")
    ]
    return "\n\n".join(
        [
            "## How it was made",
            table(["Stage", "Kept", "Dropped", "Time"], stages),
            *map(_kept, result.steps),
            *filter(None, map(mixed, result.steps)),
            "Settings:",
            "\n".join(["```toml", *values, "```"]),
        ]
    )


def _kept(training: TrainSummary) -> str:
    ran = (
        f"Training ({training.step}) ran for {words.counted(training.steps, 'step')} "
        f"({words.duration(training.seconds)}){_together(training.processes)}."
    )
    if not training.watched:
        return f"{ran} Its last weights were kept."
    held_out = (
        "held-out queries of that collection"
        if training.step == "supervised"
        else "held-out generated queries, never by human judgments"
    )
    return (
        f"{ran} The weights of step {words.count(training.best_step)} were kept (0 is the start), "
        f"chosen by the loss on {held_out}."
    )


def _together(processes: int) -> str:
    if processes == 1:
        return ""
    return f" in {processes} processes, each with its share of batches {processes} times as large"


def _teacher(result: Adaptation) -> str:
    check = result.teacher_check
    rows = [_scorer(check.teacher, " (teacher)"), *(_scorer(other) for other in check.others)]
    parts = [
        "## The teacher",
        "How often each scorer puts the passage that a query was made for above another one, with "
        "95% intervals; guessing gets 50%.",
        table(["Scorer", "Queries", "Over random passages", "Over mined passages"], rows),
    ]
    if LABELS in result.imported:
        parts.append(
            "The labels that the model learned from were imported. This teacher, the recipe's, "
            "gave none of them: it judged the held-out queries."
        )
    if check.warning:
        parts.append(f"**Warning.** {inline(check.warning)}")
    return "\n\n".join(parts)


def _scorer(scorer: TeacherAccuracy, note: str = "") -> list[str]:
    shares = [
        f"{words.percent(each.value)} ({words.percents(each)})"
        for each in (scorer.over_random, scorer.over_mined)
    ]
    return [inline(scorer.name) + note, words.count(scorer.queries), *shares]


def _licences(result: Adaptation) -> str:
    rows = [_use(use) for use in result.models]
    return "\n\n".join(
        [
            "## Licences",
            table(["For", "Model", "From", "Licence"], rows),
            _written(result),
            "The model has learned from the texts of the corpus, whose own licence may bear on "
            "what you may do with it.",
        ]
    )


def _written(result: Adaptation) -> str:
    """Who wrote the queries, whose terms can reach the model."""
    generate = result.recipe.generate
    queries = "training queries" if steps.uses_queries(result.recipe) else "held-out queries"
    if result.imported:
        return (
            f"The {words.listed(result.imported)} were imported: this run does not know what made "
            "them. Some generators' terms reach models trained on what they wrote: read those of "
            "theirs before passing this model on."
        )
    if generate.only_own_sentences:
        return (
            f"No language model wrote text for this model: the {queries} are sentences of the "
            "corpus's own passages."
        )
    return (
        f"The {queries} were written by a language model ({inline(generate.model)}); nobody "
        "checked them one by one, and they can be wrong. Some generators' terms reach models "
        "trained on what they wrote: read them before passing this model on."
    )


def _use(use: ModelUse) -> list[str]:
    licence = use.licence or "not stated"
    return [inline(each) for each in (use.role, use.name, use.source or words.MISSING, licence)]


def _value(row: recipe.Setting) -> str:
    value = [*row.value] if isinstance(row.value, tuple) else row.value
    return json.dumps(value, ensure_ascii=False, default=str)


def _here(text: str, result: Adaptation) -> str:
    """Words about the run in which this model's folder, of no meaning elsewhere, is this model."""
    return inline(text.replace(str(result.model), "this model"))
