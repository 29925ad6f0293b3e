"""Elapsed time never runs backwards, whatever happens to the wall clock."""

from __future__ import annotations

import time

from leakgui.recording.clock import RecordingClock


def test_a_new_clock_begins_at_zero_and_stands_still_when_told():
    clock = RecordingClock()
    assert 0 <= clock.elapsed_s() < 1
    clock.stop()
    assert clock.elapsed_s() == clock.elapsed_s()


def test_times_are_whole_milliseconds():
    value = RecordingClock().elapsed_s()
    assert value == round(value * 1000) / 1000


def test_going_on_counts_from_the_first_start():
    assert 99 < RecordingClock(time.time() - 100).elapsed_s() < 102


def test_a_wall_clock_that_was_set_back_does_not_turn_time_back():
    clock = RecordingClock(time.time() + 3600)
    assert clock.elapsed_s() < 1
    clock.start_after(50.0)
    assert clock.elapsed_s() >= 50.0
    clock.start_after(10.0)
    assert clock.elapsed_s() >= 50.0
