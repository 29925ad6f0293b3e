"""How the chosen one of several switches is marked."""

from __future__ import annotations

# Fusion shows a chosen button of a dark palette almost like the others.
CHOSEN_STANDS_OUT = (
    "QToolButton:checked { background: palette(highlight);"
    " color: palette(highlighted-text); border-radius: 3px; padding: 3px; }"
)
