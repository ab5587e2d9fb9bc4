"""Enterprise sizes of whole populations: the rule of `enterprise_size`, over arrays.

Both must agree on every row; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
import numpy.typing as npt

from .enterprise_size import Metric, enterprise_sizes, size_rows_by_class

UNDECIDED = -1
UNKNOWN = -1
"""Stands for a metric that is not known in the arrays given to `size_steps`."""

_ALWAYS_REACHED = -2


class SizeTable:
    """The thresholds of a list of four-digit class codes, laid out for arrays.

    Raises KeyError when a code is not a class of GB/T 4754-2017.
    """

    def __init__(self, class_codes: Sequence[str]) -> None:
        rows = [size_rows_by_class()[code] for code in class_codes]
        metrics = get_args(Metric)
        steps = len(enterprise_sizes()) - 1
        # A metric the row does not use is reached at every step, so it never holds the size down.
        self._bounds = np.full((len(metrics), len(rows), steps), _ALWAYS_REACHED, dtype=np.int64)
        self._used = np.zeros((len(metrics), len(rows)), dtype=bool)
        self._covered = np.array([row is not None for row in rows])
        for position, row in enumerate(rows):
            for metric, bounds in ({} if row is None else row.thresholds).items():
                self._bounds[metrics.index(metric), position] = bounds
                self._used[metrics.index(metric), position] = True

    def size_steps(
        self,
        class_positions: npt.NDArray[np.intp],
        employees: npt.NDArray[np.int64],
        revenue_fen: npt.NDArray[np.int64],
        assets_fen: npt.NDArray[np.int64],
    ) -> npt.NDArray[np.int8]:
        """The step of each enterprise: 0 微型 … 3 大型, or UNDECIDED.

        All arrays have one length. `class_positions` points into the list of codes; employees in persons, money in
        fen, UNKNOWN where not known.
        """
        least = np.full(len(class_positions), len(enterprise_sizes()) - 1, dtype=np.int8)
        lacks = np.zeros(len(class_positions), dtype=bool)
        for metric, values in enumerate((employees, revenue_fen, assets_fen)):
            unknown = self._used[metric, class_positions] & (values == UNKNOWN)
            reached = (values[:, None] >= self._bounds[metric, class_positions]).sum(axis=1).astype(np.int8)
            np.minimum(least, reached, out=least, where=~unknown)
            lacks |= unknown
        # One known metric below the first bound settles the smallest size whatever is missing.
        decided = self._covered[class_positions] & (~lacks | (least == 0))
        return np.where(decided, least, np.int8(UNDECIDED))
