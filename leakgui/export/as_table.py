"""A difference of two snapshots as CSV."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.difference import Difference

label = "CSV table of differences"
suffix = ".csv"


def write_difference(
    difference: Difference, path: Path, *, mask: bool = False
) -> None:
    """Write one row for each change; raises ``WriteFailed``."""
    raise NotImplementedError
