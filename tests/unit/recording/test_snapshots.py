"""Snapshots that are taken by themselves leave the program alone in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leakgui.recording.clock import RecordingClock
from leakgui.recording.live import LiveRecording
from leakgui.recording.snapshots import SnapshotTaker
from tests.unit.recording.puppets import TARGET, PuppetHelper


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
    taker = SnapshotTaker(live, SlowHelper(cost_ms), kept.append)
    taker.take("").result(10)  # asked for: it only tells what one costs
    begun_s, steps = live.elapsed_s + pause_s, (-0.5, 0.5, pause_s - 0.5, pause_s + 1)
    for number, (after_s, expected) in enumerate(zip(steps, (1, 2, 2, 3), strict=True)):
        taker.take_when_due(begun_s + after_s, 1.0)
        taker.take(f"asked for {number}").result(10)  # behind the one before
        assert len(kept) - number - 1 == expected
    taker.close()
