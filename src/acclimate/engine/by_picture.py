"""Search by a picture: a dense leg is asked with the picture's vector, and nothing else can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from acclimate.engine.kinds import DENSE, dense_names
from acclimate.engine.models import Models
from acclimate.engine.modes import chosen_mode, hits_of, kinds_for
from acclimate.engine.records import Explanation, SearchOptions
from acclimate.engine.settings import IndexSettings
from acclimate.engine.snapshot import Snapshot
from acclimate.errors import UsageError
from acclimate.indexes.base import Mask
from acclimate.indexes.encode import seeing_encoder
from acclimate.indexes.vectors import DenseLeg
from acclimate.models.base import Vectors
from acclimate.pictures.read import PictureSource
from acclimate.types import Hit, Query

#: What stands where words would be weighed.
BY_PICTURE = Explanation(
    note="found by a picture, which the model reads whole: there are no words to weigh"
)


def picture_mode(settings: IndexSettings, options: SearchOptions) -> str:
    """The dense mode to search with; UsageError where the options ask for what reads words."""
    if not settings.models:
        raise UsageError("this index has no dense model, so no picture can be searched with it")
    mode = chosen_mode(settings, options.mode or DENSE)
    if kinds_for(settings, mode)[0] not in dense_names(settings):
        raise UsageError(
            f"mode {options.mode!r} reads words, and a picture has none; leave the mode out, or "
            f"name {DENSE}"
        )
    if options.rerank:
        raise UsageError(
            f"rerank {options.rerank!r} reads words, and a picture has none; leave it out"
        )
    return mode


def picture_vector(
    settings: IndexSettings, models: Models, mode: str, picture: PictureSource
) -> Vectors:
    """The picture as the mode's model sees it, shape (1, dimension)."""
    model = dense_names(settings)[kinds_for(settings, mode)[0]]
    encoder = seeing_encoder(models.dense(model), "the query is a picture")
    return encoder.encode_pictures([picture])


@dataclass(frozen=True, slots=True)
class PictureRetriever:
    """A dense leg of a snapshot as a Retriever for one query that is encoded already."""

    name: str
    vector: Vectors
    snapshot: Snapshot
    allowed: Mask

    def search(self, queries: Sequence[Query], k: int) -> list[list[Hit]]:
        """The best k allowed passages for the picture, best first."""
        leg = cast(DenseLeg, self.snapshot.legs[self.name])
        return [
            hits_of(self.snapshot, each)
            for each in leg.search_vectors(self.vector, k, self.allowed)
        ]
