"""INDEX/weights.json: how much each part of hybrid search counts, where that was learned."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from acclimate.engine.weights import LearnedWeights, learn_weights
from acclimate.errors import InputError
from acclimate.formats.files import atomic_write
from acclimate.types import Judgment, Query

if TYPE_CHECKING:
    from acclimate.engine.engine import Engine

WEIGHTS = "weights.json"


def weigh(
    engine: Engine, queries: Iterable[Query], judgments: Iterable[Judgment]
) -> LearnedWeights:
    """Learn the weights of an engine's hybrid search and keep them in its folder."""
    parts = engine.hybrid_parts()
    learned = learn_weights(parts, queries, judgments)
    engine.weigh({part.name: part.weight for part in learned.parts})
    return learned


def read_weights(folder: Path) -> dict[str, float]:
    """The learned weights by kind; none where nothing was learned, which weighs all alike."""
    path = folder / WEIGHTS
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): float(weight) for name, weight in noted.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not what `acclimate weigh` writes ({error}); delete it or weigh again"
        ) from error


def keep_weights(folder: Path, weights: Mapping[str, float]) -> None:
    """Keep weights for every search that opens the folder from now on."""
    with atomic_write(folder / WEIGHTS) as handle:
        json.dump(dict(weights), handle, indent=1)
