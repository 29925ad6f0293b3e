"""Colours and dashes by metric, and palettes for the whole window, light and dark."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette


def is_dark(theme: str, scheme: Qt.ColorScheme) -> bool:
    """Decide by the setting (system, light, dark); an unknown system is light."""
    if theme == "system":
        return scheme == Qt.ColorScheme.Dark
    return theme == "dark"


def window_palette(dark: bool) -> QPalette:  # noqa: FBT001  # light or dark
    """Return a palette for the Fusion style."""
    return QPalette()
