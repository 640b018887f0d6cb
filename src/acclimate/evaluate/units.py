"""Values that stand and fall together: several queries about one passage, captions of one picture.

Taken for independent they would make a difference look surer than it is. So they are resampled, and
their signs flipped, by unit (Efron & Tibshirani 1993, section 8.6).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def by_unit(values: Floats, units: Sequence[Hashable] | None) -> tuple[Floats, Floats]:
    """Each unit's sum and number of values, shape (units,) both; without units each value is one.

    Units come in the order of their first values.
    """
    if units is None:
        return values, np.ones_like(values)
    numbers = {unit: number for number, unit in enumerate(dict.fromkeys(units))}
    place = np.array([numbers[unit] for unit in units], dtype=np.int64)
    sums, sizes = np.zeros(len(numbers)), np.zeros(len(numbers))
    np.add.at(sums, place, values)
    np.add.at(sizes, place, 1.0)
    return sums, sizes
