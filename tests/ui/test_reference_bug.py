"""PySide6 6.12.0 lost references to None and aborted on Python 3.11 (ADR 2)."""

import sys

import pytest
from PySide6.QtWidgets import QWidget


@pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="None is immortal from Python 3.12 on"
)
def test_void_calls_keep_the_references_to_none(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(40):
        widget.update()
    assert sys.getrefcount(None) > before - 20
