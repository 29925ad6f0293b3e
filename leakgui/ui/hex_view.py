"""The contents of a block, as many bytes a line as there is room for."""

from __future__ import annotations

from PySide6.QtGui import QFontDatabase, QResizeEvent
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
        # Room for a line, the margins of the page and the scroll bar.
        self.setMinimumWidth(dump_columns(NARROW) * self._letter() + 32)

    def show_content(self, content: bytes) -> None:
        """Show other bytes."""
        self._content = content
        self._write()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._write()

    def _letter(self) -> int:
        return self.fontMetrics().horizontalAdvance("0")

    def _write(self) -> None:
        room = self.viewport().width() - 2 * self.document().documentMargin()
        width = WIDE if dump_columns(WIDE) * self._letter() <= room else NARROW
        text = hex_dump(self._content, width)
        if text != self.toPlainText():
            self.setPlainText(text)
