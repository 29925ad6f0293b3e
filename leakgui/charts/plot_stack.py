"""Every plot of one process above the others, over one time axis."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from leakgui.charts.source import PlotSource


class PlotStack(QWidget):
    """Linked plots with crosshair, readout, markers, limits, zoom and measuring."""

    range_chosen = Signal(float, float)
    """The user chose this part of time (elapsed seconds) by zooming or panning."""
    following_changed = Signal(bool)
    """Whether the right edge moves with the newest reading."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_source(self, source: PlotSource | None) -> None:
        """Show another recording; None empties the plots."""

    def set_overlays(self, sources: Sequence[PlotSource]) -> None:
        """Draw earlier runs as faint curves, each aligned at its own start."""

    def refresh(self) -> None:
        """Draw what is new; cheap, meant to be called two to four times a second."""

    def set_dark(self, dark: bool) -> None:  # noqa: FBT001  # a plain Qt-like setter
        """Use the dark palette or the light one."""

    def set_decimal(self, decimal: bool) -> None:  # noqa: FBT001  # as above
        """Label bytes in kB, MB, GB instead of KiB, MiB, GiB."""

    def set_from_zero(self, from_zero: bool) -> None:  # noqa: FBT001  # as above
        """Let every value axis begin at 0, or fit it to what is visible."""

    @property
    def is_following(self) -> bool:
        """Whether the right edge moves with the newest reading."""
        return True

    def back_to_live(self) -> None:
        """Follow the newest reading again with the chosen span."""

    def set_span(self, seconds: float | None) -> None:
        """Follow with a window of so many seconds; None shows everything."""

    def visible_range(self) -> tuple[float, float]:
        """Return the shown part of time in elapsed seconds."""
        return 0.0, 0.0

    def show_range(self, from_s: float, to_s: float) -> None:
        """Show exactly this part of time and stop following."""

    def zoom(self, factor: float, at_s: float | None = None) -> None:
        """Make the shown span ``factor`` times as long around a moment."""

    def pan(self, share: float) -> None:
        """Move the shown part by a share of its span; negative is backwards."""

    def row_keys(self) -> tuple[str, ...]:
        """Return ``memory``, ``handles``, ``threads``, ... from top to bottom."""
        return ()

    def is_row_open(self, key: str) -> bool:
        """Whether the row shows its plot or only its header line."""
        return True

    def toggle_row(self, key: str) -> None:
        """Open or close one row."""

    def describe(self) -> str:
        """Say in words what the open rows show, one sentence a row."""
        return ""
