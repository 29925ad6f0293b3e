"""Decide when each tier is read, so that watching costs no more than was agreed.

From the processor time and the duration of its readings each tier gets a period::

    period = max(floor, processor time / share, walk / 0.005), at most 60 s

so no tier uses more than its share of a core, nor holds the target's memory map
for more than half a percent of the time. Only the tiers that walk that map have a
walk: its duration, but no more than some times its processor time, because a
reading that had to wait for a busy core held nothing up while it waited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leakgui.formatting import format_duration
from leakgui.model.metric import Tier
from leakgui.texts import say

LONGEST_PERIOD_S = 60.0
MOST_WALL_SHARE = 0.005
LONGEST_WALK_S = 0.2
"""smaps_rollup stalls mmap in the target while it walks (measured: 54 to 120 ms for
4 GiB); beyond this the tier is not read at all."""
WALKS = frozenset((Tier.SHARES, Tier.MAPPINGS))
"""Tiers that hold the target's memory map while they are read."""
MOST_WAITING = 4.0
LEAST_THRIFT = 0.1
"""Nothing becomes more than ten times as rare because the whole costs too much."""
_WEIGHT = 0.3
"""Of the newest reading in the moving averages."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The shortest period of a tier, and its part of the whole cost."""

    floor_s: float
    part: float


RULES: Mapping[Tier, Rule] = {
    Tier.COUNTERS: Rule(0.0, 0.20),  # its floor is the interval that was chosen
    Tier.HANDLES: Rule(1.0, 0.25),
    Tier.SHARES: Rule(2.0, 0.35),
    Tier.MAPPINGS: Rule(1.0, 0.10),
    Tier.LIMITS: Rule(2.0, 0.10),
}


@dataclass(slots=True)
class _State:
    period_s: float
    due_s: float = 0.0
    cpu_s: float | None = None
    wall_s: float | None = None
    refusal: str = ""


class Cadence:
    """When each tier is read next; times are seconds on any one clock."""

    def __init__(self, interval_s: float, cost_share: float) -> None:
        """Begin with everything due at once.

        Args:
            interval_s: the period of the counters, and the shortest of the others.
            cost_share: the share of one core that all tiers together may use.
        """
        self._interval_s = interval_s
        self._cost_share = cost_share
        self._thrift = 1.0
        self._states = {tier: _State(self._floor_s(tier)) for tier in RULES}

    @property
    def periods_s(self) -> Mapping[Tier, float]:
        """Seconds between two readings of each tier that is read."""
        return {t: s.period_s for t, s in self._states.items() if not s.refusal}

    @property
    def skipped(self) -> Mapping[Tier, str]:
        """Tiers that are not read, and why."""
        return {t: s.refusal for t, s in self._states.items() if s.refusal}

    def due(self, now_s: float) -> tuple[Tier, ...]:
        """Return what is to be read at this tick, cheap tiers first.

        A tick may come a little early: half an interval counts as now.
        """
        soon_s = now_s + self._interval_s / 2
        return tuple(tier for tier, s in self._states.items() if s.due_s <= soon_s)

    def took(self, tier: Tier, at_s: float, cpu_s: float, wall_s: float) -> None:
        """Learn what a reading cost; a walk that is too long is the last one."""
        state = self._states[tier]
        state.cpu_s = _average(state.cpu_s, cpu_s)
        walk_s = min(wall_s, MOST_WAITING * cpu_s)
        state.wall_s = _average(state.wall_s, walk_s)
        wanted_s = max(
            self._floor_s(tier) / self._thrift,
            state.cpu_s / (self._cost_share * RULES[tier].part * self._thrift),
            state.wall_s / MOST_WALL_SHARE if tier in WALKS else 0.0,
        )
        longest_s = max(LONGEST_PERIOD_S, self._floor_s(tier))
        state.period_s = min(wanted_s, longest_s)
        state.due_s = at_s + state.period_s
        state.refusal = ""
        if tier is Tier.SHARES and state.wall_s > LONGEST_WALK_S:
            state.due_s = float("inf")
            state.refusal = say(
                "not sampled: one reading takes {time} and holds up the program",
                time=format_duration(state.wall_s),
            )

    def obey(self, measured_share: float) -> None:
        """Slow everything down where it costs more than was agreed, and back again.

        What a reading costs is only a part: keeping and writing it costs, too, and
        on a busy machine everything takes longer. ``measured_share`` is the share of
        one core that all threads of the recording used lately; NaN says nothing.
        """
        if measured_share > 0:
            ratio = self._cost_share / measured_share
            thrift = self._thrift * ratio**0.5
            self._thrift = min(max(thrift, LEAST_THRIFT), 1.0)

    def refuse(self, tier: Tier, at_s: float, reason: str) -> None:
        """Note that a tier could not be read; it is tried again in a minute."""
        self._states[tier].refusal = reason
        self._states[tier].due_s = at_s + LONGEST_PERIOD_S

    def ask_again(self, tier: Tier) -> None:
        """Read a tier at the next tick, whatever was learned about it."""
        self._states[tier] = _State(self._floor_s(tier))

    def _floor_s(self, tier: Tier) -> float:
        return max(RULES[tier].floor_s, self._interval_s)


def _average(before: float | None, newest: float) -> float:
    if before is None:
        return newest
    return before + _WEIGHT * (newest - before)
