"""The contents of a block, as many bytes a line as there is room for."""

from __future__ import annotations

import math

from PySide6.QtGui import QFontDatabase, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from leakgui.ui.hex_dump import NARROW, WIDE, dump_columns, hex_dump


class HexView(QPlainTextEdit):
    """A dump that can be read and copied; written anew when its own width changes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = b""
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setAccessibleName(self.tr("Contents"))
        beside = 2 * self.frameWidth() + self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(self._width_of(NARROW) + beside)

    def show_content(self, content: bytes) -> None:
        """Show other bytes."""
        self._content = content
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _width_of(self, width: int) -> int:
        """Return what a line takes; letters can be wider than whole pixels."""
        line = QFontMetricsF(self.font()).horizontalAdvance("0" * dump_columns(width))
        return math.ceil(line + 2 * self.document().documentMargin())

    def _write(self) -> None:
        width = WIDE if self._width_of(WIDE) <= self.viewport().width() else NARROW
        text = hex_dump(self._content, width)
        if text != self.toPlainText():
            self.setPlainText(text)
