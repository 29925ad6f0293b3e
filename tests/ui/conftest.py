"""What tests of the window share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSettings

from leakgui.settings import Settings
from leakgui.ui.application import make_application, make_window
from tests.ui.desktop import start_target

FILES_TARGET = """
import sys, tempfile
kept = []
print("ready")
for line in sys.stdin:
    kept += [tempfile.TemporaryFile() for _ in range(int(line))]
    print(len(kept))
"""
"""Opens as many files as it is told, a number a line, and says how many it holds."""


@pytest.fixture
def target() -> Iterator[subprocess.Popen[str]]:
    target = start_target(FILES_TARGET, "leakgui-window-target")
    yield target
    target.stdin.close()
    target.wait(10)
    target.stdout.close()


@pytest.fixture
def loaded_window(qtbot):
    """A window with all its pages, and nothing to watch yet."""
    QSettings().clear()
    make_application()
    window = make_window(Settings())
    qtbot.addWidget(window)
    window.load()
    window.show()
    yield window
    window.close()
