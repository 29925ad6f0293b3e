#!/usr/bin/env python3
"""Set up everything that leakgui needs, then run it or its tests.

  python3 packaging/dev.py run           open the window on a practice leak
  python3 packaging/dev.py test [...]    run the tests; the rest goes to pytest
  python3 packaging/dev.py setup         set up what is missing, and nothing else

Needs only Python 3.11 to 3.13. What is there already is left as it is, so that
the second time starts at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
"""What pyproject.toml says too; a test compares them."""
REPORT = "leak-report.html"
RECORDING = "practice.leak"


def main(arguments: list[str]) -> int:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return _refuse_python()
    command = arguments[0] if arguments else ""
    if command not in ("run", "test", "setup") or (
        command != "test" and len(arguments) > 1
    ):
        print(__doc__)
        return 0 if command in ("-h", "--help") else 2
    return _set_up_and_go(command, arguments[1:])


def _refuse_python() -> int:
    """Say which Python it takes; this file itself is read by any Python 3.7."""
    this, oldest, newest = (
        ".".join(str(part) for part in version[:2])
        for version in (sys.version_info, OLDEST, NEWEST)
    )
    print(
        f"leakgui needs Python {oldest} to {newest}, and this is {this}. "
        f"Use another one, such as: python{newest} packaging/dev.py run",
        file=sys.stderr,
    )
    return 2


def _set_up_and_go(command: str, passed_on: list[str]) -> int:
    sys.path.insert(0, str(ROOT))
    from environment import SetupFailed, python_of
    from set_up import prepare, tell

    try:
        prepare(ROOT, for_tests=command == "test")
    except SetupFailed as failure:
        tell(str(failure))
        return 2
    python = python_of(ROOT)
    if command == "test":
        return _run_tests(python, passed_on)
    if command == "run":
        return _run_demo(python)
    tell(f"set up; the program is {ROOT / '.venv/bin/leakgui'}")
    return 0


def _run_tests(python: str, passed_on: list[str]) -> int:
    """Run pytest to its own closing line, off-screen unless another screen is named."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ}
    return subprocess.call(
        [python, "-m", "pytest", *passed_on], cwd=ROOT, env=environment
    )


def _run_demo(python: str) -> int:
    """Open the window on a practice leak; without a screen record it and judge."""
    from set_up import tell

    from leakgui.cli.display import find_problem

    problem = find_problem(os.environ)
    if not problem:
        return subprocess.call([python, "-m", "leakgui", "demo"])
    tell(f"{problem} A practice leak is recorded for 20 s instead.")
    Path(RECORDING).unlink(missing_ok=True)
    demo = [python, "-m", "leakgui", "demo", "--headless", "--for", "20"]
    code = subprocess.call([*demo, "-o", RECORDING, "--html", REPORT])
    # 1 and 3 are verdicts: finding the practice leak is what this is for.
    return 0 if code in (0, 1, 3) else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
