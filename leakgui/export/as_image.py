"""The plots of a recording as PNG or SVG, on white, with title and legend."""

from __future__ import annotations

from pathlib import Path

from leakgui.model.recording import Recording

label = "PNG image"
suffix = ".png"

View = tuple[float, float]
"""The part of time to draw, in elapsed seconds."""


def write_png(
    recording: Recording,
    path: Path,
    *,
    scale: int = 1,
    view: View | None = None,
    title: str = "",
    width: int = 1280,
) -> None:
    """Draw into a PNG file; raises ``WriteFailed``. ``scale`` 2 is for print."""
    raise NotImplementedError


def write_svg(
    recording: Recording, path: Path, *, view: View | None = None, title: str = ""
) -> None:
    """Draw into an SVG file; raises ``WriteFailed``."""
    raise NotImplementedError
