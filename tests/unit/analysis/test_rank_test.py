"""The rank test and the slope, against known values."""

from __future__ import annotations

import numpy as np
import pytest

from leakgui.analysis.rank_test import fit_rate, rank_rise, theil_sen

LINE = np.arange(20, dtype=float)


def test_a_line_rises_for_certain() -> None:
    found = rank_rise(LINE, LINE * 3)
    assert found.tau == 1.0
    # Kendall: S = 190, variance 950 for 20 points; nothing is left to correlate.
    assert found.score == pytest.approx(189 / np.sqrt(950))


def test_a_falling_line_falls() -> None:
    found = rank_rise(LINE, -LINE)
    assert found.tau == -1.0
    assert found.score < -3


@pytest.mark.parametrize("value", [np.array([1.0, 2.0]), np.ones(20)])
def test_too_few_or_equal_points_show_nothing(value: np.ndarray) -> None:
    assert rank_rise(np.arange(len(value), dtype=float), value).score == 0


def test_noise_alone_does_not_rise() -> None:
    value = np.random.default_rng(4).normal(size=30)
    assert abs(rank_rise(np.arange(30.0), value).score) < 2


def test_correlated_points_count_less() -> None:
    wander = np.cumsum(np.random.default_rng(3).normal(size=30)) + np.arange(30)
    smooth = np.repeat(np.arange(10.0), 3) + 8 * np.sin(np.arange(30) / 4)
    plain = rank_rise(np.arange(30.0), np.arange(30.0) + np.tile([0, 5.0], 15))
    slow = rank_rise(np.arange(30.0), smooth)
    assert plain.score > slow.score
    assert rank_rise(np.arange(30.0), wander).tau > 0


def test_slope_ignores_an_outlier() -> None:
    value = 2 * LINE
    value[7] = 1e9
    assert theil_sen(LINE, value) == pytest.approx(2, rel=0.01)
    assert theil_sen(LINE[:1], value[:1]) == 0.0


def test_rate_is_that_of_the_recent_part() -> None:
    bent = np.where(LINE < 10, 0.0, (LINE - 10) * 5)
    rate = fit_rate(LINE, bent)
    assert rate is not None
    assert rate.per_s == pytest.approx(5)
    assert rate.low_per_s <= rate.per_s <= rate.high_per_s


def test_rate_interval_holds_the_truth_and_widens_with_noise() -> None:
    random = np.random.default_rng(5)
    time = np.arange(28.0)
    quiet = fit_rate(time, 3 * time + random.normal(0, 0.1, 28))
    loud = fit_rate(time, 3 * time + random.normal(0, 8, 28))
    assert quiet is not None
    assert loud is not None
    assert loud.low_per_s < 3 < loud.high_per_s
    assert loud.high_per_s - loud.low_per_s > quiet.high_per_s - quiet.low_per_s


def test_few_points_are_all_used() -> None:
    rate = fit_rate(np.arange(5.0), np.array([0.0, 1, 2, 3, 4]))
    assert rate is not None
    assert rate.per_s == 1
    assert fit_rate(np.arange(9.0), np.arange(9.0)) == rate
    assert fit_rate(np.arange(1.0), np.arange(1.0)) is None
