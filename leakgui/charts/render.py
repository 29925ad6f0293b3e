"""The plots of a recording drawn off-screen, on white, as PNG or SVG."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QCoreApplication, QIODevice, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter, QPalette
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from leakgui.charts.plot_stack import PlotStack
from leakgui.charts.source import RecordedSource
from leakgui.charts.ticks import clock, time_zone
from leakgui.charts.window_palette import window_palette
from leakgui.formatting import format_duration, target_title
from leakgui.model.recording import Recording
from leakgui.texts import say

View = tuple[float, float]
"""The part of time to draw, in elapsed seconds."""

LEAST_WIDTH = 640
_ROW_HEIGHT = 170
_HEAD_HEIGHT = 96
_DOTS_PER_METRE = 3780  # 96 dots an inch, Qt's own idea of a pixel
_made: list[QApplication] = []


def ensure_application() -> None:
    """Start Qt without a screen where nobody has started it.

    A command that only writes a file needs no display, and a display that cannot
    be reached would end the process.
    """
    if QGuiApplication.instance() is None:
        _made.append(QApplication(["leakgui", "-platform", "offscreen"]))
        _made[0].setStyle("Fusion")


class Sheet(QWidget):
    """A page with a title, the span, and every plot that has data."""

    def __init__(
        self, recording: Recording, view: View | None, title: str, width: int
    ) -> None:
        super().__init__()
        self._recording = recording
        palette = window_palette(dark=False)
        palette.setColor(QPalette.ColorRole.Window, Qt.GlobalColor.white)
        self.setPalette(palette)
        self.stack = PlotStack()
        self._lay_out(title or _default_title(recording))
        source = RecordedSource(recording)
        self.stack.set_source(source)
        self.stack.set_line_width(1)
        rows = self.stack.open_what_has_data()
        self.resize(max(width, LEAST_WIDTH), _HEAD_HEIGHT + rows * _ROW_HEIGHT)
        self._settle()
        self.stack.set_span(None)  # fits the values to the size that it has now
        if view is not None:
            self.stack.show_range(*view)
            self.stack.read_at(self.stack.visible_range()[1])
        self._span.setText(self._span_text())
        self.stack.refresh()
        self._settle()

    def _settle(self) -> None:
        """Let layouts happen now; a first drawing sends everything its size."""
        self.render(QImage(self.size(), QImage.Format.Format_RGB32))
        QCoreApplication.sendPostedEvents(None, 0)

    def _lay_out(self, title: str) -> None:
        heading = QLabel(title)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        font = heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        font.setBold(True)
        heading.setFont(font)
        heading.setContentsMargins(4, 0, 4, 0)
        self._span = QLabel()
        self._span.setContentsMargins(4, 0, 4, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(2)
        column.addWidget(heading)
        column.addWidget(self._span)
        column.addWidget(self.stack, 1)

    def _span_text(self) -> str:
        from_s, to_s = self.stack.visible_range()
        start = self._recording.started_unix_s
        first, last = start + from_s, start + to_s
        day = clock(first, with_date=True).split(" ")[0]
        has_other_day = day not in clock(last, with_date=True)
        return say(
            "{first} – {last} {zone} · {span} · KiB, MiB, GiB count 1024",
            first=clock(first, with_date=True),
            last=clock(last, with_date=has_other_day),
            zone=time_zone(first),
            span=format_duration(round(to_s - from_s, 1)),
        )


def _default_title(recording: Recording) -> str:
    return target_title(recording.target)


def render_png(
    recording: Recording,
    *,
    scale: int = 1,
    view: View | None = None,
    title: str = "",
    width: int = 1280,
) -> bytes:
    """Return the plots as a PNG, ``width`` times ``scale`` pixels wide."""
    ensure_application()
    sheet = Sheet(recording, view, title, width)
    sheet.stack.set_line_width(scale)
    image = QImage(sheet.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.setDotsPerMeterX(_DOTS_PER_METRE * scale)
    image.setDotsPerMeterY(_DOTS_PER_METRE * scale)
    image.fill(Qt.GlobalColor.white)
    sheet.render(image)
    buffer = _buffer()
    QImageWriter(buffer, b"png").write(image)
    _close(sheet)
    return bytes(buffer.data().data())


def render_svg(
    recording: Recording,
    *,
    view: View | None = None,
    title: str = "",
    width: int = 1280,
) -> bytes:
    """Return the plots as an SVG with a description for those who cannot see it."""
    ensure_application()
    sheet = Sheet(recording, view, title, width)
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(sheet.logicalDpiX())  # its own is 72, fonts would shrink
    generator.setSize(sheet.size())
    generator.setViewBox(QRect(QPoint(0, 0), sheet.size()))
    generator.setTitle(title or _default_title(recording))
    generator.setDescription(sheet.stack.describe())
    painter = QPainter(generator)
    sheet.render(painter, QPoint(0, 0))
    painter.end()
    _close(sheet)
    return bytes(buffer.data().data())


def describe(recording: Recording, view: View | None = None) -> str:
    """Say in words what the plots show, one sentence a plot."""
    ensure_application()
    sheet = Sheet(recording, view, "", LEAST_WIDTH)
    text = sheet.stack.describe()
    _close(sheet)
    return text


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def _close(sheet: Sheet) -> None:
    sheet.close()
    sheet.deleteLater()
