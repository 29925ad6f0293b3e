"""Show a failure in the page it belongs to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from leakgui import __version__
from leakgui.errors import LeakguiError
from leakgui.logs import last_log_lines


class ProblemBanner(QFrame):
    """What happened, what to do, and at most one button that does it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problemBanner")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._message = QLabel()
        self._hint = QLabel()
        for label in (self._message, self._hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
        font = self._message.font()
        font.setBold(True)
        self._message.setFont(font)
        self._act = QPushButton()
        self._copy = QPushButton(self.tr("Copy details"))
        self._copy.clicked.connect(self._copy_details)
        self._close = QPushButton(self.tr("Dismiss"))
        self._close.clicked.connect(self.hide)
        self._action: Callable[[], None] | None = None
        self._act.clicked.connect(self._run_action)
        self._arrange()
        self.hide()

    def _arrange(self) -> None:
        texts = QVBoxLayout()
        texts.addWidget(self._message)
        texts.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.addLayout(texts, 1)
        for button in (self._act, self._copy, self._close):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def show_problem(
        self,
        error: LeakguiError,
        action_text: str = "",
        action: Callable[[], None] | None = None,
    ) -> None:
        """Show a known failure; the page stays usable."""
        self.show_text(error.message, error.hint, action_text, action)

    def show_text(
        self,
        message: str,
        hint: str,
        action_text: str = "",
        action: Callable[[], None] | None = None,
    ) -> None:
        """Show something the user should know, and what can be done."""
        self._message.setText(message)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._action = action
        self._act.setText(action_text)
        self._act.setVisible(action is not None)
        self.setAccessibleName(f"{message} {hint}")
        self.show()

    def _run_action(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()

    def _copy_details(self) -> None:
        lines = [
            f"leakgui {__version__}",
            self._message.text(),
            self._hint.text(),
            "",
            *last_log_lines(),
        ]
        QGuiApplication.clipboard().setText("\n".join(lines))
