"""Choose the desktop window or the command line, and nothing else."""

from __future__ import annotations

import sys

from leakgui.cli.main import run
from leakgui.model.opening import Opening


def open_window(opening: Opening) -> int:
    """Show the window; Qt is imported only now, so that the rest works without."""
    from leakgui.ui.application import run_application

    return run_application(opening)


def main() -> int:
    """Run leakgui with the arguments of this process and return its exit code."""
    return run(sys.argv[1:], open_window)


if __name__ == "__main__":
    sys.exit(main())
