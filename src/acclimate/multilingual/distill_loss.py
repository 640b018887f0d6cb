"""What the student is asked for: to be where the teacher is, in every language."""

from __future__ import annotations

import torch
from torch import Tensor

from acclimate.multilingual.pair_training import Lesson


def distance_to_teacher(sources: Tensor, targets: Tensor, lesson: Lesson) -> Tensor:
    """Squared distances of source and translation from the teacher's vector of the source.

    Reimers and Gurevych, arXiv 2004.09813, section 2: both added up, mean over the pairs. Squares
    are summed over the dimensions, so that for unit vectors a distance is 2 - 2 cosine.
    """
    wanted = torch.from_numpy(lesson.wanted).to(sources)
    return (((sources - wanted) ** 2).sum(dim=1) + ((targets - wanted) ** 2).sum(dim=1)).mean()
