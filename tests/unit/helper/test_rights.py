"""Whose processes a helper with rights looks at."""

from __future__ import annotations

import os
import pwd
import subprocess

import pytest

from leakgui.errors import AccessDenied, ProcessGone
from leakgui.helper.rights import check_user, find_served_user


class From:
    """The way to a client of this user."""

    def __init__(self, user: int | None) -> None:
        self.user = user

    def find_user(self) -> int | None:
        return self.user


@pytest.mark.parametrize(
    ("client", "environment", "me", "served"),
    [
        (1000, {}, 1000, None),  # no rights: the system decides
        (1000, {}, 0, 1000),
        (1000, {"SUDO_UID": "0"}, 0, 1000),
        (0, {}, 0, None),
        (0, {"SUDO_UID": "1000"}, 0, None),  # sudo leakgui
        (None, {"SUDO_UID": "1000"}, 0, 1000),
        (None, {"PKEXEC_UID": "1000"}, 0, 1000),
        (None, {"PKEXEC_UID": "1000", "SUDO_UID": "0"}, 0, 1000),
        (None, {"SUDO_UID": "0"}, 0, None),
        (None, {"SUDO_UID": "me"}, 0, None),
        (None, {}, 0, None),
        (None, {"SUDO_UID": "1000"}, 1000, None),
    ],
)
def test_whom_it_serves(client, environment, me, served):
    assert find_served_user(From(client), environment, me) == served


def test_a_process_of_another_is_refused():
    check_user(os.getpid(), os.getuid())
    with pytest.raises(AccessDenied) as caught:
        check_user(os.getpid(), os.getuid() + 1)
    assert "root" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_process_that_is_partly_anothers_is_refused():
    nobody = pwd.getpwnam("nobody").pw_uid
    change = (
        f"import os; os.setresuid({nobody}, {nobody}, 0); print(flush=True); input()"
    )
    with subprocess.Popen(
        ["python3", "-I", "-c", change], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        for user in (nobody, 0):
            with pytest.raises(AccessDenied):
                check_user(process.pid, user)
        process.communicate(b"\n")


def test_a_process_that_ended_is_gone():
    with pytest.raises(ProcessGone):
        check_user(2**22 + 1, 0)
