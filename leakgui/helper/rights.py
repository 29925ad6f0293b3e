"""What a helper with the rights of root may do for a user: look at that user's own."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress

from leakgui.probe.ownership import Owner
from leakgui.wire.passing import End

NICENESS = 5
"""Whoever is watched goes first."""

ASKED_BY = {"PKEXEC_UID": None, "SUDO_UID": "SUDO_GID"}
"""Where pkexec(1) and sudo(8) say for whom they start a program; pkexec no group."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return it without what somebody said about us: whom a helper serves is new.

    Both programs say it again for what they start, so nothing is lost; and a helper
    of ``sudo leakgui``, which nobody starts anew, serves root.
    """
    said = {name for pair in ASKED_BY.items() for name in pair}
    return {name: text for name, text in environment.items() if name not in said}


def find_served_owner(
    end: End, environment: Mapping[str, str], my_id: int
) -> Owner | None:
    """Return the one user whose processes may be looked at; None: everybody's.

    ``my_id`` is the effective user here. Without rights of root the system itself
    refuses what is not allowed. With them, who was asked for a password decides; then
    who made the socket, which could be one of a service of root's that somebody handed
    to pkexec. Nobody is served more than either allows.
    """
    if my_id != 0:
        return None
    peer = end.find_owner()
    for name, group_name in ASKED_BY.items():
        user = _number(environment.get(name))
        if user:
            said = environment.get(group_name or "")
            return Owner(user, _find_group(user, peer, said))
    return Owner(*peer) if peer is not None and peer[0] else None


def _find_group(user: int, peer: tuple[int, int] | None, said: str | None) -> int:
    """Return the group that a user has now, or the one they begin with."""
    import pwd  # Unix only

    if peer is not None and peer[0] == user:
        return peer[1]
    group = _number(said)
    if group is not None:
        return group
    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return user  # a group of their own, as most users have


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None


def lower_priority() -> None:
    """Let others go before this thread; on Linux each thread has its own niceness."""
    thread = threading.get_native_id()
    with suppress(OSError, AttributeError):
        niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread))
        os.setpriority(os.PRIO_PROCESS, thread, niceness)
