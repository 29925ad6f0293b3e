"""The stack of plots as a person uses it: mouse, keys, legend, readout."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from leakgui.analysis.envelope import Envelope
from leakgui.charts.axes import ByteAxis
from leakgui.charts.plot_stack import PlotStack
from leakgui.charts.small_plot import SmallPlot
from leakgui.charts.source import RecordedSource
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.recording import Event, EventKind, TimeGap
from tests.ui.chart_sources import MIB, START, line, recording

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


class GrowingSource:
    """A live recording as the plots see it."""

    started_unix_s = START

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.gaps: list[TimeGap] = []
        self.elapsed_s = 0.0
        self._envelopes: dict[str, Envelope] = {}

    def keys(self):
        return tuple(self._envelopes)

    def envelope(self, key):
        return self._envelopes.get(key)

    def read(self, elapsed_s, **values):
        self.elapsed_s = elapsed_s
        for key, value in values.items():
            self._envelopes.setdefault(key, Envelope()).append(elapsed_s, value)


@pytest.fixture
def stack(qtbot):
    stack = PlotStack()
    stack.resize(1000, 640)
    qtbot.addWidget(stack)
    with qtbot.waitExposed(stack):
        stack.show()
    return stack


@pytest.fixture
def recorded(stack):
    stack.set_source(RecordedSource(recording()))
    QApplication.processEvents()
    return stack


def row(stack, key):
    return next(row for row in stack.rows if row.row.key == key)


def point(stack, elapsed_s, key="memory"):
    area = row(stack, key).plot.area()
    return QPoint(round(area.x_of(elapsed_s)), round(area.rect.center().y()))


def drag(stack, from_s, to_s, button=LEFT, modifier=Qt.KeyboardModifier.NoModifier):
    target = row(stack, "memory").plot.viewport()
    first, last = point(stack, from_s), point(stack, to_s)
    QTest.mousePress(target, button, modifier, first)
    for place in (first + QPoint(6 if to_s > from_s else -6, 0), last):
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(place),
            QPointF(target.mapToGlobal(place)),
            Qt.MouseButton.NoButton,
            button,
            modifier,
        )
        QApplication.sendEvent(target, event)
    QTest.mouseRelease(target, button, modifier, last)


def wheel(stack, at_s, notches, modifier=Qt.KeyboardModifier.NoModifier):
    target = row(stack, "memory").plot.viewport()
    place = QPointF(point(stack, at_s))
    event = QWheelEvent(
        place,
        QPointF(target.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(target, event)


def readings(stack, key="memory"):
    entries = row(stack, key).header.entries
    return {name: entry.reading for name, entry in entries.items()}


# --- what is shown -----------------------------------------------------------


def test_without_a_source_a_line_of_text_is_shown(stack):
    stack.set_source(None)
    assert row(stack, "memory").plot.decor.message
    assert stack.describe()


def test_before_the_first_reading_it_says_so(stack):
    stack.set_source(GrowingSource())
    decor = row(stack, "memory").plot.decor
    assert decor.message == "Waiting for the first reading"
    assert readings(stack) == {"rss_bytes": "n/a"}


def test_the_legend_lists_what_was_ever_above_zero(recorded):
    assert list(readings(recorded)) == ["rss_bytes", "pss_bytes", "uss_bytes"]
    assert list(readings(recorded, "handles")) == [
        *("handles", "handles_file", "handles_socket")
    ]


def test_latest_values_stand_in_the_legend(recorded):
    assert readings(recorded)["rss_bytes"] == "330 MiB"
    assert readings(recorded, "handles")["handles"] == "80"
    assert recorded.readout.text().startswith("Latest: ")


def test_what_is_denied_is_unknown_with_its_cause(recorded):
    entry = row(recorded, "memory").header.entries["pss_bytes"]
    assert entry.reading == "n/a"
    assert "needs permission" in entry.toolTip()


def test_a_kind_of_handle_appears_when_the_first_is_opened(stack):
    source = GrowingSource()
    source.read(0.0, handles=3, handles_socket=0)
    stack.set_source(source)
    assert list(readings(stack, "handles")) == ["handles"]
    source.read(0.1, handles=4, handles_socket=1)
    stack.refresh()
    assert list(readings(stack, "handles")) == ["handles", "handles_socket"]


def test_a_curve_can_be_hidden_and_the_axis_fits_the_rest(recorded):
    memory = row(recorded, "memory")
    low, _ = memory.plot.values
    assert low < 260 * MIB
    QTest.mouseClick(memory.header.entries["uss_bytes"], LEFT)
    assert "uss_bytes" not in memory.plot.curve_keys()
    assert readings(recorded)["uss_bytes"] == "280 MiB"
    assert memory.plot.values[0] > low


def test_more_metrics_come_from_the_menu(recorded):
    header = row(recorded, "memory").header
    (action,) = [a for a in header._menu.actions() if a.data() == "vms_bytes"]
    action.trigger()
    assert readings(recorded)["vms_bytes"] == "4.00 GiB"
    assert row(recorded, "memory").plot.values[1] > 4096 * MIB


def test_a_near_limit_is_a_line_and_a_far_one_an_arrow(recorded):
    ((near, near_text),) = row(recorded, "memory").plot.decor.limits
    ((far, far_text),) = row(recorded, "handles").plot.decor.limits
    assert near.is_in_sight
    assert near.value < row(recorded, "memory").plot.values[1]
    assert near_text == "limit 400 MiB · control group memory"
    assert not far.is_in_sight
    assert far_text.startswith("limit 1,024 ")
    assert far_text.endswith("↑")
    assert row(recorded, "handles").plot.values[1] < 200


def test_the_curve_is_broken_in_a_gap(recorded):
    curve = row(recorded, "memory").plot.curve("rss_bytes")
    times, values = curve.getData()
    (gap,) = row(recorded, "memory").plot.decor.gaps
    inside = (times > gap.from_s) & (times < gap.to_s)
    assert values[inside | (times == gap.from_s)].size
    assert np.isnan(values[inside]).all()


def test_rows_line_up_and_only_the_lowest_has_times(recorded):
    lefts = {r.plot.area().rect.left() for r in recorded.rows if r.is_open}
    assert len(lefts) == 1
    shown = [r.plot.time_axis.style["showValues"] for r in recorded.rows if r.is_open]
    assert shown == [False, False, True]


def test_a_row_folds_to_its_header_and_back(recorded):
    button = row(recorded, "threads").header._title
    QTest.mouseClick(button, LEFT)
    assert not recorded.is_row_open("threads")
    assert row(recorded, "threads").header.isVisible()
    assert row(recorded, "handles").plot.time_axis.style["showValues"]
    recorded.toggle_row("threads")
    assert recorded.is_row_open("threads")


def test_markers_have_flags_above_the_first_row_only(recorded):
    strips = [r.strip.isVisible() for r in recorded.rows]
    assert strips == [True, False, False, False, False]
    strip = row(recorded, "memory").strip
    area = row(recorded, "memory").plot.area()
    assert "Snapshot 1" in strip.tip_at(area.x_of(120.0))
    assert "ended" in strip.tip_at(area.x_of(599.0))
    assert strip.tip_at(area.x_of(450.0)) == ""


def test_overlays_are_aligned_at_their_own_start(recorded):
    earlier = recording(started_unix_s=START - 90_000)
    recorded.set_overlays([RecordedSource(earlier)])
    plot = row(recorded, "memory").plot
    faint = plot.curve("rss_bytes 0")
    assert faint.getData()[0][0] == plot.curve("rss_bytes").getData()[0][0]
    assert faint.opts["pen"].color().alpha() < 255
    recorded.set_overlays([])
    assert "rss_bytes 0" not in plot.curve_keys()


@pytest.mark.parametrize("dark", [False, True])
def test_colours_follow_the_theme_and_curves_are_painted(recorded, dark):
    recorded.set_dark(dark)
    QApplication.processEvents()
    image = recorded.grab().toImage()
    colors = {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(image.height())
    }
    style = row(recorded, "memory").plot.curve("rss_bytes").opts["pen"].color().name()
    assert style in colors
    assert row(recorded, "memory").plot.decor.ground.plot in colors


def test_description_says_what_is_seen(recorded):
    memory, handles, threads = recorded.describe().splitlines()
    assert "from 300 MiB to 330 MiB, rising steadily" in memory
    assert "from 20 to 80" in handles
    assert "level, no change" in threads
    assert row(recorded, "memory").plot.accessibleDescription() == memory


def test_decimal_units_everywhere(recorded):
    recorded.set_decimal(True)
    assert readings(recorded)["rss_bytes"] == "346 MB"
    assert "MB" in recorded.describe()
    assert "MiB" not in recorded.describe()


# --- mouse and keys ----------------------------------------------------------


def test_hovering_reads_out_every_row_in_its_fixed_place(recorded):
    QTest.mouseMove(row(recorded, "memory").plot.viewport(), point(recorded, 300.0))
    recorded.read_at(300.0)
    assert readings(recorded)["rss_bytes"] == "315 MiB"
    assert readings(recorded, "handles")["handles"] == "50"
    assert "5 min into the recording" in recorded.readout.text()
    crosshairs = {r.plot.decor.crosshair_s for r in recorded.rows if r.is_open}
    assert crosshairs == {300.0}
    QApplication.sendEvent(
        row(recorded, "memory").plot.viewport(), QEvent(QEvent.Type.Leave)
    )
    assert readings(recorded)["rss_bytes"] == "330 MiB"
    assert row(recorded, "handles").plot.decor.crosshair_s is None


def test_in_a_gap_the_reading_is_unknown(recorded):
    recorded.read_at(215.0)
    assert readings(recorded)["rss_bytes"] == "n/a"
    assert readings(recorded, "handles")["handles"] == "42"


def test_dragging_zooms_in_and_a_double_click_goes_back(recorded, qtbot):
    with qtbot.waitSignals([recorded.range_chosen, recorded.following_changed]):
        drag(recorded, 400.0, 500.0)
    from_s, to_s = recorded.visible_range()
    assert (from_s, to_s) == (pytest.approx(400, abs=2), pytest.approx(500, abs=2))
    assert not recorded.is_following
    low, high = row(recorded, "memory").plot.values
    assert high - low < 200 * MIB
    viewport = row(recorded, "memory").plot.viewport()
    with qtbot.waitSignal(recorded.following_changed) as following:
        QTest.mouseDClick(viewport, LEFT, pos=point(recorded, 450.0))
    assert following.args == [True]
    assert recorded.visible_range()[0] == 0


def test_a_click_chooses_nothing(recorded):
    drag(recorded, 400.0, 400.0)
    assert recorded.is_following
    assert row(recorded, "memory").plot.decor.shade is None


def test_the_wheel_zooms_at_the_cursor(recorded):
    wheel(recorded, 300.0, 1)
    from_s, to_s = recorded.visible_range()
    assert to_s - from_s == pytest.approx(600 * 0.8, rel=0.01)
    assert (from_s + to_s) / 2 == pytest.approx(300, abs=2)
    wheel(recorded, 300.0, -9)
    assert recorded.visible_range()[0] == 0


def test_middle_drag_shift_wheel_and_arrows_pan(recorded):
    recorded.show_range(200.0, 300.0)
    drag(recorded, 250.0, 240.0, button=MIDDLE)
    after_drag = recorded.visible_range()[0]
    assert after_drag == pytest.approx(210, abs=2)
    wheel(recorded, 250.0, 1, SHIFT)
    assert recorded.visible_range()[0] == pytest.approx(after_drag - 10, abs=0.1)
    QTest.keyClick(recorded, Qt.Key.Key_Right)
    assert recorded.visible_range()[0] == pytest.approx(after_drag, abs=0.1)
    QTest.keyClick(recorded, Qt.Key.Key_Plus)
    from_s, to_s = recorded.visible_range()
    assert to_s - from_s == pytest.approx(50, abs=0.1)
    QTest.keyClick(recorded, Qt.Key.Key_End)
    assert recorded.is_following


def test_shift_drag_measures(recorded):
    drag(recorded, 300.0, 400.0, modifier=SHIFT)
    assert recorded.is_following
    span = row(recorded, "threads").plot.decor.shade
    assert span[1] - span[0] == pytest.approx(100, abs=2)
    assert readings(recorded)["rss_bytes"] in {"+4.98 MiB", "+5.00 MiB", "+5.02 MiB"}
    text = recorded.readout.text()
    assert text.startswith("1 min 4")
    assert "/min" in text
    assert "Handles +10" in text
    QTest.keyClick(recorded, Qt.Key.Key_Escape)
    assert row(recorded, "threads").plot.decor.shade is None
    assert readings(recorded)["rss_bytes"] == "320 MiB"


# --- live --------------------------------------------------------------------


def test_following_shows_new_readings_and_standing_still_does_not(stack):
    source = GrowingSource()
    for second in range(100):
        source.read(float(second), rss_bytes=(100 + second) * MIB)
    stack.set_source(source)
    stack.set_span(60)
    assert stack.visible_range()[1] >= 99
    stack.pan(-0.2)
    where = stack.visible_range()
    for second in range(100, 200):
        source.read(float(second), rss_bytes=(100 + second) * MIB)
    stack.refresh()
    assert stack.visible_range() == where
    assert readings(stack)["rss_bytes"] == "299 MiB"
    stack.back_to_live()
    assert stack.visible_range()[1] >= 199


def test_a_spike_survives_at_every_zoom(stack):
    source = GrowingSource()
    for tenth in range(20_000):
        value = 900 * MIB if tenth == 7777 else 100 * MIB
        source.read(tenth / 10, rss_bytes=value)
    stack.set_source(source)
    for span in (None, 1800.0):
        stack.set_span(span)
        _, values = row(stack, "memory").plot.curve("rss_bytes").getData()
        assert values.max() == 900 * MIB
        assert len(values) < 6 * 1000


def test_a_step_marked_while_running_is_drawn(stack):
    source = GrowingSource()
    source.read(1.0, rss_bytes=MIB)
    stack.set_source(source)
    assert row(stack, "memory").strip.isHidden()
    source.events.append(Event(kind=EventKind.STEP, elapsed_s=0.5, number=1))
    stack.refresh()
    assert row(stack, "memory").plot.decor.markers == [0.5]
    assert not row(stack, "memory").strip.isHidden()


def test_a_closed_row_draws_nothing(recorded):
    assert row(recorded, "mappings").plot.curve_keys() == ()


# --- the small plot ----------------------------------------------------------


def test_the_small_plot_shades_what_was_judged(qtbot):
    plot = SmallPlot(METRIC_BY_KEY["rss_bytes"])
    qtbot.addWidget(plot)
    plot.resize(500, 150)
    plot.set_data(line(6000, 300 * MIB, 330 * MIB), 100.0, 500.0, START)
    plot.set_dark(True)
    assert plot.plot.decor.shade == (100.0, 500.0)
    area = plot.plot.area()
    assert area.from_s < 100
    assert area.to_s > 500
    assert "rising steadily" in plot.accessibleDescription()
    assert isinstance(plot.grab().toImage(), QImage)


def test_the_small_plot_of_nothing_says_so(qtbot):
    plot = SmallPlot(METRIC_BY_KEY["rss_bytes"])
    qtbot.addWidget(plot)
    plot.set_data(line(0, 0, 0), 0.0, 1.0, START)
    assert plot.plot.decor.message == "No readings"


@pytest.mark.parametrize("span", [(0.6, 13.9), (3.0, 95.0), (17.0, 24.9), (40.1, 59.9)])
@pytest.mark.parametrize("pixels", [30, 44, 60])
def test_a_low_plot_has_a_number_on_its_axis(qapp, span, pixels):
    axis = ByteAxis()
    low, high = (value * MIB for value in span)
    ((step, values),) = axis.tickValues(low, high, pixels)
    assert any(low < value < high for value in values)
    assert all(axis.tickStrings(values, 1.0, step))
