"""The copy of the helper that only root can change: whole, and found again."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from leakgui.helper.elevation import INSTALLED

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "packaging/polkit/install.py"
PYTHON = "/usr/bin/python3"

LATE = (
    "leakgui.helper.__main__", "leakgui.probe.platform.linux",
    "leakgui.probe.snapshotting", "leakgui.probe.freezing.heap_copy",
    "leakgui.probe.freezing.pausing",
)  # fmt: skip
"""What the helper imports, also what it imports only when it is asked."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, INSTALL, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    if not Path(PYTHON).exists():
        pytest.skip(f"{PYTHON} is not installed")
    run("--root", str(tmp_path), "--python", PYTHON)
    return tmp_path


def test_it_is_where_leakgui_looks_for_it(installed):
    launcher = installed / INSTALLED.relative_to("/")
    assert launcher.stat().st_mode & 0o777 == 0o755
    assert launcher.read_text().startswith(f"#!{PYTHON} -IB\n")
    (policy,) = (installed / "usr/share/polkit-1/actions").glob("*.policy")
    action = ET.parse(policy).getroot().find("action")
    assert action.find("annotate").text == str(INSTALLED)
    answers = {entry.text for entry in action.find("defaults")}
    assert answers == {"auth_admin", "auth_admin_keep"}


def test_it_needs_nothing_but_itself_and_the_standard_library(installed):
    (code,) = (installed / "usr/local/lib").iterdir()
    program = (
        f"import sys; sys.path.insert(0, {str(code)!r})\n"
        f"import {', '.join(LATE)}\n"
        f"print(leakgui.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith(str(code))
    assert not any(path.stat().st_mode & 0o022 for path in code.rglob("*"))


def test_it_can_be_brought_up_to_date_and_removed(installed):
    run("--root", str(installed), "--python", PYTHON)
    run("--root", str(installed), "--remove")
    assert not [path for path in installed.rglob("*") if path.is_file()]


def test_no_older_copy_stays(installed):
    """It would still be run by whoever asks for it by its name."""
    old = [
        installed / "usr/local/libexec/leakgui-helper-2",
        installed / "usr/local/lib/leakgui-helper-2/leakgui/__init__.py",
    ]
    for path in old:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    run("--root", str(installed), "--python", PYTHON)
    assert not any(path.exists() for path in old)
    assert (installed / INSTALLED.relative_to("/")).exists()


def test_a_python_that_others_can_change_is_refused(tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\n")
    python.chmod(0o777)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("--root", str(tmp_path), "--python", str(python))
    assert "can be changed" in caught.value.stdout
