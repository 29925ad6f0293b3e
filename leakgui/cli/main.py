"""Read the command line, run the command, turn known errors into exit codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from leakgui.model.opening import Opening


def run(arguments: Sequence[str], open_window: Callable[[Opening], int]) -> int:
    """Run one command and return its exit code."""
    raise NotImplementedError
