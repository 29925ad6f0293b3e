"""What cannot be seen of a process that is watched, why, and what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from leakgui.errors import LeakguiError
from leakgui.model.process import ProcessKey
from leakgui.probe.face import Capability
from leakgui.probe.platform import current

# Contents of memory are read for heap snapshots only: who asks for one is told then.
_NOT_MISSED = ("memory", "pause")


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("AccessNote", text)


@dataclass(frozen=True, slots=True)
class AccessNote:
    """Two sentences to show, and a command to copy where one would help."""

    message: str
    hint: str
    command: str


def look_at_access(key: ProcessKey) -> AccessNote | None:
    """Return what to say of a process; None where everything can be seen."""
    try:
        return note_of(current().capabilities(key))
    except LeakguiError:
        return None


def memory_command(key: ProcessKey) -> str:
    """Return the command that would let the contents of memory be read, or nothing."""
    try:
        rows = current().capabilities(key)
    except LeakguiError:
        return ""
    return next((row.command for row in rows if row.key == _NOT_MISSED[0]), "")


def note_of(capabilities: Sequence[Capability]) -> AccessNote | None:
    """Say what these capabilities leave out."""
    missing = [
        row for row in capabilities if not row.is_allowed and row.key not in _NOT_MISSED
    ]
    if not missing:
        return None
    return AccessNote(
        message=tr("Counts only. {reason}").format(reason=missing[0].reason),
        hint=tr("Shown as n/a: {labels}. Everything else is measured.").format(
            labels=", ".join(row.label for row in missing)
        ),
        command=next((row.command for row in missing if row.command), ""),
    )
