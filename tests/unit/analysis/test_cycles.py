"""Turning points."""

from __future__ import annotations

import numpy as np
import pytest

from leakgui.analysis.cells import Cells
from leakgui.analysis.cycles import find_turns
from leakgui.model.recording import Series


def cells(*values: float) -> Cells:
    return Cells.of(Series(np.arange(len(values)) / 10, np.array(values, float)))


def test_a_low_point_needs_a_fall_before_and_a_rise_after() -> None:
    turns = find_turns(cells(0, 10, 2, 12, 4, 5), 6)
    assert turns.trough.tolist() == [2]
    assert turns.peak.tolist() == [10]
    assert turns.trough_s[0] == pytest.approx(0.25)


def test_wiggles_below_the_threshold_are_ignored() -> None:
    assert len(find_turns(cells(0, 10, 9, 11, 10, 12), 3)) == 0
    assert len(find_turns(cells(0, 1, 2, 3), 0)) == 0


def test_the_lowest_of_a_long_fall_counts() -> None:
    turns = find_turns(cells(20, 15, 10, 5, 1, 15, 30, 2, 30), 8)
    assert turns.trough.tolist() == [1, 2]
    assert turns.period_s == pytest.approx(0.3)


def test_falls_and_rises_are_compared() -> None:
    saw = [0, 1, 2, 3, 4] * 6
    assert find_turns(cells(*saw), 2).falls_faster == pytest.approx(4)
    assert find_turns(cells(0, 5, 0, 5), 2).falls_faster == 0
    assert np.isnan(find_turns(cells(0, 5, 0, 5), 2).period_s)


def test_nothing_measured_never_turns() -> None:
    assert len(find_turns(cells(), 1)) == 0
