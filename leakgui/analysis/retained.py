"""What was taken and never given back, measured block by block.

The floor at a block is the lowest level that the series still reaches from there
on: what comes and goes is not in it, what is kept is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.analysis.blocks import Blocks
from leakgui.analysis.cells import Cells
from leakgui.analysis.cycles import Turns, find_turns
from leakgui.analysis.rank_test import RankTest, rank_rise
from leakgui.model.metric import Unit
from leakgui.model.recording import Floats

MOST_BLOCKS = 64
SAMPLES_A_BLOCK = 3
_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, for normal noise."""
_COARSE_POINTS = 32
_UNFINISHED = 1.5
"""A last low point younger than this many cycles leaves an unfinished one behind."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Floor:
    """A series made ready for the question whether its floor rises."""

    blocks: Blocks
    smooth: Floats
    """Lowest values of the blocks, each the median of itself and its neighbours."""
    level: Floats
    """The floor; it never falls."""
    materiality: float
    noise: float
    raw_noise: float
    turns: Turns
    end: int
    """The last block of which it is known that its level was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """How the floor rises between two blocks; shares are of the retained growth."""

    retained: float
    signal: float
    """Retained growth over noise."""
    of_range: float
    largest_step: float
    steps: float
    """Effective number of rises: many equal ones count each, one large one is 1."""
    late_third: float
    """1 where the last third holds a third of the growth."""
    late_half: float
    """1 where the last half holds half of the growth."""
    windows: int
    """How many eighths rise."""
    tail: float
    """Share of the record since the last rise."""
    pause: float
    """Longest share of the record between two rises before that."""
    rises: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """How surely the low points rise, over all of them and over the last 60 %."""

    points: int
    rank: RankTest
    recent_rank: RankTest


def least_material(cells: Cells, unit: Unit) -> float:
    """Return the change below which nothing matters, in the unit of the series."""
    level = abs(float(np.nanmedian(cells.mean)))
    if unit is Unit.BYTES:
        return max(128 * 1024.0, 0.01 * level)
    return max(3.0, 0.02 * level)


