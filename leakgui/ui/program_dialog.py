"""Ask for a program to start."""

from __future__ import annotations

import shlex

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)


class ProgramDialog(QDialog):
    """A command line, split as a shell would split it; no shell runs it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Start a program"))
        self.setMinimumWidth(520)
        self._line = QLineEdit()
        self._line.setPlaceholderText("python3 server.py --port 8080")
        self._line.textChanged.connect(self._check)
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText(self.tr("Start and watch"))
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(QLabel(self.tr("Command and arguments:")))
        column.addWidget(self._line)
        column.addWidget(self._note)
        column.addWidget(self._buttons)
        self._check("")

    def command(self) -> list[str]:
        """Return the words of the command."""
        return shlex.split(self._line.text())

    def _check(self, _: str) -> None:
        try:
            words = self.command()
        except ValueError:
            words = []
            note = self.tr("A quotation mark is not closed.")
        else:
            note = self.tr(
                "The program is watched from its first moment, and its exit code is "
                "kept. It runs on when leakgui is closed."
            )
        self._note.setText(note)
        self._ok.setEnabled(bool(words))
