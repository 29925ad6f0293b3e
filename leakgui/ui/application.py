"""Start Qt, catch what nobody caught, run."""

from __future__ import annotations

from leakgui.model.opening import Opening


def run_application(opening: Opening) -> int:
    """Show the window and return the exit code."""
    raise NotImplementedError
