"""Where the process's memory is, in one bar and one line, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from leakgui.charts.filling import fill_area
from leakgui.charts.palette import fill_of, ground
from leakgui.charts.stacked_bar import Part, StackedBar
from leakgui.formatting import format_bytes, format_percent, printable
from leakgui.model.heap import Composition, Heap
from leakgui.model.snapshot import Snapshot
from leakgui.ui.cells import write_exact_bytes
from leakgui.ui.flow_layout import FlowLayout
from leakgui.ui.heap_words import heap_line, heap_troubles
from leakgui.ui.theme import Theme

MOST_TROUBLES = 3
"""The others are in the tooltip: the table needs the room."""


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("HeapSummary", text)


class HeapSummary(QWidget):
    """A bar that adds up to RSS, its legend with figures, and a line about the look."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.bar = StackedBar()
        self.bar.setAccessibleName(self.tr("Where the memory is"))
        self._legend = QWidget()
        self._flow = FlowLayout(self._legend, space=14)
        self._flow.setContentsMargins(0, 0, 0, 0)
        self.line = _text()
        self.troubles = _text()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.setSpacing(3)
        for widget in (self.line, self.bar, self._legend, self.troubles):
            column.addWidget(widget)
        theme.changed.connect(self._recolour)
        self._recolour(theme.is_dark)

    def show_heap(
        self, heap: Heap, snapshot: Snapshot, *, tells_why: bool = True
    ) -> None:
        """Show the figures of a heap, and what is missing in it."""
        self.line.setText(
            self.tr("Snapshot {number}: {line}").format(
                number=snapshot.number, line=heap_line(heap)
            )
        )
        self._show_composition(heap.composition, heap.resident_bytes)
        self._show_troubles(heap_troubles(snapshot) if tells_why else ())
        self.show()

    def entries(self) -> list[str]:
        """Return what the legend says, one text a part."""
        labels: list[QLabel] = self._legend.findChildren(QLabel, "legend text")
        return [label.text() for label in labels]

    def _show_composition(self, rows: Composition | None, resident: int) -> None:
        self._clear_legend()
        self.bar.setVisible(rows is not None)
        self._legend.setVisible(rows is not None)
        if rows is None:
            return
        parts = _parts(rows, resident)
        self.bar.set_parts(parts)
        shares = zip(parts, rows.label.as_list(), strict=True)
        for part, label in shares:
            if part.amount:
                self._flow.addWidget(self._entry(part, printable(label, most=40)))
        total = _text(tr("= RSS {size}").format(size=format_bytes(resident)))
        total.setObjectName("legend text")
        total.setWordWrap(False)
        self._flow.addWidget(total)

    def _entry(self, part: Part, label: str) -> QWidget:
        entry = QWidget()
        row = QHBoxLayout(entry)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        text = _text(f"{label} {format_bytes(part.amount)}")
        text.setObjectName("legend text")
        text.setWordWrap(False)
        row.addWidget(_Swatch(part.kind, self._theme))
        row.addWidget(text)
        entry.setToolTip(part.text)
        return entry

    def _clear_legend(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # It counts as a child until the event loop runs again.
                widget.setParent(None)
                widget.deleteLater()

    def _show_troubles(self, said: Sequence[str]) -> None:
        shown = list(said[:MOST_TROUBLES])
        if len(said) > MOST_TROUBLES:
            more = len(said) - MOST_TROUBLES
            shown.append(self.tr("… and {n} more: see the tooltip").format(n=more))
        self.troubles.setText("\n".join(f"▲ {text}" for text in shown))
        self.troubles.setToolTip("\n".join(said))
        self.troubles.setVisible(bool(said))

    def _recolour(self, dark: bool) -> None:
        self.bar.set_dark(dark)
        self._legend.update()


def _parts(rows: Composition, resident: int) -> list[Part]:
    columns = zip(
        rows.kind.as_list(), rows.label.as_list(), rows.bytes.tolist(), strict=True
    )
    return [
        Part(kind, float(size), _part_text(printable(label, most=40), size, resident))
        for kind, label, size in columns
    ]


def _part_text(label: str, size: int, resident: int) -> str:
    text = tr("{label}: {size} ({exact})")
    if resident:
        text = tr("{label}: {size} ({exact}), {share} of RSS")
    return text.format(
        label=label,
        size=format_bytes(size),
        exact=write_exact_bytes(size),
        share=format_percent(size / resident) if resident else "",
    )


class _Swatch(QWidget):
    """A small piece of the colour of a kind."""

    def __init__(self, kind: str, theme: Theme) -> None:
        super().__init__()
        self._kind, self._theme = kind, theme
        self.setFixedSize(QSize(12, 12))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        is_dark = self._theme.is_dark
        area = QRectF(QPointF(0, 0), self.size()).adjusted(0.5, 0.5, -0.5, -0.5)
        fill_area(painter, area, fill_of(self._kind), is_dark)
        painter.setPen(QColor(ground(is_dark).axis))
        painter.drawRect(area)


def _text(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
