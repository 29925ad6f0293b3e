"""A recording as CSV: one row a moment, one column a metric."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.recording import Recording

label = "CSV table"
suffix = ".csv"


def write_csv(recording: Recording, path: Path) -> None:
    """Write the recording; raises ``WriteFailed`` and leaves an old file as it was."""
    raise NotImplementedError
