"""Where no password helps."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from leakgui.probe import beyond_rights
from leakgui.probe.beyond_rights import is_beyond_rights
from leakgui.probe.platform import current

pytestmark = pytest.mark.skipif(current().name != "linux", reason="asks Linux")

ALL = b"CapBnd:\t000001ffffffffff\n"
WITHOUT_PTRACE = b"CapBnd:\t000001fffff7ffff\n"


@pytest.fixture
def around(monkeypatch):
    def put(scope: int | None, status: bytes) -> None:
        monkeypatch.setattr(beyond_rights, "read_number", lambda _: scope)
        monkeypatch.setattr(beyond_rights, "read_start", lambda _: status)

    return put


@pytest.mark.parametrize(
    ("scope", "status", "is_so"),
    [
        (None, ALL, False),
        (1, ALL, False),
        (2, ALL, False),
        (3, ALL, True),
        (1, WITHOUT_PTRACE, True),
        (1, b"", False),
    ],
)
def test_the_system_decides(around, scope, status, is_so):
    around(scope, status)
    assert is_beyond_rights(os.getpid()) is is_so


def test_a_zombie_shows_nothing_to_anybody(around):
    around(1, ALL)
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_beyond_rights(child.pid)
    child.wait()


def test_what_is_not_there_is_no_question():
    with pytest.raises(OSError, match="No such"):
        is_beyond_rights(2**22 + 1)
