"""What a helper with the rights of root may do for a user: look at that user's own."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from contextlib import suppress

from leakgui.errors import AccessDenied
from leakgui.probe.edge import gone_error
from leakgui.probe.identity import user_name
from leakgui.probe.procfs import opened_folder, read_start
from leakgui.texts import say
from leakgui.wire.passing import End

NICENESS = 5
"""Whoever is watched goes first."""

_ASKED_BY = ("PKEXEC_UID", "SUDO_UID")
_USERS = re.compile(rb"^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$", re.MULTILINE)
"""Real, effective, saved and file system user in /proc/PID/status, proc(5)."""


def find_served_user(
    end: End, environment: Mapping[str, str], my_id: int
) -> int | None:
    """Return the one user whose processes may be looked at; None: everybody's.

    ``my_id`` is the effective user here. Without rights of root the system itself
    refuses what is not allowed. With them, whoever is at the other end of the socket
    decides: their environment may be that of ``sudo leakgui``. Only where there are
    pipes, what pkexec(1) and sudo(8) say in the environment has to do.
    """
    if my_id != 0:
        return None
    user = end.find_user()
    if user is None:
        named = [environment.get(name, "") for name in _ASKED_BY]
        user = next((int(text) for text in named if text.isdecimal()), 0)
    return user or None


def check_user(pid: int, user: int) -> None:
    """Raise ``AccessDenied`` where a process is not wholly this user's.

    A program that was started with another's rights (set-user-ID) is not.
    """
    try:
        with opened_folder(f"/proc/{pid}") as folder:
            found = _USERS.search(read_start("status", folder))
    except OSError as error:
        raise gone_error(pid) from error
    if found is None or {int(text) for text in found.groups()} != {user}:
        raise AccessDenied(
            say("Process {pid} is not one of {user}'s.", pid=pid, user=user_name(user)),
            say("For processes of others, start leakgui itself as root."),
        )


def lower_priority() -> None:
    """Let others go before this thread; on Linux each thread has its own niceness."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