def build_floor(cells: Cells, unit: Unit) -> Floor:
    """Take the floor of a series of at least 24 samples."""
    blocks = cells.blocks(min(MOST_BLOCKS, cells.samples // SAMPLES_A_BLOCK))
    smooth = _median_of_three(blocks.low)
    noise = _spread(np.diff(smooth))
    raw_noise = _spread(np.diff(cells.mean[cells.count > 0]))
    materiality = least_material(cells, unit)
    span = float(np.nanmax(cells.high) - np.nanmin(cells.low))
    # A series that swings faster than the blocks are long makes their lows noisy,
    # so the cells, which are shorter, may put the bar lower.
    threshold = max(6 * min(noise, raw_noise), 0.2 * span, 1.5 * materiality)
    if unit is not Unit.BYTES:
        threshold = max(threshold, 4 * raw_noise)
    turns = find_turns(cells, threshold)
    return Floor(
        blocks=blocks,
        smooth=smooth,
        level=np.minimum.accumulate(smooth[::-1])[::-1],
        materiality=materiality,
        noise=noise,
        raw_noise=raw_noise if unit is Unit.BYTES else raw_noise / 2,
        turns=turns,
        end=_confirmed_end(cells, blocks, turns),
    )


def measure(floor: Floor, start: int) -> Features:
    """Describe the rise of the floor from a block to the confirmed end."""
    level = floor.level[start : floor.end + 1]
    rises = np.diff(level)
    retained = float(level[-1] - level[0])
    per = 1 / retained if retained > 0 else 0.0
    tail, pause, number = _pauses(rises, 0.01 * retained)
    return Features(
        retained=retained,
        signal=retained / max(floor.noise, floor.raw_noise, 1e-12),
        of_range=retained / max(_typical_range(floor, start), 1e-12),
        largest_step=float((rises[:-1] + rises[1:]).max(initial=0.0)) * per,
        steps=retained**2 / max(float(rises @ rises), 1e-12),
        late_third=3 * per * (retained - _rise_until(level, 2 / 3)),
        late_half=2 * per * (retained - _rise_until(level, 1 / 2)),
        windows=_rising_windows(level, 0.03 * retained),
        tail=tail,
        pause=pause,
        rises=number,
    )


def measure_steadiness(floor: Floor, start: int) -> Steadiness:
    """Test the low points for a rise; this costs more than all of ``measure``."""
    time, value = rank_points(floor, start)
    recent = int(0.4 * len(value))
    return Steadiness(
        points=len(value),
        rank=rank_rise(time, value),
        recent_rank=rank_rise(time[recent:], value[recent:]),
    )


def rank_points(floor: Floor, start: int) -> tuple[Floats, Floats]:
    """Return times and levels to test: low points where it cycles, else coarse minima.

    Low points count from three on, up to 64 of them; of more, the lowest of each few
    neighbours. Otherwise 24 to 32 minima of neighbouring blocks.
    """
    from_s = floor.blocks.middle_s[start]
    keep = floor.turns.trough_s >= from_s if start else np.ones(len(floor.turns), bool)
    if keep.sum() >= 3:
        return _coarsen(
            floor.turns.trough_s[keep], floor.turns.trough[keep], MOST_BLOCKS
        )
    part = slice(start, floor.end + 1)
    return _coarsen(floor.blocks.middle_s[part], floor.smooth[part], _COARSE_POINTS)


def _coarsen(time: Floats, value: Floats, most: int) -> tuple[Floats, Floats]:
    group = -(-len(value) // most)
    starts = np.arange(0, len(value), group)
    return time[starts], np.minimum.reduceat(value, starts)


def _median_of_three(value: Floats) -> Floats:
    padded = np.concatenate([value[:1], value, value[-1:]])
    three = np.stack([padded[:-2], padded[1:-1], padded[2:]])
    smooth: Floats = np.median(three, axis=0)
    return smooth


def _spread(change: Floats) -> float:
    """Standard deviation of the noise whose differences these are, robustly."""
    deviation = np.median(np.abs(change - np.median(change)))
    return float(_SIGMA * deviation / np.sqrt(2))


def _confirmed_end(cells: Cells, blocks: Blocks, turns: Turns) -> int:
    """Return the block of the last low point, or the last but one of the record."""
    if len(turns):
        marks = np.concatenate([[cells.from_s], turns.trough_s])
        age_s = cells.last_s - marks[-1]
        if age_s <= _UNFINISHED * np.diff(marks).max():
            return max(_block_at(blocks, marks[-1]), 1)
    return max(len(blocks) - 2, 1)


def _block_at(blocks: Blocks, elapsed_s: float) -> int:
    return int(np.argmin(np.abs(blocks.middle_s - elapsed_s)))


def _typical_range(floor: Floor, start: int) -> float:
    high = floor.blocks.high[start:]
    return float(np.quantile(high, 0.9) - floor.blocks.low[start:].min())


def _rise_until(level: Floats, share: float) -> float:
    """Return how far the floor has risen after this share of the record."""
    places = np.arange(len(level))
    return float(np.interp(share * (len(level) - 1), places, level) - level[0])


def _rising_windows(level: Floats, least: float) -> int:
    places = np.arange(len(level))
    edges = np.interp(np.linspace(0, len(level) - 1, 9), places, level)
    return int((np.diff(edges) > least).sum())


def _pauses(rises: Floats, least: float) -> tuple[float, float, int]:
    """Return tail, longest earlier pause (shares of the record) and number of rises."""
    when: npt.NDArray[np.int64] = np.flatnonzero(rises > least)
    if len(when) == 0:
        return 1.0, 0.0, 0
    tail = (len(rises) - 1 - when[-1]) / len(rises)
    between = np.diff(when, prepend=-1)
    return float(tail), float(between.max() / len(rises)), len(when)
