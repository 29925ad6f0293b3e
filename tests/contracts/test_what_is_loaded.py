"""What importing a part of leakgui brings with it, seen at run time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QT = {"PySide6", "shiboken6", "pyqtgraph"}
HEAVY = QT | {"numpy"}


def loaded_by(code: str, *options: str) -> set[str]:
    """Return the top-level modules that are there after running the code."""
    script = f"{code}\nimport sys\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, *options, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


@pytest.mark.parametrize(
    "module",
    [
        "leakgui.__main__",
        "leakgui.cli.main",
        "leakgui.cli.loading",
        "leakgui.analysis.difference",
        "leakgui.guidance.engine",
        "leakgui.session.store",
        "leakgui.recording.recorder",
        "leakgui.export.as_image",
        "leakgui.export.as_html",
        "leakgui.demo.starting",
    ],
)
def test_no_qt_below_the_window(module: str) -> None:
    assert not loaded_by(f"import {module}") & QT


@pytest.mark.parametrize(
    "module",
    ["leakgui.cli.main", "leakgui.probe.platform", "leakgui.helper.server"],
)
def test_light_parts_load_nothing_heavy(module: str) -> None:
    assert not loaded_by(f"import {module}") & HEAVY


def test_ps_runs_without_anything_heavy() -> None:
    code = (
        "from leakgui.cli.main import run\n"
        "assert run(['ps', '--mine'], lambda opening: 1) == 0"
    )
    assert not loaded_by(code) & HEAVY


def test_help_runs_without_looking_at_processes() -> None:
    code = (
        "from leakgui.cli.main import run\n"
        "assert run(['record', '--help'], lambda opening: 1) == 0"
    )
    assert not loaded_by(code) & (HEAVY | {"psutil", "sqlite3"})


def test_set_up_needs_only_the_standard_library() -> None:
    """-S: no site-packages, as in a checkout before anything is installed."""
    code = (
        "import sys; sys.path[:0] = ['packaging', '.']\n"
        "import set_up, environment, system_packages\n"
        "from leakgui.cli.display import find_problem"
    )
    assert "leakgui" in loaded_by(code, "-S", "-E")
