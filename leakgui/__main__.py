"""Choose the desktop window or the command line, and nothing else."""

from __future__ import annotations

import sys


def main() -> int:
    """Run leakgui with the arguments of this process and return its exit code."""
    from leakgui.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
