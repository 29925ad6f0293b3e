"""Does the level that is never given back keep rising?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leakgui.analysis.cells import Cells
from leakgui.analysis.growth import Answer, find_growth
from leakgui.analysis.rank_test import fit_rate
from leakgui.analysis.retained import (
    Floor,
    build_floor,
    least_material,
    rank_points,
)
from leakgui.analysis.shape import name_shape
from leakgui.analysis.trend import LEAST_SAMPLES, LEAST_SPAN_S, Cycles, Trend
from leakgui.model.finding import DefectClass, Growth
from leakgui.model.metric import Unit

_NO_CYCLES = Cycles(count=0, first_trough=np.nan, last_trough=np.nan, period_s=np.nan)
MOSTLY_HOLES = 0.5
"""More than this share of the time unread, and nobody saw that nothing rose."""
_SPEEDING_UP_HALF = 1.4
_SPEEDING_UP_THIRD = 1.5


def examine(cells: Cells, unit: Unit) -> Trend:
    """Judge one series; fewer than 24 samples, or 5 seconds, are ``UNDECIDED``.

    Raises nothing: a series without any sample is undecided, with NaN levels. A
    series that never changes is decided at once.
    """
    quiet = _undecided(cells, unit)
    if cells.samples < LEAST_SAMPLES or cells.span_s < LEAST_SPAN_S:
        return quiet
    if quiet.peak == quiet.lowest:
        return replace(quiet, growth=Growth.HEALTHY, shape=DefectClass.STEADY)
    floor = build_floor(cells, unit)
    if len(floor.blocks) < 4:  # nearly all of the time is one hole
        return quiet
    answer = find_growth(floor)
    judged = _describe(quiet, cells, floor, answer)
    if answer.is_growing:
        return _with_rates(judged, floor, answer)
    if cells.missing_share > MOSTLY_HOLES:
        return quiet
    shape = name_shape(floor, answer.features)
    return replace(judged, growth=Growth.HEALTHY, shape=shape)


def _undecided(cells: Cells, unit: Unit) -> Trend:
    filled = np.flatnonzero(cells.count)
    if len(filled) == 0:
        first = last = lowest = peak = cycle_peak = np.nan
    else:
        first, last = float(cells.mean[filled[0]]), float(cells.mean[filled[-1]])
        lowest, peak = float(np.nanmin(cells.low)), float(np.nanmax(cells.high))
        cycle_peak = _peak_since(cells, cells.from_s + 0.9 * cells.span_s)
    return Trend(
        unit=unit,
        growth=Growth.UNDECIDED,
        shape=DefectClass.UNKNOWN,
        is_accelerating=False,
        rate=None,
        early_rate_per_s=0.0,
        retained=0.0,
        materiality=least_material(cells, unit) if len(filled) else 0.0,
        noise=0.0,
        rising_windows=0,
        late_share=0.0,
        largest_step_share=0.0,
        cycles=_NO_CYCLES,
        first=first,
        last=last,
        lowest=lowest,
        peak=peak,
        cycle_peak=cycle_peak,
        judged_from_s=cells.from_s,
        judged_to_s=cells.last_s,
        was_shortened=False,
        span_s=cells.span_s,
        samples=cells.samples,
        missing_share=cells.missing_share,
    )


def _describe(quiet: Trend, cells: Cells, floor: Floor, answer: Answer) -> Trend:
    features, start = answer.features, answer.start
    turns = floor.turns
    since_s = cells.from_s + 0.9 * cells.span_s
    if len(turns):
        since_s = min(since_s, float(turns.trough_s[-1]))
        if len(turns) > 1:
            since_s = min(since_s, float(turns.trough_s[-2]))
    return replace(
        quiet,
        retained=features.retained,
        noise=max(floor.noise, floor.raw_noise),
        rising_windows=features.windows,
        late_share=features.late_third / 3,
        largest_step_share=features.largest_step,
        cycles=_count_cycles(floor),
        cycle_peak=_peak_since(cells, since_s),
        judged_from_s=cells.from_s if start == 0 else _middle(floor, start),
        was_shortened=start > 0,
    )


def _count_cycles(floor: Floor) -> Cycles:
    turns = floor.turns
    if len(turns) == 0:
        return _NO_CYCLES
    return Cycles(
        count=len(turns),
        first_trough=float(turns.trough[0]),
        last_trough=float(turns.trough[-1]),
        period_s=turns.period_s,
    )


def _with_rates(judged: Trend, floor: Floor, answer: Answer) -> Trend:
    seen = answer.features
    span_s = _middle(floor, floor.end) - _middle(floor, answer.start)
    early = seen.retained * (2 - seen.late_half) / max(span_s, 1e-9)
    return replace(
        judged,
        growth=Growth.GROWING,
        is_accelerating=(
            seen.late_half > _SPEEDING_UP_HALF and seen.late_third > _SPEEDING_UP_THIRD
        ),
        rate=fit_rate(*rank_points(floor, answer.start)),
        early_rate_per_s=early,
    )


def _middle(floor: Floor, block: int) -> float:
    return float(floor.blocks.middle_s[block])


def _peak_since(cells: Cells, elapsed_s: float) -> float:
    first = int((elapsed_s - cells.from_s) / cells.width_s)
    return float(np.nanmax(cells.high[min(first, len(cells) - 1) :]))
