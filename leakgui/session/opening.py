"""Open a recording of either kind, told apart by content and not by name."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.recording import Recording


def is_session(path: Path) -> bool:
    """Return whether a file begins like a session; raises ``SessionUnreadable``."""
    raise NotImplementedError


def open_recording(path: Path) -> Recording:
    """Read a session file or a CSV; raises ``SessionUnreadable``."""
    raise NotImplementedError
