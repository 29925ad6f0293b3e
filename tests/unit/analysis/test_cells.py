"""Cells: the same samples give the same cells, one by one or all at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.analysis.cells import MOST_CELLS, Cells, CellStream
from leakgui.model.recording import Series

steps = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=10**7),
        st.floats(-1e15, 1e15) | st.just(float("nan")) | st.just(float("inf")),
    ),
    max_size=300,
)


def series(elapsed_s, value) -> Series:
    return Series(np.array(elapsed_s, float), np.array(value, float))


def same(one: Cells, other: Cells) -> bool:
    return (
        (one.from_s, one.last_s, one.width_s)
        == (
            other.from_s,
            other.last_s,
            other.width_s,
        )
        and np.array_equal(one.low, other.low, equal_nan=True)
        and np.array_equal(one.mean, other.mean, equal_nan=True)
        and np.array_equal(one.high, other.high, equal_nan=True)
        and np.array_equal(one.count, other.count)
    )


@given(steps, st.integers(0, 10**6))
@settings(deadline=None)
def test_batch_and_stream_agree(gaps: list[tuple[int, float]], first_ms: int) -> None:
    elapsed_ms = first_ms + np.cumsum([gap for gap, _ in gaps], dtype=np.int64)
    made = series(elapsed_ms / 1000, [value for _, value in gaps])
    stream = CellStream()
    for moment, value in zip(made.elapsed_s, made.value, strict=True):
        stream.append(float(moment), float(value))
    assert same(stream.cells(), Cells.of(made))
    assert len(stream.cells()) <= MOST_CELLS


def test_a_long_stream_keeps_its_memory_and_all_samples() -> None:
    elapsed_s = np.arange(0, 5000, 0.5)
    cells = Cells.of(series(elapsed_s, elapsed_s))
    assert len(cells) <= MOST_CELLS
    assert cells.samples == len(elapsed_s)
    assert cells.width_s == pytest.approx(0.1 * 2**5)
    assert cells.span_s == pytest.approx(4999.5)
    assert cells.low[0] == 0
    assert cells.high[-1] == 4999.5


def test_a_cell_holds_least_mean_and_greatest() -> None:
    cells = Cells.of(series([5.0, 5.04, 5.08, 5.3], [1, 2, 6, 9]))
    assert cells.from_s == 5.0
    assert cells.count.tolist() == [3, 0, 0, 1]
    assert (cells.low[0], cells.mean[0], cells.high[0]) == (1, 3, 6)
    assert np.isnan(cells.mean[1])


def test_unusable_samples_are_skipped() -> None:
    cells = Cells.of(series([0, 1, 2, 3, 1e12], [np.nan, 5, np.inf, 7, 8]))
    assert cells.samples == 2
    assert (cells.from_s, cells.last_s) == (1.0, 3.0)


def test_samples_may_come_in_portions() -> None:
    elapsed_s = np.arange(0, 900, 0.25)
    stream = CellStream()
    stream.extend(elapsed_s[:700], elapsed_s[:700])
    stream.extend(elapsed_s[700:], elapsed_s[700:])
    assert same(stream.cells(), Cells.of(series(elapsed_s, elapsed_s)))


def test_nothing_measured_makes_no_cells() -> None:
    cells = Cells.of(series([], []))
    assert len(cells) == 0
    assert cells.samples == 0
    assert len(cells.blocks(10)) == 0
    assert cells.missing_share == 0.0
    assert cells.until(5.0) is cells


def test_until_is_the_record_that_stopped_then() -> None:
    elapsed_s = np.arange(0, 20, 0.1)
    whole = Cells.of(series(elapsed_s, elapsed_s))
    part = whole.until(10.0)
    assert len(part) == 100
    assert part.last_s == pytest.approx(10.0)
    assert part.high[-1] < 10
    assert len(whole.until(-1.0)) == 0
    assert whole.until(100.0) is whole


def test_until_drops_empty_cells_at_its_end() -> None:
    cells = Cells.of(series([0.0, 1.0, 9.0], [1, 2, 3]))
    assert cells.until(5.0).last_s == pytest.approx(1.1)


def test_blocks_join_cells_and_drop_empty_ones() -> None:
    cells = Cells.of(series([0.0, 0.1, 0.2, 0.3, 9.9], [4, 2, 6, 8, 5]))
    blocks = cells.blocks(50)
    assert len(blocks) == 3
    assert blocks.low.tolist() == [2, 6, 5]
    assert blocks.high.tolist() == [4, 8, 5]
    assert blocks.mean.tolist() == [3, 7, 5]
    assert blocks.middle_s[0] == pytest.approx(0.1)


def test_missing_time_is_what_lies_in_long_holes() -> None:
    whole = Cells.of(series(np.arange(0, 60, 0.1), np.ones(600)))
    assert whole.missing_share == 0.0
    late = np.concatenate([np.arange(0, 20, 0.1), np.arange(40, 60, 0.1)])
    assert Cells.of(series(late, np.ones(len(late)))).missing_share == pytest.approx(
        1 / 3, abs=0.02
    )


def test_levels_between_cells_are_straight_lines() -> None:
    cells = Cells.of(series([0.0, 10.0], [100, 200]))
    assert cells.level_at(np.array([5.05]))[0] == pytest.approx(150)
    assert cells.first_above(150) == pytest.approx(10.05)
    assert cells.first_above(1000) == 10.0
