"""Choose other keys for the actions."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFormLayout, QKeySequenceEdit, QScrollArea, QWidget

from leakgui.ui.actions import ACTIONS, chosen_keys, tr


class KeysEditor(QScrollArea):
    """One row for each action; an empty field means no key."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._editors: dict[str, QKeySequenceEdit] = {}
        inside = QWidget()
        form = QFormLayout(inside)
        for row in ACTIONS:
            editor = QKeySequenceEdit(QKeySequence(chosen_keys(row)))
            editor.setClearButtonEnabled(True)
            editor.setMaximumSequenceLength(1)
            self._editors[row.key] = editor
            form.addRow(tr(row.text), editor)
        self.setWidget(inside)

    def duplicates(self) -> list[str]:
        """Return keys that were given to more than one action."""
        keys = [self._text(row.key) for row in ACTIONS if self._text(row.key)]
        return sorted({key for key in keys if keys.count(key) > 1})

    def save(self) -> None:
        """Keep what differs from the table; what is as in the table is forgotten."""
        settings = QSettings()
        for row in ACTIONS:
            text = self._text(row.key)
            if QKeySequence(text) == QKeySequence(row.shortcut):
                settings.remove(f"keys/{row.key}")
            else:
                settings.setValue(f"keys/{row.key}", text)

    def _text(self, key: str) -> str:
        sequence = self._editors[key].keySequence()
        return sequence.toString(QKeySequence.SequenceFormat.PortableText)
