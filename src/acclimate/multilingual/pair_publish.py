"""The trained model at OUT/model, with a card that says what it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from acclimate.fields import flat
from acclimate.models.resolve import ResolvedModel
from acclimate.multilingual.pair_result import LanguageResult, Multilingual
from acclimate.train.saving import replace_folder

_USE = """\
## Use

```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("path/to/this/folder")
vectors = model.encode(["Good morning.", "Guten Morgen."])
print(model.similarity(vectors, vectors))
```"""
_DISTILLED = (
    "The student learned to be where the teacher is on a sentence and on its translation "
    "([multilingual knowledge distillation](https://arxiv.org/abs/2004.09813), Reimers and "
    "Gurevych, EMNLP 2020)."
)
_ALIGNED = (
    "The model learned to tell a sentence's translation from other sentences, in both directions "
    "([LaBSE](https://arxiv.org/abs/2007.01852), Feng et al., ACL 2022)."
)


def publish(result: Multilingual, trained: Path) -> None:
    """Copy the trained model with its card to where the result says; whole or not at all."""
    aside = result.folder / ".model.part"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(trained, aside)
    (aside / "README.md").write_text(model_card(result), encoding="utf-8")
    replace_folder(aside, result.model)


def model_card(result: Multilingual) -> str:
    """A README.md with the hub's front matter. It holds no text that was trained on."""
    parts = [
        _front_matter(result),
        "# A sentence encoder for several languages",
        _ALIGNED if result.teacher is None else _DISTILLED,
        _origins(result),
        "## Held-out translations",
        "How often a sentence's translation is the nearest of all held-out ones by cosine, and "
        "the sentence that of its translation. Their sentences were not trained on.",
        _table(result.languages),
        _course(result),
        _USE,
        "## Settings",
        "\n".join(["```toml", *(f"{key} = {json.dumps(value)}" for key, value in
                                flat(result.settings)), "```"]),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _front_matter(result: Multilingual) -> str:
    source = result.settings.pairs.source_language
    named = {source, *(part for each in result.languages for part in each.language.split("-"))}
    lines = [
        "library_name: sentence-transformers",
        "pipeline_tag: sentence-similarity",
        "tags:",
        *(f"- {tag}" for tag in ("sentence-transformers", "multilingual", "acclimate")),
        "language:",
        *(f"- {json.dumps(language)}" for language in sorted(named)),
    ]
    licence = result.base.licence.lower()
    if re.fullmatch("[a-z0-9.-]+", licence):
        lines.append(f"license: {licence}")
    return "\n".join(["---", *lines, "---"])


def _origins(result: Multilingual) -> str:
    lines = [_used("Weights", result.base)]
    if result.teacher is not None:
        lines.append(_used("Teacher", result.teacher))
        lines.append(
            f"- Mean cosine with the teacher's vectors of held-out source sentences: "
            f"{result.agreement:.4f}"
        )
    if result.excluded:
        lines.append(
            f"- Translations left out because one of their sides is a test sentence: "
            f"{result.excluded:,}"
        )
    return "\n".join(lines)


def _used(role: str, model: ResolvedModel) -> str:
    # A folder's own place is nobody else's business.
    name = Path(model.name).name if model.source == "local folder" else model.name
    return f"- {role}: {name} ({model.source}, licence: {model.licence})"


def _table(languages: Sequence[LanguageResult]) -> str:
    rows = ["| language | learned | held out | before: to, from | after: to, from |",
            "|---|---|---|---|---|"]  # fmt: skip
    for each in languages:
        rows.append(
            f"| {each.language} | {each.learned:,} | {each.held_out:,} "
            f"| {each.before.forward:.3f}, {each.before.backward:.3f} "
            f"| {each.after.forward:.3f}, {each.after.backward:.3f} |"
        )
    return "\n".join(rows)


def _course(result: Multilingual) -> str:
    course = result.course
    return (
        f"Training took {course.step:,} steps. The weights of step {course.best_step:,} were kept "
        "(0 is the start), which had the least loss on the held-out translations."
    )
