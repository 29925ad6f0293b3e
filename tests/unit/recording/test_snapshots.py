"""Snapshots that are taken by themselves leave the program alone in between."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from leakgui.recording.clock import RecordingClock
from leakgui.recording.heap_looking import HeapLooking
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.live import LiveRecording
from leakgui.recording.snapshots import SnapshotTaker
from tests.unit.heaps import heap
from tests.unit.recording.puppets import (
    TARGET,
    PuppetCopy,
    PuppetHelper,
    PuppetWorker,
)


class SlowHelper(PuppetHelper):
    def __init__(self, cost_ms: float) -> None:
        super().__init__()
        self.cost_ms = cost_ms

    def take_snapshot(self, key, **knobs):
        return replace(super().take_snapshot(key, **knobs), cost_ms=self.cost_ms)


@pytest.mark.parametrize(
    ("cost_ms", "pause_s"), [(5.0, 1.0), (100.0, 1.0), (600.0, 6.0)]
)
def test_at_most_a_tenth_of_the_time_is_spent_on_them(cost_ms, pause_s):
    kept, clock = [], RecordingClock()
    clock.stop()
    live = LiveRecording(TARGET, clock)
    heaps = HeapLooking(SlowHelper(cost_ms), PuppetWorker())
    taker = SnapshotTaker(live, heaps, kept.append)
    taker.take("").result(10)  # asked for: it only tells what one costs
    begun_s, steps = live.elapsed_s + pause_s, (-0.5, 0.5, pause_s - 0.5, pause_s + 1)
    for number, (after_s, expected) in enumerate(zip(steps, (1, 2, 2, 3), strict=True)):
        taker.take_when_due(begun_s + after_s, 1.0)
        taker.take(f"asked for {number}").result(10)  # behind the one before
        assert len(kept) - number - 1 == expected
    taker.close()


class HandClock(RecordingClock):
    """Shows what it is set to."""

    now_s = 0.0

    def elapsed_s(self) -> float:
        return self.now_s


def taken_by_itself(paused_ms):
    """Take automatic snapshots with the heap, a second apart, and give them all."""
    kept, clock = [], HandClock()
    live, helper = LiveRecording(TARGET, clock), PuppetHelper()
    helper.copies = [PuppetCopy(paused_ms) for _ in range(10)]
    heaps = HeapLooking(helper, PuppetWorker(heap(groups=[])))
    taker = SnapshotTaker(live, heaps, kept.append)
    for second in range(1, 10):
        clock.now_s = 1.001 * second
        taker.take_when_due(clock.now_s, 1.0, HeapWish())
        taker.take("asked for").result(10)
    taker.close()
    return [snapshot for snapshot in kept if snapshot.name != "asked for"]


def test_the_program_stands_still_for_at_most_half_a_percent_of_the_time():
    quick, slow = taken_by_itself(paused_ms=5.0), taken_by_itself(paused_ms=20.0)
    assert [one.heap is not None for one in quick] == [True] * 9
    # 20 ms are half a percent of 4 s; in between the rest is looked at.
    heaps = [one.heap is not None for one in slow]
    assert heaps == [True, *[False] * 3, True, *[False] * 3, True]


def test_the_newest_heap_can_be_described_until_the_end():
    live = LiveRecording(TARGET, RecordingClock())
    heaps = HeapLooking(PuppetHelper(), PuppetWorker(heap(groups=[])))
    taker = SnapshotTaker(live, heaps, lambda _: None)
    assert taker.heap_number is None
    taker.take("", HeapWish()).result(10)
    taker.take("").result(10)
    assert taker.heap_number == 1
    taker.close()
    assert taker.heap_number is None
    assert heaps.worker.is_closed
    assert heaps.helper.is_closed


def test_loading_the_worker_is_not_what_a_look_costs():
    clock = HandClock()
    live = LiveRecording(TARGET, clock)
    worker = PuppetWorker(heap(groups=[]))
    worker.before = lambda: time.sleep(0.3)
    helper = PuppetHelper()
    helper.copies = [PuppetCopy(paused_ms=1.0) for _ in range(3)]
    taker = SnapshotTaker(live, HeapLooking(helper, worker), lambda _: None)
    for now_s, expected in ((1.1, 1), (2.2, 2), (3.3, 2), (6.0, 3)):
        clock.now_s = now_s
        taker.take_when_due(now_s, 1.0, HeapWish(confirm_after_s=0))
        until_idle(taker)
        assert len(worker.asked) == expected, now_s
    taker.close()


def until_idle(taker):
    deadline_s = time.monotonic() + 10
    while taker.is_busy:
        assert time.monotonic() < deadline_s
        time.sleep(0.005)
