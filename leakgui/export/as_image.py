"""The plots of a recording as PNG or SVG, on white, with title and legend.

Qt is loaded when something is drawn, not before: the command line does without it.
Drawing happens in the thread that calls, which must be the one that started Qt.
"""

from __future__ import annotations

from pathlib import Path

from leakgui.export.writing import write_bytes
from leakgui.model.recording import Recording

label = "PNG image"
suffix = ".png"

View = tuple[float, float]
"""The part of time to draw, in elapsed seconds."""

WIDTH = 1280


def write_png(  # noqa: PLR0913  # what, where, and how it should look
    recording: Recording,
    path: Path,
    *,
    scale: int = 1,
    view: View | None = None,
    title: str = "",
    width: int = WIDTH,
) -> None:
    """Draw into a PNG file; raises ``WriteFailed``. ``scale`` 2 is for print."""
    from leakgui.charts.render import render_png

    content = render_png(recording, scale=scale, view=view, title=title, width=width)
    write_bytes(path, content)


def write_svg(
    recording: Recording, path: Path, *, view: View | None = None, title: str = ""
) -> None:
    """Draw into an SVG file; raises ``WriteFailed``."""
    from leakgui.charts.render import render_svg

    write_bytes(path, render_svg(recording, view=view, title=title, width=WIDTH))
