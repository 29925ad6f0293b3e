"""A series of any length as at most 2048 equal spans of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.analysis.blocks import Blocks
from leakgui.model.recording import Floats, Series

MOST_CELLS = 2048
FIRST_WIDTH_MS = 100
_LONGEST_S = 1e9
"""Times beyond 30 years are damage, not data; they are skipped."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Least, mean and greatest value in equal spans of time, oldest first.

    All columns are equally long and read-only; a cell without samples has count 0
    and NaN values. Two cells objects made from the same samples are identical,
    whether the samples came one by one or all at once.
    """

    from_s: float
    """Elapsed seconds at which the first cell begins: the first sample."""
    last_s: float
    """Elapsed seconds of the last sample."""
    width_s: float
    """Length of a cell: 0.1 s times a power of two."""
    low: Floats
    mean: Floats
    high: Floats
    count: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.count)

    @classmethod
    def of(cls, series: Series) -> Cells:
        """Sort all samples of a series into cells; NaN and infinity are skipped."""
        stream = CellStream()
        stream.extend(series.elapsed_s, series.value)
        return stream.cells()

    @property
    def middle_s(self) -> Floats:
        """Elapsed seconds at the middle of each cell."""
        places = np.arange(len(self), dtype=np.float64)
        middle: Floats = self.from_s + (places + 0.5) * self.width_s
        return middle

    def level_at(self, elapsed_s: Floats) -> Floats:
        """Return the mean values at these times, straight lines between cells."""
        filled = np.flatnonzero(self.count)
        level: Floats = np.interp(elapsed_s, self.middle_s[filled], self.mean[filled])
        return level

    def first_above(self, level: float) -> float:
        """Return when a cell first came this high; the last sample if none did."""
        above = np.flatnonzero(self.high >= level)
        return float(self.middle_s[above[0]]) if len(above) else self.last_s

    @property
    def samples(self) -> int:
        """How many samples the cells hold."""
        return int(self.count.sum())

    @property
    def span_s(self) -> float:
        """Seconds from the first sample to the last."""
        return self.last_s - self.from_s

    @property
    def missing_share(self) -> float:
        """Share of the time that lies in holes of more than five usual intervals.

        Usual is what nine of ten intervals keep, because a recorder may read more
        slowly for a while on purpose, and old parts of a record are thinned.
        """
        steps = np.diff(np.flatnonzero(self.count))
        if len(steps) == 0:
            return 0.0
        longest = 5 * np.quantile(steps, 0.9)
        return float(steps[steps > longest].sum() / steps.sum())

    def until(self, elapsed_s: float) -> Cells:
        """Return the cells that ended by then, as if the record had stopped there."""
        whole = int(np.floor((elapsed_s - self.from_s) / self.width_s + 1e-9))
        if whole >= len(self):
            return self
        kept = self.count[: max(whole, 0)]
        filled = np.flatnonzero(kept)
        size = int(filled[-1]) + 1 if len(filled) else 0
        return Cells(
            from_s=self.from_s,
            last_s=self.from_s + size * self.width_s,
            width_s=self.width_s,
            low=self.low[:size],
            mean=self.mean[:size],
            high=self.high[:size],
            count=self.count[:size],
        )

    def blocks(self, most: int) -> Blocks:
        """Join the cells into equal blocks, at most so many; empty ones are dropped."""
        size = len(self)
        if size == 0:
            return Blocks.none()
        number = min(most, size)
        starts = np.arange(number) * size // number
        ends = np.append(starts[1:], size)
        count = np.add.reduceat(self.count, starts)
        weighted = np.where(self.count > 0, self.mean * self.count, 0.0)
        total = np.add.reduceat(weighted, starts)
        used = count > 0
        return Blocks(
            middle_s=(self.from_s + (starts + ends) / 2 * self.width_s)[used],
            low=np.fmin.reduceat(self.low, starts)[used],
            mean=total[used] / count[used],
            high=np.fmax.reduceat(self.high, starts)[used],
        )


class CellStream:
    """Cells that grow by one sample at a time, in fixed memory.

    When a sample falls beyond the last cell, neighbours are merged and the width
    doubles, so appending is O(1) on average. One thread writes and reads.
    """

    def __init__(self) -> None:
        self._low = np.full(MOST_CELLS, np.inf)
        self._high = np.full(MOST_CELLS, -np.inf)
        self._total = np.zeros(MOST_CELLS)
        self._count = np.zeros(MOST_CELLS, dtype=np.int64)
        self._width_ms = FIRST_WIDTH_MS
        self._first_ms: int | None = None
        self._last_ms = 0

    def append(self, elapsed_s: float, value: float) -> None:
        """Add one sample; NaN and infinity are skipped; times must not fall."""
        if not (np.isfinite(value) and abs(elapsed_s) < _LONGEST_S):
            return
        now_ms = round(elapsed_s * 1000)
        if self._first_ms is None:
            self._first_ms = now_ms
        self._last_ms = now_ms
        since_ms = max(now_ms - self._first_ms, 0)
        while since_ms >= MOST_CELLS * self._width_ms:
            self._merge_pairs()
        cell = since_ms // self._width_ms
        self._low[cell] = min(self._low[cell], value)
        self._high[cell] = max(self._high[cell], value)
        self._total[cell] += value
        self._count[cell] += 1

    def extend(self, elapsed_s: Floats, value: Floats) -> None:
        """Add many samples; the result is the same as appending them one by one."""
        usable = np.isfinite(value) & (np.abs(elapsed_s) < _LONGEST_S)
        times_ms = np.rint(elapsed_s[usable] * 1000).astype(np.int64)
        values = np.asarray(value[usable], dtype=np.float64)
        if len(values) == 0:
            return
        if self._first_ms is None:
            self._first_ms = int(times_ms[0])
        self._last_ms = int(times_ms[-1])
        since_ms = np.maximum(times_ms - self._first_ms, 0)
        done = 0
        while done < len(values):
            # Sums of floats depend on their order, so merge where append would.
            fits = since_ms[done:] < MOST_CELLS * self._width_ms
            until = len(values) if fits.all() else done + int(np.argmin(fits))
            if until == done:
                self._merge_pairs()
            self._add(since_ms[done:until] // self._width_ms, values[done:until])
            done = until

    def cells(self) -> Cells:
        """Return what has been seen so far as an immutable value."""
        if self._first_ms is None:
            size, first_ms = 0, 0
        else:
            first_ms = self._first_ms
            size = int(np.flatnonzero(self._count)[-1]) + 1
        count = self._count[:size].copy()
        empty = count == 0
        mean = self._total[:size] / np.where(empty, 1, count)
        columns = (
            np.where(empty, np.nan, column)
            for column in (self._low[:size], mean, self._high[:size])
        )
        low, mean, high = columns
        for column in (low, mean, high, count):
            column.flags.writeable = False
        return Cells(
            from_s=first_ms / 1000,
            last_s=self._last_ms / 1000,
            width_s=self._width_ms / 1000,
            low=low,
            mean=mean,
            high=high,
            count=count,
        )

    def _add(self, cell: npt.NDArray[np.int64], values: Floats) -> None:
        np.minimum.at(self._low, cell, values)
        np.maximum.at(self._high, cell, values)
        np.add.at(self._total, cell, values)
        np.add.at(self._count, cell, 1)

    def _merge_pairs(self) -> None:
        half = MOST_CELLS // 2
        self._low[:half] = np.minimum(self._low[::2], self._low[1::2])
        self._high[:half] = np.maximum(self._high[::2], self._high[1::2])
        self._total[:half] = self._total[::2] + self._total[1::2]
        self._count[:half] = self._count[::2] + self._count[1::2]
        self._low[half:], self._high[half:] = np.inf, -np.inf
        self._total[half:], self._count[half:] = 0.0, 0
        self._width_ms *= 2
