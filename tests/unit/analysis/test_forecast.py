"""Time to a limit."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from leakgui.analysis.cells import Cells
from leakgui.analysis.floor import examine
from leakgui.analysis.forecast import forecast
from leakgui.analysis.trend import Rate, Trend
from leakgui.model.metric import Unit
from leakgui.model.recording import Series


def growing(per_s: float = 10.0, pace_s: float = math.inf) -> Trend:
    t = np.arange(0, 100, 0.1)
    value = per_s * t if math.isinf(pace_s) else per_s * np.expm1(t / pace_s)
    return examine(Cells.of(Series(t, np.round(value))), Unit.COUNT)


def with_rate(per_s: float, low: float, high: float) -> Trend:
    return replace(growing(), rate=Rate(per_s=per_s, low_per_s=low, high_per_s=high))


def test_headroom_over_rate() -> None:
    ahead = forecast(with_rate(10, 5, 20), 1000, 2000)
    assert (ahead.headroom, ahead.eta_s) == (1000, 100)
    assert (ahead.low_s, ahead.high_s) == (50, 200)
    assert ahead.is_in_sight


def test_a_rate_that_may_be_zero_may_never_arrive() -> None:
    ahead = forecast(with_rate(10, -1, 20), 1000, 2000)
    assert ahead.high_s == math.inf


def test_nothing_is_foretold_far_beyond_what_was_seen() -> None:
    ahead = forecast(with_rate(10, 9, 11), 0, 10 * 100 * 101)
    assert not ahead.is_in_sight
    assert ahead.low_s == math.inf


def test_a_limit_that_is_passed_is_reached_now() -> None:
    ahead = forecast(with_rate(10, 9, 11), 3000, 2000)
    assert (ahead.headroom, ahead.eta_s) == (0, 0)


def test_what_does_not_grow_arrives_nowhere() -> None:
    assert not forecast(replace(growing(), rate=None), 0, 100).is_in_sight
    assert not forecast(with_rate(0, 0, 0), 0, 100).is_in_sight


def test_growth_that_speeds_up_arrives_sooner() -> None:
    trend = growing(pace_s=25.0)
    assert trend.is_accelerating
    assert trend.rate is not None
    limit = trend.cycle_peak * 20
    ahead = forecast(trend, trend.cycle_peak, limit)
    straight_s = ahead.headroom / trend.rate.per_s
    true_s = 25.0 * math.log(20)
    assert ahead.eta_s < straight_s / 2
    assert ahead.eta_s == pytest.approx(true_s, rel=0.6)


def test_speeding_up_without_an_early_rate_is_taken_as_straight() -> None:
    trend = replace(growing(pace_s=25.0), early_rate_per_s=0.0)
    assert trend.rate is not None
    ahead = forecast(trend, 0, trend.rate.per_s * 7)
    assert ahead.eta_s == pytest.approx(7)
