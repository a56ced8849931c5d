"""Finds an edge or a valley across a strip of picture: the cheapest path that does not jump."""

from __future__ import annotations

import numpy as np

from renderer.types import Reals


def cheapest_path(cost: Reals, bend: float) -> list[int]:
    """One row for each column of `cost` (rows, columns): the path whose costs sum to least (Viterbi 1967).

    From one column to the next a step of n rows costs `bend` n^2, in the unit of `cost`.
    """
    rows = np.arange(len(cost))
    step = bend * np.square(rows[:, np.newaxis] - rows)
    total = cost[:, 0]
    came_from: list[Reals] = []
    for column in range(1, cost.shape[1]):
        ways = total[np.newaxis] + step
        came_from.append(ways.argmin(axis=1))
        total = ways.min(axis=1) + cost[:, column]
    path = [int(total.argmin())]
    for previous in reversed(came_from):
        path.append(int(previous[path[-1]]))
    return path[::-1]
