"""The detector: what grows, what does not, and what shape it has instead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.analysis.cells import Cells
from leakgui.analysis.floor import examine
from leakgui.analysis.trend import Trend
from leakgui.model.finding import DefectClass, Growth
from leakgui.model.metric import Unit
from leakgui.model.recording import Series

MIB = 2.0**20
Values = Callable[[np.ndarray], np.ndarray]


def look(
    values: Values, span_s: float = 120.0, every_s: float = 0.1, unit: Unit = Unit.BYTES
) -> Trend:
    elapsed_s = np.round(np.arange(0, span_s, every_s), 3)
    value = np.asarray(values(elapsed_s), dtype=float) * np.ones(len(elapsed_s))
    return examine(Cells.of(Series(elapsed_s, value)), unit)


def noise(t: np.ndarray, size: float) -> np.ndarray:
    return np.random.default_rng(8).normal(0, size, len(t))


GROWING: dict[str, Values] = {
    "a leak": lambda t: 50 * MIB + 0.1 * MIB * t + noise(t, 0.2 * MIB),
    "in steps": lambda t: 50 * MIB + MIB * np.floor(t / 8),
    "faster and faster": lambda t: 50 * MIB + MIB * np.expm1(t / 30),
    "below a sawtooth": lambda t: 50 * MIB + 0.5 * MIB * t + 20 * MIB * (t / 7 % 1),
    "after a trigger": lambda t: 50 * MIB + 0.5 * MIB * np.maximum(t - 40, 0),
}
HEALTHY: dict[str, tuple[Values, DefectClass]] = {
    "constant": (lambda t: 50 * MIB + 0 * t, DefectClass.STEADY),
    "noise": (lambda t: 50 * MIB + noise(t, MIB), DefectClass.STEADY),
    "shrinking": (lambda t: 50 * MIB - 0.2 * MIB * t, DefectClass.STEADY),
    "one step": (lambda t: 50 * MIB + 30 * MIB * (t > 50), DefectClass.STEP),
    "two steps, the second lately": (
        lambda t: 60 * MIB + 1000 * MIB * np.clip(t / 9, 0, 1) + 300 * MIB * (t > 96),
        DefectClass.STEP,
    ),
    "warm-up": (
        lambda t: 50 * MIB + 30 * MIB * (1 - np.exp(-t / 8)),
        DefectClass.WARM_UP,
    ),
    "filled later": (
        lambda t: 50 * MIB + 0.5 * MIB * np.minimum(t, 60),
        DefectClass.PLATEAU,
    ),
    "sawtooth": (lambda t: 50 * MIB + 20 * MIB * (t / 7 % 1), DefectClass.SAWTOOTH),
    "wave": (lambda t: 50 * MIB + 10 * MIB * np.sin(t / 3), DefectClass.PERIODIC),
    "kept after a peak": (
        lambda t: np.interp(t, [0, 20, 40, 50, 51], [20, 20, 90, 90, 50]) * MIB,
        DefectClass.RETENTION,
    ),
    "peak at the very end": (
        lambda t: 50 * MIB + 20 * MIB * (t > 119.5),
        DefectClass.STEADY,
    ),
    "two waves": (lambda t: 50 * MIB + 10 * MIB * np.cos(t / 8), DefectClass.PERIODIC),
}


@pytest.mark.parametrize("name", GROWING)
def test_growing(name: str) -> None:
    trend = look(GROWING[name])
    assert trend.is_growing
    assert trend.is_judged
    assert trend.shape is DefectClass.UNKNOWN
    assert trend.rate is not None
    assert trend.rate.low_per_s <= trend.rate.per_s <= trend.rate.high_per_s
    assert trend.retained >= trend.materiality


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy(name: str) -> None:
    values, shape = HEALTHY[name]
    trend = look(values)
    assert trend.growth is Growth.HEALTHY
    assert trend.rate is None
    assert trend.shape is shape


def test_rate_of_a_leak_is_its_rate() -> None:
    trend = look(GROWING["a leak"])
    assert trend.rate is not None
    assert trend.rate.per_s == pytest.approx(0.1 * MIB, rel=0.1)
    assert not trend.is_accelerating
    assert trend.rising_windows == 8
    assert trend.late_share == pytest.approx(1 / 3, abs=0.08)
    assert trend.largest_step_share < 0.2


def test_acceleration_is_seen() -> None:
    trend = look(GROWING["faster and faster"])
    assert trend.is_accelerating
    assert trend.rate is not None
    assert trend.rate.per_s > 2 * trend.early_rate_per_s


def test_growth_that_began_late_is_judged_without_the_beginning() -> None:
    trend = look(lambda t: 50 * MIB + 40 * MIB * (t > 4) + 0.05 * MIB * t)
    assert trend.is_growing
    assert trend.was_shortened
    assert trend.judged_from_s > 10


def test_cycles_are_counted() -> None:
    trend = look(GROWING["below a sawtooth"])
    assert trend.cycles.count == 16
    assert trend.cycles.last_trough > trend.cycles.first_trough
    assert trend.cycles.period_s == pytest.approx(7, abs=0.2)
    assert trend.cycle_peak == trend.peak


def test_a_peak_long_ago_is_not_the_peak_of_the_last_cycle() -> None:
    trend = look(HEALTHY["kept after a peak"][0])
    assert trend.peak == 90 * MIB
    assert trend.cycle_peak == 50 * MIB


@pytest.mark.parametrize(
    ("span_s", "every_s"), [(2.3, 0.1), (2.0, 1.0), (23.0, 1.0), (4.0, 0.1)]
)
def test_too_short_is_undecided(span_s: float, every_s: float) -> None:
    trend = look(GROWING["a leak"], span_s, every_s)
    assert trend.growth is Growth.UNDECIDED
    assert not trend.is_judged
    assert trend.shape is DefectClass.UNKNOWN


def test_24_samples_are_enough() -> None:
    assert look(GROWING["a leak"], 24.0, 1.0).is_growing


def test_nothing_measured_is_undecided() -> None:
    trend = look(lambda t: t * np.nan)
    assert trend.growth is Growth.UNDECIDED
    assert np.isnan(trend.peak)


def test_a_record_that_is_one_hole_is_undecided() -> None:
    elapsed_s = np.array([*np.arange(0, 3, 0.1), 1000.0])
    trend = examine(
        Cells.of(Series(elapsed_s, np.arange(len(elapsed_s)) * MIB)), Unit.BYTES
    )
    assert trend.growth is Growth.UNDECIDED


def test_small_growth_does_not_matter() -> None:
    assert not look(lambda t: 50 * MIB + 500 * t).is_growing
    assert not look(lambda t: 10 + np.floor(t / 60), unit=Unit.COUNT).is_growing
    assert look(lambda t: 10 + np.floor(t / 5), unit=Unit.COUNT).is_growing


def test_counts_in_traffic_are_healthy() -> None:
    random = np.random.default_rng(3)
    trend = look(lambda t: 12 + random.poisson(8, len(t)), unit=Unit.COUNT)
    assert trend.growth is Growth.HEALTHY


def test_few_cycles_must_rise_every_time() -> None:
    troughs = np.array([0.0, 6, 3, 9])  # the third is lower than the second
    trend = look(
        lambda t: 50 * MIB + MIB * (troughs[(t // 30).astype(int)] + 20 * (t / 30 % 1))
    )
    assert not trend.is_growing


@given(
    st.lists(st.floats(0, 1e13), min_size=24, max_size=400),
    st.sampled_from([Unit.BYTES, Unit.COUNT]),
    st.integers(250, 50_000),
)
@settings(deadline=None, max_examples=150)
def test_any_series_is_answered(values: list[float], unit: Unit, every_ms: int) -> None:
    elapsed_s = np.arange(len(values)) * every_ms / 1000
    trend = examine(Cells.of(Series(elapsed_s, np.array(values))), unit)
    assert trend.is_judged
    assert trend.is_growing == (trend.shape is DefectClass.UNKNOWN)
    assert 0 <= trend.missing_share <= 1
    assert trend.lowest <= trend.cycle_peak <= trend.peak


def test_few_cycles_that_rise_every_time_are_growth() -> None:
    trend = look(lambda t: 50 * MIB + 0.3 * MIB * t + 40 * MIB * (t / 25 % 1))
    assert trend.cycles.count == 4
    assert trend.is_growing


def test_one_cycle_is_no_cycle_time() -> None:
    trend = look(lambda t: 50 * MIB + 20 * MIB * np.abs(t / 60 - 1))
    assert trend.cycles.count == 1
    assert np.isnan(trend.cycles.period_s)
    assert trend.cycle_peak == trend.last
