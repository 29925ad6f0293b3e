"""Watching slows itself down before it costs more than was agreed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import Tier
from leakgui.recording.cadence import RULES, Cadence


def test_everything_is_read_at_once_and_cheap_things_first():
    assert Cadence(0.1, 0.01).due(0.0) == tuple(RULES)
    assert next(iter(RULES)) is Tier.COUNTERS


def test_the_shares_are_the_whole():
    assert sum(rule.part for rule in RULES.values()) == pytest.approx(1.0)


def test_cheap_tiers_are_read_at_their_floor():
    cadence = Cadence(0.1, 0.01)
    for tier in RULES:
        cadence.took(tier, 0.0, 1e-6, 1e-6)
    assert dict(cadence.periods_s) == {
        Tier.COUNTERS: 0.1,
        Tier.HANDLES: 1.0,
        Tier.SHARES: 2.0,
        Tier.MAPPINGS: 1.0,
        Tier.LIMITS: 2.0,
    }
    assert cadence.due(0.0) == ()
    assert cadence.due(0.1) == (Tier.COUNTERS,)
    assert Tier.HANDLES in cadence.due(0.96)
    assert Tier.HANDLES not in cadence.due(0.94)


@pytest.mark.parametrize(
    ("tier", "cpu_s", "period_s"),
    [
        (Tier.HANDLES, 0.085, 34.0),  # 20,000 handles
        (Tier.SHARES, 0.073, 0.073 / 0.0035),  # 6 GiB: every 21 s
        (Tier.MAPPINGS, 0.021, 21.0),  # 60,000 mappings
        (Tier.COUNTERS, 0.001, 0.5),
        (Tier.HANDLES, 10.0, 60.0),
    ],
)
def test_cost_makes_it_rarer(tier, cpu_s, period_s):
    cadence = Cadence(0.1, 0.01)
    cadence.took(tier, 5.0, cpu_s, 0.0)
    assert cadence.periods_s[tier] == pytest.approx(period_s)
    assert tier not in cadence.due(5.0 + period_s - 0.06)
    assert tier in cadence.due(5.0 + period_s)


def test_holding_up_the_target_makes_it_rarer_too():
    cadence = Cadence(0.1, 0.01)
    cadence.took(Tier.SHARES, 0.0, 0.03, 0.1)
    assert cadence.periods_s[Tier.SHARES] == pytest.approx(20.0)


def test_what_costs_more_than_agreed_becomes_rarer_and_comes_back():
    cadence = Cadence(0.1, 0.01)
    for _ in range(20):
        cadence.obey(0.04)
        cadence.took(Tier.COUNTERS, 0.0, 1e-6, 1e-6)
    assert cadence.periods_s[Tier.COUNTERS] == pytest.approx(1.0)
    for _ in range(20):
        cadence.obey(0.002)
        cadence.took(Tier.COUNTERS, 0.0, 1e-6, 1e-6)
    assert cadence.periods_s[Tier.COUNTERS] == pytest.approx(0.1)


@pytest.mark.parametrize("share", [0.01, 0.0, float("nan")])
def test_what_costs_what_was_agreed_stays(share):
    cadence = Cadence(0.1, 0.01)
    cadence.obey(share)
    cadence.took(Tier.COUNTERS, 0.0, 1e-6, 1e-6)
    assert cadence.periods_s[Tier.COUNTERS] == pytest.approx(0.1)


def test_waiting_for_a_busy_core_holds_nothing_up():
    cadence = Cadence(0.1, 0.01)
    cadence.took(Tier.SHARES, 0.0, 0.0002, 0.1)
    assert cadence.periods_s[Tier.SHARES] == 2.0


def test_reading_links_of_handles_holds_nothing_up():
    cadence = Cadence(0.1, 0.01)
    cadence.took(Tier.HANDLES, 0.0, 0.001, 0.1)
    assert cadence.periods_s[Tier.HANDLES] == 1.0


def test_a_walk_of_more_than_200_ms_is_the_last():
    cadence = Cadence(0.1, 0.01)
    cadence.took(Tier.SHARES, 0.0, 0.24, 0.24)
    assert "240 ms" in cadence.skipped[Tier.SHARES]
    assert Tier.SHARES not in cadence.periods_s
    assert Tier.SHARES not in cadence.due(1e9)
    cadence.ask_again(Tier.SHARES)
    assert Tier.SHARES in cadence.due(0.0)
    assert not cadence.skipped


def test_one_slow_reading_of_many_is_forgiven():
    cadence = Cadence(0.1, 0.01)
    for _ in range(5):
        cadence.took(Tier.SHARES, 0.0, 0.0004, 0.0004)
    cadence.took(Tier.SHARES, 0.0, 0.0004, 0.4)
    assert not cadence.skipped


def test_what_is_refused_is_tried_again_in_a_minute():
    cadence = Cadence(0.1, 0.01)
    cadence.refuse(Tier.HANDLES, 0.0, "not allowed")
    assert cadence.skipped == {Tier.HANDLES: "not allowed"}
    assert Tier.HANDLES not in cadence.due(59.0)
    assert Tier.HANDLES in cadence.due(60.0)
    cadence.took(Tier.HANDLES, 60.0, 0.0, 0.0)
    assert not cadence.skipped


def test_a_slow_interval_is_the_floor_of_all():
    cadence = Cadence(10.0, 0.01)
    assert set(cadence.periods_s.values()) == {10.0}
    hourly = Cadence(3600.0, 0.01)
    hourly.took(Tier.HANDLES, 0.0, 9.0, 9.0)
    assert hourly.periods_s[Tier.HANDLES] == 3600.0


@given(
    costs=st.lists(
        st.tuples(st.sampled_from(list(Tier)), st.floats(0, 2), st.floats(0, 2)),
        max_size=50,
    ),
    interval_s=st.floats(0.02, 3600),
    share=st.floats(0.001, 0.2),
)
def test_periods_stay_between_floor_and_cap(costs, interval_s, share):
    cadence = Cadence(interval_s, share)
    for tier, cpu_s, wall_s in costs:
        cadence.took(tier, 0.0, cpu_s, wall_s)
    for tier, period_s in cadence.periods_s.items():
        least = max(RULES[tier].floor_s, interval_s)
        assert least <= period_s <= max(60.0, least)
