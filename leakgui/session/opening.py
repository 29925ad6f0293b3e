"""Open a recording of either kind, told apart by content and not by name."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.recording import Recording
from leakgui.session.connecting import MAGIC, read_head
from leakgui.session.from_csv import read_csv
from leakgui.session.reader import SessionReader


def is_session(path: Path) -> bool:
    """Return whether a file begins like a database; raises ``SessionUnreadable``.

    Anything else may be a CSV; an empty or unreadable file is refused here.
    """
    return read_head(path).startswith(MAGIC)


def open_recording(path: Path) -> Recording:
    """Read a session file or a CSV; raises ``SessionUnreadable``."""
    if not is_session(path):
        return read_csv(path)
    with SessionReader(path) as reader:
        return reader.recording()
