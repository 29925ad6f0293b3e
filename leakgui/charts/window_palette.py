"""Palettes of the Fusion style for the whole window, light and dark.

Without a platform theme Qt neither knows the system's scheme nor has a dark
palette, so both come from here. This module loads no pyqtgraph: the process list
is painted before any plot.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette

from leakgui.charts.palette import DARK, LIGHT


def is_dark(theme: str, scheme: Qt.ColorScheme) -> bool:
    """Decide by the setting (system, light, dark); an unknown system is light."""
    if theme == "system":
        return scheme == Qt.ColorScheme.Dark
    return theme == "dark"


_ROLES = QPalette.ColorRole
_LIGHT_WINDOW: Mapping[QPalette.ColorRole, str] = {
    _ROLES.Window: "#f3f4f6",
    _ROLES.WindowText: LIGHT.text,
    _ROLES.Base: "#ffffff",
    _ROLES.AlternateBase: "#f6f7f9",
    _ROLES.Text: LIGHT.text,
    _ROLES.Button: "#eceef1",
    _ROLES.ButtonText: LIGHT.text,
    _ROLES.BrightText: "#b00020",
    _ROLES.ToolTipBase: "#ffffff",
    _ROLES.ToolTipText: LIGHT.text,
    _ROLES.PlaceholderText: "#666d77",
    _ROLES.Highlight: "#0067a3",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Link: "#0067a3",
    _ROLES.LinkVisited: "#6a3d9a",
    _ROLES.Light: "#ffffff",
    _ROLES.Midlight: "#f6f7f9",
    _ROLES.Mid: "#c4c9d0",
    _ROLES.Dark: "#9aa1ab",
    _ROLES.Shadow: "#6b727c",
    _ROLES.Accent: "#0067a3",
}
_DARK_WINDOW: Mapping[QPalette.ColorRole, str] = {
    _ROLES.Window: "#1f2328",
    _ROLES.WindowText: DARK.text,
    _ROLES.Base: DARK.plot,
    _ROLES.AlternateBase: "#1c2025",
    _ROLES.Text: DARK.text,
    _ROLES.Button: "#2b3038",
    _ROLES.ButtonText: DARK.text,
    _ROLES.BrightText: "#ff8a80",
    _ROLES.ToolTipBase: "#2b3038",
    _ROLES.ToolTipText: DARK.text,
    _ROLES.PlaceholderText: "#959da8",
    _ROLES.Highlight: "#1a6fa8",
    _ROLES.HighlightedText: "#ffffff",
    _ROLES.Link: "#6cbcf0",
    _ROLES.LinkVisited: "#b39ddb",
    _ROLES.Light: "#3a414b",
    _ROLES.Midlight: "#333942",
    _ROLES.Mid: "#3f4650",
    _ROLES.Dark: "#121519",
    _ROLES.Shadow: "#0b0d0f",
    _ROLES.Accent: "#3d9bdc",
}
_DISABLED = {True: "#7d858f", False: "#858c96"}
_TEXT_ROLES = (_ROLES.WindowText, _ROLES.Text, _ROLES.ButtonText)


def window_palette(dark: bool) -> QPalette:  # light or dark
    """Return a palette for the Fusion style."""
    palette = QPalette()
    for role, color in (_DARK_WINDOW if dark else _LIGHT_WINDOW).items():
        palette.setColor(role, QColor(color))
    for role in _TEXT_ROLES:
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(_DISABLED[dark]))
    return palette
