"""Records whose right answer is known, because they were made up.

Every shape is a function of a ``Regime`` (base level, noise, pace, ...) and returns
values at given times. Growing shapes and healthy ones are two tables below.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
MIB = 2.0**20
PAGE = 4096.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """Where one record is drawn from; ``amount`` is a growth that matters."""

    random: np.random.Generator
    time: Floats
    span: float
    base: float
    amount: float
    noise: float
    cycles: int
    heavy_tails: bool

    @property
    def share(self) -> Floats:
        """Time as a share of the record, 0 to 1."""
        return self.time / self.span


Shape = Callable[[Regime], Floats]


def _noise(r: Regime, *, correlated: float = 0.0) -> Floats:
    raw = r.random.normal(0, 1, len(r.time))
    if r.heavy_tails:
        raw = r.random.standard_t(3, len(r.time)) / 1.7
    if correlated:
        for place in range(1, len(raw)):
            raw[place] += correlated * (raw[place - 1] - raw[place])
        raw /= max(float(raw.std()), 1e-9)
    return raw * r.noise


def _saw(r: Regime, *, jitter: float = 0.0, height: float = 1.0) -> Floats:
    """Rises in each cycle and falls at its end; cycle lengths vary by ``jitter``."""
    lengths = np.clip(r.random.normal(1, jitter, 4 * r.cycles), 0.3, 2) / r.cycles
    edges = np.concatenate([[0], np.cumsum(lengths)]) - lengths[0] * r.random.random()
    cycle = np.searchsorted(edges, r.share, side="right") - 1
    return height * r.amount * (r.share - edges[cycle]) / lengths[cycle]


def _day(r: Regime) -> Floats:
    phase = r.random.random()
    return 0.5 * r.amount * (1 + np.sin(2 * np.pi * (r.cycles * r.share + phase)))


def _bursts(r: Regime) -> Floats:
    """Load that comes for a moment and goes again."""
    out = np.zeros(len(r.time))
    for start in r.random.random(3 * r.cycles):
        length = 0.2 / r.cycles
        out[(r.share >= start) & (r.share < start + length)] += r.random.random()
    return out * r.amount


def _jumps(r: Regime, number: int) -> Floats:
    """Rise of 0 to 1 in steps at random moments."""
    at = np.sort(r.random.random(number))
    return np.searchsorted(at, r.share) / number


def leak(r: Regime) -> Floats:
    return r.amount * r.share + _noise(r)


def leak_rare(r: Regime) -> Floats:
    return r.amount * _jumps(r, 12) + _noise(r)


def leak_scheduled(r: Regime) -> Floats:
    return r.amount * np.floor(r.share * 10) / 10 + _noise(r)


def leak_after_trigger(r: Regime) -> Floats:
    start = r.random.uniform(0.15, 0.4)
    return r.amount * np.maximum(r.share - start, 0) / (1 - start) + _noise(r)


def feedback(r: Regime) -> Floats:
    return r.amount * np.expm1(3 * r.share) / np.expm1(3) + _noise(r)


def doubling_array(r: Regime) -> Floats:
    used = np.maximum(r.share, 0.01)
    return 2 * r.amount * (0.6 * used + 0.4 * 2 ** np.ceil(np.log2(used) * 2) / 1.5)


def buffer_keeps_part(r: Regime) -> Floats:
    return _saw(r) + 0.6 * r.amount * np.floor(r.share * r.cycles) / r.cycles


def leak_under_collector(r: Regime) -> Floats:
    return _saw(r, jitter=0.1, height=0.8) + 1.2 * r.amount * r.share + _noise(r)


def leak_under_irregular_collector(r: Regime) -> Floats:
    return _saw(r, jitter=0.35, height=0.7) + 1.5 * r.amount * r.share + _noise(r)


def leak_daily(r: Regime) -> Floats:
    return _day(r) + 1.4 * r.amount * r.share + _noise(r)


def leak_bursts(r: Regime) -> Floats:
    return _bursts(r) + r.amount * r.share + _noise(r)


def leak_on_off(r: Regime) -> Floats:
    working = (np.floor(r.share * 2 * r.cycles) % 2) == 0
    return r.amount * np.cumsum(working) / max(working.sum(), 1) + _noise(r)


def leak_correlated(r: Regime) -> Floats:
    return 1.5 * r.amount * r.share + 2 * _noise(r, correlated=0.8)


def warm_up_then_leak(r: Regime) -> Floats:
    warm = 1 - np.exp(-r.share / 0.05)
    return r.amount * (warm + r.share) + _noise(r)


def two_rates(r: Regime) -> Floats:
    bend = r.random.uniform(0.3, 0.6)
    fast = np.minimum(r.share, bend) * r.random.uniform(0.4, 2.5)
    return r.amount * (fast + np.maximum(r.share - bend, 0)) + _noise(r)


def arena_steps(r: Regime) -> Floats:
    return r.amount * np.floor(r.share * 16 + r.random.random()) / 16 + 0.2 * _noise(r)


def steady(r: Regime) -> Floats:
    return _noise(r)


def correlated(r: Regime) -> Floats:
    return 2 * _noise(r, correlated=r.random.uniform(0.7, 0.97))


def warm_up(r: Regime) -> Floats:
    return r.amount * 2 * (1 - np.exp(-r.share / r.random.uniform(0.02, 0.12)))


def warm_up_steps(r: Regime) -> Floats:
    return r.amount * (1 - 0.5 ** np.floor(np.minimum(r.share * 16, 6))) + _noise(r)


def cache_fills(r: Regime) -> Floats:
    full = r.random.uniform(0.2, 0.6)
    return 2 * r.amount * np.minimum(r.share / full, 1) + _noise(r)


def cache_long_tail(r: Regime) -> Floats:
    return 2 * r.amount * (1 - np.exp(-r.share / 0.12)) + _noise(r)


def sawtooth(r: Regime) -> Floats:
    return 2 * _saw(r) + _noise(r)


def sawtooth_irregular(r: Regime) -> Floats:
    return 2 * _saw(r, jitter=0.35) + _noise(r)


def sawtooth_adapting(r: Regime) -> Floats:
    return _saw(r) * (1 + 2 * np.minimum(r.share * 2, 1)) + _noise(r)


def daily(r: Regime) -> Floats:
    return 2 * _day(r) + _noise(r)


def batches(r: Regime) -> Floats:
    return r.amount * (np.floor(r.share * 2 * r.cycles) % 2) + _noise(r)


def bursts(r: Regime) -> Floats:
    return _bursts(r) + _noise(r)


def one_step(r: Regime) -> Floats:
    return r.amount * (r.share > r.random.uniform(0.1, 0.85)) + _noise(r)


def two_steps(r: Regime) -> Floats:
    low, high = np.sort(r.random.uniform(0.1, 0.8, 2))
    return r.amount * ((r.share > low) * 1.0 + (r.share > high)) + _noise(r)


def up_and_down(r: Regime) -> Floats:
    low, high = np.sort(r.random.uniform(0.1, 0.9, 2))
    return r.amount * ((r.share > low) & (r.share < high)) + _noise(r)


def retention(r: Regime) -> Floats:
    top = r.random.uniform(0.2, 0.5)
    up = np.minimum(r.share / top, 1)
    return 2 * r.amount * np.where(r.share < top, up, 0.5) + _noise(r)


def fragmentation(r: Regime) -> Floats:
    return r.amount * (1 - 1 / (1 + 20 * r.share)) + 0.5 * _saw(r) + _noise(r)


def leak_fixed(r: Regime) -> Floats:
    return r.amount * np.minimum(r.share, 0.5) * 2 + _noise(r)


def load_completes(r: Regime) -> Floats:
    end = r.random.uniform(0.1, 0.5)
    return 2 * r.amount * np.minimum(r.share / end, 1) ** 1.5 + _noise(r)


def buffer_flush(r: Regime) -> Floats:
    return r.amount * np.floor(8 * ((r.share * r.cycles) % 1)) / 8 + _noise(r)


def reclaim_dip(r: Regime) -> Floats:
    at = r.random.uniform(0.2, 0.7)
    dip = (r.share > at) & (r.share < at + 0.08)
    return r.amount * np.where(dip, 0.0, 1.0) + _noise(r)


def shrinking(r: Regime) -> Floats:
    return r.amount * (1 - r.share) + _noise(r)


def idle(r: Regime) -> Floats:
    return np.zeros(len(r.time))


def churn(r: Regime) -> Floats:
    return r.amount * 0.5 * r.random.random(len(r.time)) + _noise(r)


def pool_fills(r: Regime) -> Floats:
    return np.round(16 * np.minimum(_jumps(r, 16) * r.random.uniform(2.2, 5), 1))


def elastic(r: Regime) -> Floats:
    return np.round(6 + 5 * np.sin(2 * np.pi * r.cycles * r.share) + _noise_count(r))


def count_traffic(r: Regime) -> Floats:
    return r.random.poisson(12, len(r.time)).astype(float)


def count_idle(r: Regime) -> Floats:
    return (r.random.random(len(r.time)) < 0.02) * 1.0


def count_leak(r: Regime) -> Floats:
    return np.floor(r.random.uniform(10, 200) * r.share)


def count_leak_in_traffic(r: Regime) -> Floats:
    load = r.random.poisson(8, len(r.time))
    return np.floor(r.random.uniform(30, 200) * r.share) + load


def count_leak_on_error(r: Regime) -> Floats:
    return np.round(r.random.integers(10, 40) * _jumps(r, 10))


def count_bursts_then_leak(r: Regime) -> Floats:
    return np.floor(60 * r.share + 20 * _bursts(r) / r.amount)


def count_steps(r: Regime) -> Floats:
    return 8.0 * (r.share > r.random.uniform(0.1, 0.8))


def _noise_count(r: Regime) -> Floats:
    return r.random.normal(0, 0.7, len(r.time))


GROWING_BYTES: tuple[Shape, ...] = (
    leak, leak_rare, leak_scheduled, leak_after_trigger, feedback, doubling_array,
    buffer_keeps_part, leak_under_collector, leak_under_irregular_collector,
    leak_daily, leak_bursts, leak_on_off, leak_correlated, warm_up_then_leak,
    two_rates, arena_steps,
)  # fmt: skip
GROWING_COUNTS: tuple[Shape, ...] = (
    count_leak, count_leak_in_traffic, count_leak_on_error, count_bursts_then_leak,
)  # fmt: skip
HEALTHY_BYTES: tuple[Shape, ...] = (
    steady, correlated, warm_up, warm_up_steps, cache_fills, cache_long_tail, sawtooth,
    sawtooth_irregular, sawtooth_adapting, daily, batches, bursts, one_step, two_steps,
    up_and_down, retention, fragmentation, leak_fixed, load_completes, buffer_flush,
    reclaim_dip, shrinking, idle, churn,
)  # fmt: skip
HEALTHY_COUNTS: tuple[Shape, ...] = (
    pool_fills, elastic, count_traffic, count_idle, count_steps,
)  # fmt: skip
