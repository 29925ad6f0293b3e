"""Rules of the plots that need no window: ticks, ranges, times, colours, labels."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette

from leakgui.analysis.envelope import Strip
from leakgui.charts import palette, ticks
from leakgui.charts.curves import as_line, broken_at, is_slow
from leakgui.charts.limit_lines import limits_for
from leakgui.charts.markers import Marker, markers_of, place_labels, visible_markers
from leakgui.charts.rows import ROWS
from leakgui.charts.source import RecordedSource
from leakgui.charts.time_window import TimeWindow
from leakgui.charts.value_range import fitting_range, is_limit_in_sight, next_range
from leakgui.charts.window_palette import is_dark, window_palette
from leakgui.charts.wording import Wording, describe_curve, shape_of
from leakgui.model.metric import METRIC_BY_KEY, Unit
from leakgui.model.recording import Event, EventKind, TimeGap
from tests.ui.chart_sources import MIB, START, line, recording

SPANS = st.floats(1.0, 1e15)


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


# --- ticks -------------------------------------------------------------------


@given(st.integers(0, 10**15), SPANS, st.integers(1, 20))
def test_byte_ticks_are_few_whole_and_inside(low, span, most):
    found = ticks.byte_ticks(low, low + span, most)
    assert len(found.values) <= most + 1
    assert np.log2(found.step) % 1 == 0
    assert all(low <= value <= low + span for value in found.values)
    labels = ticks.byte_labels(found)
    assert len(set(labels)) == len(labels)


@given(st.floats(0, 1e12), SPANS, st.integers(1, 20), st.booleans())
def test_count_and_decimal_ticks_are_one_two_or_five(low, span, most, decimal):
    if decimal:
        found = ticks.byte_ticks(low, low + span, most, decimal=True)
    else:
        found = ticks.count_ticks(low, low + span, most)
    assert len(found.values) <= most + 1
    assert f"{found.step:.0e}"[0] in "125"
    assert found.step >= 1


def test_byte_labels_have_one_unit_and_no_decimal_prefix():
    found = ticks.byte_ticks(300 * MIB, 331 * MIB, 5)
    assert ticks.byte_labels(found) == [f"{n} MiB" for n in (304, 312, 320, 328)]
    assert ticks.byte_labels(ticks.Ticks(2.0**29, (2.0**30, 1.5 * 2**30))) == [
        "1.0 GiB",
        "1.5 GiB",
    ]
    assert ticks.byte_labels(ticks.Ticks(500e3, (0, 5e5)), decimal=True) == [
        "0",
        "500 kB",
    ]


def test_nothing_is_written_below_zero():
    assert ticks.byte_ticks(-4096, 4096, 8).values[0] == 0


def test_time_ticks_stand_at_round_local_times(berlin):
    found = ticks.time_ticks(START, START + 4 * 3600, 5)
    assert found.step == 3600
    labels = ticks.time_labels(found.values, found.step)
    assert labels == ["17:00", "18:00", "19:00", "20:00"]
    assert ticks.time_zone(START) == "CEST (UTC+02:00)"


def test_labels_show_seconds_or_the_date_where_they_matter(berlin):
    assert ticks.time_labels([START], 5) == ["16:13:20"]
    assert ticks.time_labels([START], 3600, with_date=True) == ["09-21 16:13"]
    assert ticks.time_labels([START], 86400, with_date=True) == ["2026-09-21"]
    assert ticks.time_labels([START + 0.5], 0.5) == ["16:13:20.5"]


# --- which values ------------------------------------------------------------


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_the_range_holds_the_data_with_room(first, second):
    low, high = sorted((first, second))
    for unit in (Unit.BYTES, Unit.COUNT):
        bottom, top = fitting_range(low, high, unit)
        assert bottom < low
        assert top > high


def test_a_flat_line_lies_in_the_middle_and_noise_is_not_blown_up():
    bottom, top = fitting_range(300 * MIB, 300 * MIB, Unit.BYTES)
    assert (bottom + top) / 2 == pytest.approx(300 * MIB)
    assert top - bottom > 3 * MIB


def test_the_range_is_kept_while_it_fits_and_is_filled():
    kept = (0.0, 100.0)
    assert next_range(kept, 10, 90, (5, 95)) == kept
    assert next_range(kept, 10, 101, (5, 110)) == (5, 110)
    assert next_range(kept, 40, 60, (38, 62)) == (38, 62)


def test_a_far_limit_does_not_flatten_the_curve():
    assert is_limit_in_sight(2048, 1800, 1900)
    assert not is_limit_in_sight(2048, 300, 331)
    assert not is_limit_in_sight(800, 300, 331)
    assert is_limit_in_sight(800, 20, 331)


def test_of_far_limits_only_the_nearest_is_named():
    lines = limits_for(RecordedSource(recording()), {"rss_bytes", "handles"}, 10, 80)
    assert [(line.value, line.is_in_sight) for line in lines] == [(1024.0, False)]


# --- which time --------------------------------------------------------------


def test_following_moves_in_steps_and_never_hides_the_newest():
    window, moves = TimeWindow(), 0
    window.set_span(600)
    for tenth in range(600, 20_000):
        moves += window.follow(tenth / 10)
        assert window.from_s <= tenth / 10 <= window.to_s
        assert window.shown_s <= 600
    assert 40 < moves < 100


def test_the_window_stands_still_after_the_user_moved_it():
    window = TimeWindow()
    window.follow(1000.0)
    window.pan(-0.1)
    where = window.from_s, window.to_s
    assert not window.is_following
    assert not window.follow(2000.0)
    assert (window.from_s, window.to_s) == where
    window.back_to_live()
    assert window.to_s >= 2000.0


@given(
    st.floats(1, 1e6),
    st.lists(
        st.one_of(
            st.tuples(st.just("zoom"), st.floats(0.01, 100), st.floats(-10, 1e6)),
            st.tuples(st.just("pan"), st.floats(-10, 10)),
        ),
        max_size=8,
    ),
)
def test_no_gesture_leaves_the_recording(elapsed, deeds):
    window = TimeWindow()
    window.follow(elapsed)
    for name, *values in deeds:
        getattr(window, name)(*values)
        assert window.from_s >= 0
        assert window.shown_s > 0.5


def test_zoom_keeps_the_moment_under_the_cursor():
    window = TimeWindow()
    window.follow(1000.0)
    window.show(100, 900)
    window.zoom(0.5, at_s=300.0)
    assert (window.from_s, window.to_s) == (200, 600)


# --- lines -------------------------------------------------------------------


def test_a_strip_becomes_one_line_through_every_low_and_high():
    strip = Strip(np.array([0.0, 1.0]), np.array([1.0, 2.0]), np.array([5.0, 2.0]))
    times, values = as_line(strip)
    assert times.tolist() == [0, 0, 1, 1]
    assert values.tolist() == [1, 5, 2, 2]


def test_slow_readings_are_steps_that_do_not_lead_into_a_gap():
    levels = np.array([5.0, 7.0, np.nan, 9.0])
    strip = Strip(np.array([0.0, 2.0, 10.0, 20.0]), levels, levels)
    times, values = as_line(strip, in_steps=True)
    assert times.tolist() == [0, 2, 2, 2, 10, 20, 20]
    expected = [5, 5, 7, 7, np.nan, np.nan, 9]
    assert np.array_equal(values, expected, equal_nan=True)


def test_one_slow_reading_is_one_point():
    one = np.array([5.0])
    times, values = as_line(Strip(np.array([1.0]), one, one), in_steps=True)
    assert (times.tolist(), values.tolist()) == ([1], [5])


@pytest.mark.parametrize(
    ("key", "slow"), [("rss_bytes", False), ("uss_bytes", True), ("handles_file", True)]
)
def test_which_readings_are_slow(key, slow):
    assert is_slow(key) == slow


def test_no_line_crosses_a_gap():
    gap = TimeGap(from_s=1.0, to_s=4.0, metrics=(), cause="asleep")
    times = np.array([0.0, 1.0, 5.0])
    _, values = broken_at(times, times, [gap])
    assert np.array_equal(values, [0, 1, np.nan, 5], equal_nan=True)
    assert broken_at(times, times, [])[1] is times


# --- markers -----------------------------------------------------------------


def test_labels_never_overlap_and_the_end_has_its_place():
    kinds = [EventKind.NOTE, EventKind.STEP, EventKind.SNAPSHOT, EventKind.TARGET_ENDED]
    markers = [Marker(kind, n, "x", "") for n, kind in enumerate(kinds)]
    lefts = place_labels(markers, [480, 485, 490, 498], [60, 30, 12, 40], 500)
    assert lefts == [None, None, None, 458]
    lefts = place_labels(markers, [0, 100, 200, 498], [60, 30, 12, 40], 500)
    assert lefts == [0, 100, 200, 458]


def test_ten_thousand_events_are_thinned_to_the_pixels():
    events = [
        Event(kind=EventKind.SNAPSHOT, elapsed_s=n / 10, number=n)
        for n in range(10_000)
    ]
    markers = markers_of(events, START)
    assert len(visible_markers(markers, 0, 1000, 300)) <= 301
    assert len(visible_markers(markers, 0, 1, 300)) == 11


def test_strangers_texts_are_escaped_and_cut():
    event = Event(kind=EventKind.NOTE, elapsed_s=1.0, text="a\n\x1b[31m" + "b" * 999)
    (marker,) = markers_of([event], START)
    assert marker.label.isprintable()
    assert len(marker.label) <= 24
    assert marker.tip.isprintable()


# --- words -------------------------------------------------------------------


def strip_of(series) -> Strip:
    return Strip(series.elapsed_s, series.value, series.value)


def test_a_curve_in_words(berlin):
    strip = strip_of(line(600, 312 * MIB, 331 * MIB, hz=1))
    text = describe_curve(METRIC_BY_KEY["rss_bytes"], strip, START, Wording())
    assert text == (
        "RSS, 9 min 59 s: from 312 MiB to 331 MiB, rising steadily, +1.90 MiB per "
        "min, highest 331 MiB at 16:23:19."
    )


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ([100.0] * 50, "level"),
        (range(100, 200), "rising steadily"),
        (range(200, 100, -1), "falling steadily"),
        ([100, 100, 100, 100, 100, 100, 200, 200], "rising"),
        ([100, 200] * 50, "rising and falling"),
    ],
)
def test_shapes(values, shape):
    array = np.array(list(values), dtype=float)
    assert shape_of(array, array) == shape


def test_decimal_units_are_never_mixed_with_binary_ones():
    words = Wording(decimal=True)
    assert words.value(2e6, Unit.BYTES) == "2.00 MB"
    assert words.change(-2e6, Unit.BYTES) == "−2.00 MB"
    assert words.rate(2e6, Unit.BYTES) == "+2.00 MB/s"


# --- colours -----------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
def test_lines_and_texts_can_be_told_from_their_ground(dark):
    ground = palette.ground(dark)
    for key, style in [*palette.STYLES.items(), ("limit", palette.LIMIT_STYLE)]:
        color = style.color(dark).name()
        assert palette.contrast(color, ground.plot) >= 3, key
    for code in (ground.text, ground.dim_text):
        assert palette.contrast(code, ground.plot) >= 4.5
    assert palette.contrast(ground.axis, ground.plot) >= 3
    assert palette.contrast(ground.plot, ground.marker) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_texts_of_the_window_can_be_read(dark):
    roles = QPalette.ColorRole
    colors = window_palette(dark)
    for text, ground in (
        (roles.WindowText, roles.Window),
        (roles.Text, roles.Base),
        (roles.Text, roles.AlternateBase),
        (roles.ButtonText, roles.Button),
        (roles.ToolTipText, roles.ToolTipBase),
        (roles.HighlightedText, roles.Highlight),
        (roles.Link, roles.Base),
        (roles.Link, roles.Window),
        (roles.PlaceholderText, roles.Base),
    ):
        names = colors.color(text).name(), colors.color(ground).name()
        assert palette.contrast(*names) >= 4.5, (text, ground)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_no_two_curves_of_a_plot_share_their_dashes(row):
    dashes = [palette.style_of(key).dashes for key in row.metrics]
    assert len(set(dashes)) == len(dashes)


def test_every_drawn_metric_has_a_style_and_the_unit_of_its_row():
    for row in ROWS:
        for key in row.metrics:
            assert key in palette.STYLES
            assert METRIC_BY_KEY[key].unit is row.unit


def test_an_unknown_scheme_is_light():
    scheme = Qt.ColorScheme
    assert not is_dark("system", scheme.Unknown)
    assert is_dark("system", scheme.Dark)
    assert is_dark("dark", scheme.Light)
    assert not is_dark("light", scheme.Dark)
