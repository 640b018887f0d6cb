"""The head of a model card, which the model hub reads: what it is, its base, its licence."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from acclimate.adapt.result import Adaptation, ModelUse
from acclimate.models.languages import MULTIPLE
from acclimate.report import recipe

# As the model hub spells the licences that base models commonly have.
_HUB = {
    "apache-2.0": "apache-2.0",
    "apache license 2.0": "apache-2.0",
    "apache 2.0": "apache-2.0",
    "mit": "mit",
    "mit license": "mit",
    "bsd-3-clause": "bsd-3-clause",
    "cc-by-4.0": "cc-by-4.0",
    "cc-by-sa-4.0": "cc-by-sa-4.0",
    "cc-by-nc-4.0": "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0": "cc-by-nc-sa-4.0",
    "gemma": "gemma",
    "gemma terms of use": "gemma",
    "llama3": "llama3",
    "llama3.1": "llama3.1",
    "llama3.2": "llama3.2",
    "openrail": "openrail",
}

OTHER = "other"


def front_matter(result: Adaptation) -> str:
    """The block between dashes, in YAML."""
    used = ("sentence-transformers", "sentence-similarity", "feature-extraction")
    made = ("domain-adaptation", *dict.fromkeys(result.recipe.steps), "acclimate")
    base = recipe.base_model(result)
    return front("sentence-similarity", (*used, *made), base, result.recipe.language)


def front(pipeline: str, tags: Sequence[str], base: ModelUse, language: str) -> str:
    """The block of a model that does what `pipeline` says, made from `base`."""
    licence = _hub_licence(base.licence)
    lines = [
        "library_name: sentence-transformers",
        f"pipeline_tag: {pipeline}",
        "tags:",
        *(f"- {tag}" for tag in tags),
        f"license: {licence}",
    ]
    if licence == OTHER:
        lines.append(f"license_name: {_quoted(_licence_name(base.licence))}")
    if not _is_local(base):
        lines.append(f"base_model: {_quoted(base.name)}")
    if language:
        # The hub's word for several, where ours is the code of ISO 639-2.
        lines.append(f"language: {_quoted('multilingual' if language == MULTIPLE else language)}")
    return "\n".join(["---", *lines, "---"])


def _hub_licence(licence: str) -> str:
    """The hub's word for a licence; "other" where it has none or nobody stated one."""
    return _HUB.get(licence.strip().lower(), OTHER)


def _licence_name(licence: str) -> str:
    """What the hub wants as the name of a licence that is "other"."""
    return re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-") or "not-stated"


def _quoted(text: str) -> str:
    """A YAML string: JSON's are also YAML's."""
    return json.dumps(text, ensure_ascii=False)


def _is_local(base: ModelUse) -> bool:
    """Whether a model is a folder of this machine's, which the hub knows nothing of."""
    return base.source == "local folder" or base.name.count("/") > 1 or Path(base.name).exists()
