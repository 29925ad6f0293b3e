"""Read a recording from a table of comma-separated values."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.recording import Recording


def read_csv(path: Path) -> Recording:
    """Read a file; raises ``SessionUnreadable`` naming line and column."""
    raise NotImplementedError
