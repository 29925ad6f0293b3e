"""What a heap snapshot does to the process, shown before it happens."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from leakgui.errors import AccessDenied, LeakguiError
from leakgui.formatting import format_bytes, printable, target_title
from leakgui.helper.elevation import Elevation, find_elevation
from leakgui.model.heap import Level
from leakgui.recording.heap_rights import would_rights_help
from leakgui.recording.heap_taking import CONFIRM_AFTER_S, Estimate, HeapWish
from leakgui.ui.access_note import memory_command
from leakgui.ui.heap_words import format_pause
from leakgui.ui.workspace import Workspace

WIDTH = 600


class HeapDialog(QDialog):
    """Estimate, level, what is read; or why it cannot be done and what would help."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._estimate: Estimate | None = None
        self._elevation: Elevation | None = None
        self.setWindowTitle(self.tr("Heap snapshot"))
        self.setMinimumWidth(WIDTH)
        self.cost = _text()
        font = self.cost.font()
        font.setBold(True)
        self.cost.setFont(font)
        self.pause = QRadioButton(self.tr("Pause: hold the process still and copy"))
        self.inject = QRadioButton(self.tr("Inject: let the process copy itself"))
        self.hazards = _text()
        self.twice = QCheckBox(
            self.tr("Where something seems lost, look again after {n} s").format(
                n=f"{CONFIRM_AFTER_S:g}"
            )
        )
        self.unasked = QCheckBox(
            self.tr("Do not ask again for this process until leakgui is closed")
        )
        self.refusal = _Refusal()
        self._arrange()
        self._connect()
        self._ask()

    # -- building -----------------------------------------------------------------

    def _arrange(self) -> None:
        title = _text()
        subject = self._workspace.subject
        title.setText(target_title(subject.target) if subject else "")
        self.pause.setChecked(True)
        self.inject.setEnabled(False)
        self.twice.setChecked(True)
        self._choices = QWidget()
        choices = QVBoxLayout(self._choices)
        choices.setContentsMargins(0, 0, 0, 0)
        choices.addWidget(self.pause)
        choices.addWidget(_indented(self._pause_text()))
        choices.addWidget(self.inject)
        choices.addWidget(_indented(self.hazards))
        choices.addWidget(self.twice)
        choices.addWidget(_text(self._read_text()))
        choices.addWidget(self.unasked)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.take = buttons.addButton(
            self.tr("Pause and copy"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        buttons.accepted.connect(self._agree)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        for widget in (title, self.cost, self.refusal, self._choices):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(buttons)

    def _pause_text(self) -> QLabel:
        return _text(
            self.tr(
                "All its threads stand still while its memory is copied, and then run "
                "on. Nothing in it is changed."
            )
        )

    def _hazards_text(self) -> str:
        return self.tr(
            "The pause is usually much shorter. But it runs a system call inside the "
            "process that the program never made:\n"
            "•  a second process is born from it, and every page that it writes "
            "meanwhile takes memory twice, within the same limits;\n"
            "•  the second process holds its files and sockets open until it ends, "
            "after some seconds;\n"
            "•  where leakgui is killed meanwhile, a dead entry can stay in the "
            "process list until the program ends."
        )

    def _read_text(self) -> str:
        return self.tr(
            "What is read: the contents of its memory. They stay on this machine and "
            "are not kept; the session file keeps counts, types, addresses, and the "
            "first printable characters of some blocks, which can be personal."
        )

    def _connect(self) -> None:
        heap = self._workspace.heap
        heap.estimated.connect(self.show_estimate)
        heap.refused.connect(self.show_refusal)
        self.inject.toggled.connect(self._follow_level)
        self.twice.toggled.connect(self._follow_level)
        self.refusal.elevate.clicked.connect(self._elevate)
        self._workspace.state_changed.connect(self._close_when_ended)

    # -- contents -----------------------------------------------------------------

    def _ask(self) -> None:
        self.cost.setText(self.tr("Asking what it would cost…"))
        self.hazards.setText(self._hazards_text())
        self.refusal.hide()
        self._choices.show()
        self.take.setEnabled(False)
        self._workspace.heap.estimate()

    def show_estimate(self, estimate: Estimate) -> None:
        """Say what it would cost, and which levels there are."""
        self._estimate = estimate
        self.take.setEnabled(True)
        self.inject.setEnabled(estimate.can_fork)
        if not estimate.can_fork:
            self.pause.setChecked(True)
            self.hazards.setText(
                self.tr("Not possible here: {reason}").format(
                    reason=printable(estimate.cannot_fork_reason, most=300)
                )
            )
        self._follow_level()
        self._fit_height()

    def _follow_level(self, *_: object) -> None:
        """Inject is never done without this question."""
        if self._estimate is None:
            return
        is_inject = self.inject.isChecked()
        self.unasked.setEnabled(not is_inject)
        self.unasked.setChecked(self.unasked.isChecked() and not is_inject)
        self.take.setText(
            self.tr("Yes, inject this time") if is_inject else self.tr("Pause and copy")
        )
        self.cost.setText(self._cost_text(self._estimate, is_inject=is_inject))

    def _cost_text(self, estimate: Estimate, *, is_inject: bool) -> str:
        subject = self._workspace.subject
        text = self.tr("Pauses PID {pid} for about {time} to copy {size}")
        if is_inject:
            text = self.tr(
                "Runs code inside PID {pid} and pauses it for about {time} to copy "
                "{size}"
            )
        if self.twice.isChecked():
            text += self.tr(
                ", up to twice: a second look only where something seems lost"
            )
        paused_ms = estimate.fork_paused_ms if is_inject else estimate.paused_ms
        cost = text.format(
            pid=subject.target.key.pid if subject else "",
            time=format_pause(paused_ms),
            size=format_bytes(estimate.copy_bytes),
        )
        return "\n".join([cost, *(printable(note) for note in estimate.notes)])

    def show_refusal(self, error: LeakguiError) -> None:
        """Say why it cannot be done, and what would help."""
        self.cost.setText(self.tr("This process cannot be looked into."))
        self._choices.hide()
        self.take.setEnabled(False)
        self._elevation = find_elevation() if self._would_rights_help(error) else None
        self.refusal.show_error(error, self._command(), self._elevation)
        self._fit_height()

    def _would_rights_help(self, error: LeakguiError) -> bool:
        """Another tracer is not mended by a password."""
        subject = self._workspace.subject
        if subject is None or not isinstance(error, AccessDenied):
            return False
        return would_rights_help(subject.target.key)

    def _fit_height(self) -> None:
        """Wrapped texts ask for more height than they need at this width."""
        layout = self.layout()
        if layout is not None:
            self.resize(self.width(), layout.heightForWidth(self.width()))

    def _command(self) -> str:
        subject = self._workspace.subject
        return memory_command(subject.target.key) if subject else ""

    def _elevate(self) -> None:
        if self._elevation is not None:
            self._workspace.heap.elevate(self._elevation)
            self._ask()

    def _close_when_ended(self) -> None:
        if not self._workspace.is_running:
            self.reject()

    # -- agreeing -----------------------------------------------------------------

    def wish(self) -> HeapWish:
        """Return what the user agreed to."""
        return HeapWish(
            level=Level.INJECT if self.inject.isChecked() else Level.PAUSE,
            confirm_after_s=CONFIRM_AFTER_S if self.twice.isChecked() else 0.0,
        )

    def _agree(self) -> None:
        if self.unasked.isChecked():
            self._workspace.heap.ask_no_more()
        self.accept()
        self._workspace.heap.take(self.wish())


class _Refusal(QWidget):
    """What stands in the way, and the command that would change it."""

    def __init__(self) -> None:
        super().__init__()
        self.reason, self.hint = _text(), _text()
        self.command = QLineEdit()
        self.command.setReadOnly(True)
        self.command.setAccessibleName(self.tr("Command that would allow it"))
        self._copy = QPushButton(self.tr("Copy command"))
        self._copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.command.text())
        )
        self.explanation = _text()
        self.elevate = QPushButton(self.tr("Ask for administrator rights…"))
        row = QHBoxLayout()
        row.addWidget(self.command, 1)
        row.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.reason)
        column.addWidget(self.hint)
        column.addLayout(row)
        column.addWidget(self.explanation)
        column.addWidget(self.elevate, 0, Qt.AlignmentFlag.AlignLeft)

    def show_error(
        self, error: LeakguiError, command: str, elevation: Elevation | None
    ) -> None:
        """Show an error, the command where there is one, and the way around it."""
        self.reason.setText(error.message)
        self.hint.setText(error.hint)
        self.hint.setVisible(bool(error.hint))
        self.command.setText(command)
        self.command.setVisible(bool(command))
        self._copy.setVisible(bool(command))
        self.explanation.setText(elevation.explanation if elevation else "")
        self.explanation.setVisible(elevation is not None)
        self.elevate.setVisible(elevation is not None)
        self.show()


def _text(text: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def _indented(label: QLabel) -> QWidget:
    label.setContentsMargins(24, 0, 0, 0)
    return label
