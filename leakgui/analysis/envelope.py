"""A series in bounded memory that draws fast at every scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leakgui.analysis.scale import FACTOR, Rows, Scale, condense, join
from leakgui.model.recording import Floats, Series

KEPT = (1.0, 8.0, 64.0, 1024.0, math.inf, math.inf)
"""How long each scale is kept, in multiples of ``keep_full_s``.

At ten readings a second and one hour: single readings for 1 h, blocks of 1.6 s for
8 h, of 26 s for 2.7 days, of 7 min for 43 days, of 1.8 h for ever. That is 1.8 MiB
after a day and 2.4 MiB after thirty.
"""
GAP_FACTOR = 3.0
"""A distance in time this many times the usual one is a gap, not a line."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """What to draw: three equally long float64 columns, times strictly rising.

    Between ``low`` and ``high`` lies everything that was measured around that time;
    where single readings are shown the two are equal. A row of NaN in ``low`` and
    ``high`` separates what must not be joined by a line.
    """

    elapsed_s: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.elapsed_s)


class Envelope:
    """Minimum and maximum of one series at every scale; one writer, many readers.

    Sixteen successive readings make a block, sixteen blocks a larger one, and so
    on. Old readings live on only in blocks, so a spike is never lost. Readers take
    no lock and see everything up to some recent reading.
    """

    def __init__(self, *, keep_full_s: float = 3600.0) -> None:
        self.version = 0
        """Grows with every change, so that a plot knows whether to draw again."""
        self._kept_s = [keep_full_s * times for times in KEPT]
        self._scales = [Scale(2), *(Scale(4) for _ in KEPT[1:])]
        self._count = 0
        self._last: tuple[float, float] | None = None

    @classmethod
    def of(cls, series: Series) -> Envelope:
        """Hold a finished series, every point of it; NaN values are left out."""
        envelope = cls(keep_full_s=math.inf)
        usable = np.isfinite(series.value)
        times, values = series.elapsed_s[usable], series.value[usable]
        if len(times):
            envelope._fill(times, values)
        return envelope

    def __len__(self) -> int:
        """Return how many readings came in, those in blocks included."""
        return self._count

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest reading as (elapsed_s, value)."""
        return self._last

    def append(self, elapsed_s: float, value: float) -> None:
        """Add a reading; one that is not later than the last, or NaN, is ignored."""
        if not math.isfinite(value) or (self._last and elapsed_s <= self._last[0]):
            return
        self._scales[0].append(elapsed_s, value)
        self._last = (elapsed_s, value)
        self._count += 1
        if self._count % FACTOR == 0:
            self._close_blocks()
        self.version += 1

    def value_at(self, elapsed_s: float) -> float | None:
        """Return the newest reading at or before a time; None in a gap.

        In the part that is kept in blocks it is the greatest value of the block.
        """
        near = join(self._narrow(self._pieces(0), elapsed_s, elapsed_s))
        row = int(np.searchsorted(near.first_s, elapsed_s, side="right")) - 1
        if row < 0:
            return None
        since_s = elapsed_s - float(near.last_s[row])
        is_gap = since_s > GAP_FACTOR * self._usual_spacing_s(elapsed_s)
        return None if is_gap else float(near.high[row])

    def between(self, from_s: float, to_s: float, most_points: int) -> Strip:
        """Return what to draw of a span: one row before it, the span, one row after.

        Single readings where they are at most ``most_points``; else the least and
        greatest value in bins whose borders are multiples of a power of two
        milliseconds, so that nothing flickers while the span is moved. There are
        never more than about ``most_points`` rows, separators of gaps left aside.
        """
        rows = self._readings_of(from_s, to_s, most_points)
        if rows is None:
            rows = self._bins_of(from_s, to_s, most_points)
        return _separate(Strip(rows.first_s, rows.low, rows.high))

    def samples(self) -> Series:
        """Return everything that is kept, as a new value.

        A block becomes two points: its least value at its first reading, its
        greatest in its middle.
        """
        rows = join(self._pieces(0))
        first_ms, last_ms = np.rint(rows.first_s * 1000), np.rint(rows.last_s * 1000)
        middle_ms = np.maximum((first_ms + last_ms) // 2, first_ms + 1)
        is_block = rows.last_s > rows.first_s
        where = np.repeat(np.arange(len(is_block)), np.where(is_block, 2, 1))
        is_second = np.append(False, where[1:] == where[:-1])[: len(where)]
        times = np.where(is_second, middle_ms[where], first_ms[where]) / 1000
        return Series(times, np.where(is_second, rows.high[where], rows.low[where]))

    # -- writing --------------------------------------------------------------------

    def _fill(self, times: Floats, values: Floats) -> None:
        self._scales[0].extend((times, values))
        for fine, coarse in zip(self._scales, self._scales[1:], strict=False):
            rows = fine.rows()
            whole = len(rows.low) // FACTOR * FACTOR
            coarse.extend(condense(rows.part(0, whole), np.arange(0, whole, FACTOR)))
        self._count = len(times)
        self._last = (float(times[-1]), float(values[-1]))
        self.version += 1

    def _close_blocks(self) -> None:
        size = FACTOR
        for level in range(1, len(self._scales)):
            if self._count % size:
                return
            rows = self._scales[level - 1].rows()
            block = rows.part(len(rows.low) - FACTOR, len(rows.low))
            self._scales[level].append(
                block.first_s[0], block.last_s[-1], block.low.min(), block.high.max()
            )
            self._forget(level - 1)
            size *= FACTOR

    def _forget(self, level: int) -> None:
        """Drop old rows by whole blocks of the next scale, which keeps them."""
        oldest_s = self._newest_s() - self._kept_s[level]
        rows = self._scales[level].rows()
        while len(rows.low) > FACTOR and rows.last_s[FACTOR - 1] < oldest_s:
            self._scales[level].drop(FACTOR)
            rows = self._scales[level].rows()

    def _newest_s(self) -> float:
        return self._last[0] if self._last else 0.0

    # -- reading --------------------------------------------------------------------

    def _pieces(self, level: int) -> list[Rows]:
        """Cover all time, oldest first, as finely as ``level`` where that is kept.

        Scales are looked at from coarse to fine: what the writer adds or drops in
        between is then in a finer or a coarser one, and never missing.
        """
        views = [scale.rows() for scale in reversed(self._scales)][::-1]
        old: list[Rows] = []
        for number in range(len(views) - 1, level, -1):
            finer = views[number - 1].first_s
            border = finer[0] if len(finer) else math.inf
            end = int(np.searchsorted(views[number].first_s, border))
            begin = _behind(views[number], old)
            old.append(views[number].part(begin, end))
        pieces = [*old]
        for number in range(level, -1, -1):
            begin = _behind(views[number], pieces)
            pieces.append(views[number].part(begin, len(views[number].low)))
        return [piece for piece in pieces if len(piece.low)]

    @staticmethod
    def _narrow(pieces: list[Rows], from_s: float, to_s: float) -> list[Rows]:
        """Keep the rows that touch a span, and one neighbour on each side."""
        begins = [int(np.searchsorted(p.last_s, from_s)) for p in pieces]
        ends = [int(np.searchsorted(p.first_s, to_s, side="right")) for p in pieces]
        for index in reversed(range(len(pieces))):
            if begins[index] > 0:
                begins[index] -= 1
                break
        for index, piece in enumerate(pieces):
            if ends[index] < len(piece.low):
                ends[index] += 1
                break
        cut = zip(pieces, begins, ends, strict=True)
        return [piece.part(a, b) for piece, a, b in cut if a < b]

    def _readings_of(self, from_s: float, to_s: float, most: int) -> Rows | None:
        """Return the finest rows, or None where they are too many."""
        pieces = self._narrow(self._pieces(0), from_s, to_s)
        if sum(len(piece.low) for piece in pieces) > most + 2:
            return None
        return join(pieces)

    def _bins_of(self, from_s: float, to_s: float, most: int) -> Rows:
        """Sort blocks into bins; a block belongs where it begins."""
        from_s, to_s = self._clip(from_s, to_s)
        least_ms = max((to_s - from_s) * 1000 / max(most - 2, 1), 1.0)
        width_ms = 2.0 ** math.ceil(math.log2(least_ms))
        from_s = math.floor(from_s * 1000 / width_ms) * width_ms / 1000
        to_s = (math.floor(to_s * 1000 / width_ms) + 1) * width_ms / 1000
        rows = self._blocks_of(from_s, to_s, most * FACTOR)
        # Whole milliseconds: divided by a power of two there is no rounding.
        number = np.floor(np.rint(rows.first_s * 1000) / width_ms)
        return condense(rows, np.flatnonzero(np.diff(number, prepend=-math.inf)))

    def _clip(self, from_s: float, to_s: float) -> tuple[float, float]:
        pieces = self._pieces(len(self._scales) - 1)
        return (
            max(from_s, float(pieces[0].first_s[0])),
            min(to_s, float(pieces[-1].last_s[-1])),
        )

    def _blocks_of(self, from_s: float, to_s: float, most: int) -> Rows:
        """Return the finest blocks that are not too many."""
        narrow: list[Rows] = []
        for level in range(len(self._scales)):
            narrow = self._narrow(self._pieces(level), from_s, to_s)
            if sum(len(piece.low) for piece in narrow) <= most:
                break
        return join(narrow)

    def _usual_spacing_s(self, elapsed_s: float) -> float:
        """Return the median distance of the readings nearest to a time."""
        rows = next(
            (r for r in reversed(self._pieces(0)) if r.first_s[0] <= elapsed_s), None
        )
        if rows is None or len(rows.low) < 3:
            return math.inf
        at = int(np.searchsorted(rows.first_s, elapsed_s))
        nearest = rows.first_s[max(at - 8, 0) : at + 8]
        return float(np.median(np.diff(nearest))) if len(nearest) > 2 else math.inf


def _behind(rows: Rows, earlier: list[Rows]) -> int:
    """Return the first row that begins after everything collected so far."""
    covered = [piece for piece in earlier if len(piece.low)]
    if not covered:
        return 0
    return int(np.searchsorted(rows.first_s, covered[-1].last_s[-1], side="right"))


def _separate(strip: Strip) -> Strip:
    """Put a row of NaN where readings are missing.

    A step is a gap where it is thrice the median and thrice both its neighbours:
    a metric that from now on is read less often is not full of gaps.
    """
    steps = np.diff(strip.elapsed_s)
    if len(steps) < 2:
        return strip
    around = np.maximum(np.append(steps[1:], 0.0), np.append(0.0, steps[:-1]))
    limit = GAP_FACTOR * np.maximum(around, np.median(steps))
    gaps = np.flatnonzero(steps > limit)
    if len(gaps) == 0:
        return strip
    middle = strip.elapsed_s[gaps] + steps[gaps] / 2
    return Strip(
        np.insert(strip.elapsed_s, gaps + 1, middle),
        np.insert(strip.low, gaps + 1, np.nan),
        np.insert(strip.high, gaps + 1, np.nan),
    )
