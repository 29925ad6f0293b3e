"""Choose a practice target: a small program whose trouble is known."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from leakgui.demo.catalogue import TARGETS
from leakgui.texts import say

_NAME = Qt.ItemDataRole.UserRole


class PracticeDialog(QDialog):
    """Each target says truthfully what it does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Try a practice leak"))
        self.resize(640, 520)
        self._list = QListWidget()
        self._list.setAlternatingRowColors(True)
        self._list.setSpacing(3)
        self._list.setWordWrap(True)
        for target in TARGETS:
            item = QListWidgetItem(f"{say(target.title)}\n{say(target.what)}")
            item.setData(_NAME, target.name)
            self._list.addItem(item)
        self._list.setCurrentRow(0)
        self._list.itemDoubleClicked.connect(self.accept)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        start = buttons.button(QDialogButtonBox.StandardButton.Ok)
        start.setText(self.tr("Start and watch"))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        intro = QLabel(
            self.tr(
                "These programs belong to leakgui. They misbehave within bounds that "
                "do not harm the machine, and end by themselves."
            )
        )
        intro.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addWidget(intro)
        column.addWidget(self._list, 1)
        column.addWidget(buttons)

    def chosen_name(self) -> str:
        """Return the name of the chosen target."""
        item = self._list.currentItem()
        return str(item.data(_NAME))
