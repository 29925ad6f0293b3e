"""What a copy is said to cost, and what is said to be missing in it."""

from __future__ import annotations

import os
from array import array

import pytest

from leakgui.probe.freezing import estimate as estimating
from leakgui.probe.freezing.assembling import _find_gaps
from leakgui.probe.freezing.estimate import Measured, estimate
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.order import Report
from leakgui.probe.freezing.pagemap import PRESENT, SWAPPED, Runs, no_runs
from leakgui.probe.freezing.plan import SWAPPED_BYTES_PER_S, Plan, make_plan
from leakgui.probe.platform import current

pytestmark = pytest.mark.skipif(current().name != "linux", reason="copies on Linux")
MIB = 1 << 20


def plan_of(present: int, swapped: int) -> Plan:
    edges = array("Q", (0, present, present + swapped))
    runs = Runs(edges[:-1], edges[1:], array("Q", (PRESENT, SWAPPED)))
    return Plan([], [], runs, no_runs())


@pytest.fixture(autouse=True)
def _measured(monkeypatch):
    monkeypatch.setattr(estimating, "bytes_per_s", lambda: 2e9)


def ask(present: int, swapped: int, hidden: int = 0):
    key = current().find_key(os.getpid())
    measured = Measured(plan_of(present, swapped), hidden)
    return estimate(key, measured, may_fork=False)


def test_swapped_pages_come_back_as_slowly_as_from_a_disk():
    quick, slow = ask(200 * MIB, 0), ask(100 * MIB, 100 * MIB)
    assert quick.copy_bytes == slow.copy_bytes == 200 * MIB
    expected_ms = 1000 * 100 * MIB * (1 / SWAPPED_BYTES_PER_S - 1 / 2e9)
    assert slow.paused_ms - quick.paused_ms == pytest.approx(expected_ms, rel=0.01)
    assert (quick.notes, "100 MiB" in slow.notes[0]) == ([], True)


def test_memory_is_counted_for_worker_and_target_too():
    assert ask(100 * MIB, 0).needs_bytes > 2 * 100 * MIB
    more = ask(50 * MIB, 50 * MIB).needs_bytes - ask(100 * MIB, 0).needs_bytes
    assert more == 50 * MIB


def test_hidden_shared_memory_is_copied_as_well():
    with_it, without = ask(MIB, 0, 10 * MIB), ask(MIB, 0)
    assert with_it.copy_bytes - without.copy_bytes == 10 * MIB
    assert with_it.paused_ms > without.paused_ms
    assert with_it.fork_paused_ms > without.fork_paused_ms


def report(**more: object) -> Report:
    empty = array("Q")
    values = {
        "maps": b"", "held": no_runs(), "failed": [], "unseen_bytes": 0,
        "resident_bytes": 0, "tids": empty, "registers": empty, "vectors": empty,
        "has_forked": False, "taken_unix_s": 0.0, "paused_s": 0.0, "notes": [],
    }  # fmt: skip
    return Report(**{**values, **more})


RESERVED = b"7f0000000000-7fff00000000 ---p 00000000 00:00 0 "
LARGE = b"7f0000000000-7fff00000000 rw-p 00000000 00:00 0 "


@pytest.mark.parametrize(("maps", "many"), [(RESERVED, 0), (LARGE, 1)])
def test_only_what_would_be_copied_is_missed_on_old_kernels(monkeypatch, maps, many):
    monkeypatch.setattr("leakgui.probe.freezing.assembling._lists_runs", lambda: False)
    plan = make_plan(MapsReader().parse(maps), no_runs())
    assert len(_find_gaps(plan, report())) == many


def test_shared_memory_that_was_not_seen_is_a_gap():
    plan = make_plan([], no_runs())
    ((where, reason, detail),) = _find_gaps(plan, report(unseen_bytes=MIB + 1))
    assert (where, reason, "2 MiB" in detail) == ("memory", "denied", True)
