"""Where a series turns: its low points and its high points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.analysis.cells import Cells
from leakgui.model.recording import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turns:
    """Low points that a fall led to and a rise confirmed, oldest first.

    Each low point has the high point before it, so the columns are equally long.
    """

    trough_s: Floats
    trough: Floats
    peak_s: Floats
    peak: Floats

    def __len__(self) -> int:
        return len(self.trough)

    @property
    def falls_faster(self) -> float:
        """How many times shorter the falls are than the rises (medians)."""
        falls = self.trough_s - self.peak_s
        rises = self.peak_s[1:] - self.trough_s[:-1]
        if len(rises) == 0:
            return 0.0
        return float(np.median(rises) / max(float(np.median(falls)), 1e-9))

    @property
    def period_s(self) -> float:
        """Median distance of low points in seconds; NaN below two."""
        return float(np.median(np.diff(self.trough_s))) if len(self) > 1 else np.nan


def find_turns(cells: Cells, threshold: float) -> Turns:
    """Find every turn that moves at least the threshold; small wiggles are ignored."""
    filled = np.flatnonzero(cells.count)
    low, high = cells.low[filled], cells.high[filled]
    found: list[tuple[int, int]] = []
    if len(filled) and _falls_somewhere(low, high, threshold):
        found = _walk(low.tolist(), high.tolist(), threshold)
    rows = np.array(found, dtype=np.int64).reshape(-1, 2)
    middle_s = cells.middle_s[filled]
    return Turns(
        trough_s=middle_s[rows[:, 1]],
        trough=low[rows[:, 1]],
        peak_s=middle_s[rows[:, 0]],
        peak=high[rows[:, 0]],
    )


def _falls_somewhere(low: Floats, high: Floats, threshold: float) -> bool:
    """Most series never fall so far: told at once, without walking along them."""
    return bool((np.maximum.accumulate(high) - low).max() >= max(threshold, 1e-12))


def _walk(
    low: list[float], high: list[float], threshold: float
) -> list[tuple[int, int]]:
    """Zigzag: remember an extreme until the series has moved away far enough."""
    found: list[tuple[int, int]] = []
    top = bottom = 0
    is_falling = False
    for place in range(len(low)):
        if is_falling:
            if low[place] < low[bottom]:
                bottom = place
            elif high[place] - low[bottom] >= threshold:
                found.append((top, bottom))
                is_falling, top = False, place
            continue
        if high[place] > high[top]:
            top = place
        if high[top] - low[place] >= threshold:
            is_falling, bottom = True, place
    return found
