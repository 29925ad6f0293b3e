"""How far a finding can be trusted."""

from __future__ import annotations

from leakgui.analysis.floor import examine
from leakgui.analysis.trend import Trend
from leakgui.guidance.examined import MEMORY, Evidence
from leakgui.guidance.reserve import fills_reserve
from leakgui.model.finding import Confidence
from leakgui.model.metric import METRIC_BY_KEY

LEAST_OBSERVED_S = 60.0
LEAST_HEALTHY_S = 19.0
"""Health is not claimed of less: a program that has just been chosen often rests."""
_NEARLY = 0.95
"""A recording of a minute has its first and its last reading inside the minute, and
what is read every few seconds begins and ends a little further inside."""
_LEAST_CYCLES = 3
_EARLIER = (1.25, 1.6)
"""A growth is trusted that was also seen when the record was so much shorter."""
_MISSED = 0.10
_AGREEING = 2
_STEPS = (Confidence.WATCH, Confidence.MEDIUM, Confidence.HIGH)


def is_long(trend: Trend) -> bool:
    """Whether a series was watched for the minute that any trust needs."""
    return trend.span_s >= _NEARLY * LEAST_OBSERVED_S


def of_growth(evidence: Evidence, key: str, agreeing: int) -> Confidence:
    """Grade the growth of a series; ``agreeing`` differences show the same cause."""
    trend = evidence.trend(key)
    if trend is None or not _is_medium(evidence, key, trend):
        return Confidence.WATCH
    grade = 2 if agreeing >= _AGREEING else 1
    return _STEPS[grade - 1 if trend.missing_share > _MISSED else grade]


def less(grade: Confidence, doubts: tuple[str, ...]) -> Confidence:
    """Return a step less where there are doubts, be they many; watch is the least."""
    return _STEPS[max(_STEPS.index(grade) - bool(doubts), 0)]


def at_most(grade: Confidence, most: Confidence) -> Confidence:
    """Return the smaller of two grades."""
    return min(grade, most, key=_STEPS.index)


def of_shape(trend: Trend) -> Confidence:
    """Grade a healthy shape: long enough, enough cycles, hardly anything missed."""
    if not is_long(trend) or trend.missing_share > _MISSED:
        return Confidence.WATCH
    if 0 < trend.cycles.count < _LEAST_CYCLES:
        return Confidence.WATCH
    return Confidence.MEDIUM


def of_fact(trend: Trend) -> Confidence:
    """Grade what needs no trend: a limit that is nearly used up."""
    return Confidence.WATCH if trend.missing_share > _MISSED else Confidence.MEDIUM


def _is_medium(evidence: Evidence, key: str, trend: Trend) -> bool:
    if not is_long(trend) or trend.was_shortened:
        return False
    if 0 < trend.cycles.count < _LEAST_CYCLES or _is_slowing(trend):
        return False
    if _may_have_stopped(trend):
        return False
    if fills_reserve(evidence, key, trend):
        return False
    return _held_earlier(evidence, key, trend)


def _is_slowing(trend: Trend) -> bool:
    return trend.rate is None or trend.rate.per_s < 0.5 * trend.early_rate_per_s


def _may_have_stopped(trend: Trend) -> bool:
    """Whether the interval of the rate holds none at all, as between a few steps."""
    return trend.rate is None or trend.rate.low_per_s <= 0


def _held_earlier(evidence: Evidence, key: str, trend: Trend) -> bool:
    ends_s = [trend.span_s / shorter for shorter in _EARLIER]
    return all(_grew_until(evidence, key, end_s) for end_s in ends_s)


def _grew_until(evidence: Evidence, key: str, end_s: float) -> bool:
    """Whether it grew by then: for memory, in the most exact series that can tell.

    What is costly is read rarely, and has too few readings in half of a minute.
    """
    for name in MEMORY[MEMORY.index(key) :] if key in MEMORY else (key,):
        cells = evidence.cells(name)
        if cells is None:
            continue
        then = examine(cells.until(cells.from_s + end_s), METRIC_BY_KEY[name].unit)
        if then.is_judged:
            return then.is_growing
    return False
