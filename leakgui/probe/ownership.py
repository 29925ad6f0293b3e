"""Whether a process is wholly one user's, whatever rights we have ourselves.

The measure is what the kernel would let that user do without Yama (kernel/ptrace.c,
__ptrace_may_access): all users and groups are the user's, no capability is more, and
the program may be dumped. Beyond it the file that is run counts: one with another's
rights (set-user-ID, set-group-ID, file capabilities) may have read what is secret, and
have given all of its rights up again since.
"""

from __future__ import annotations

import errno
import os
import re
from typing import NamedTuple

from leakgui.errors import AccessDenied
from leakgui.probe.edge import gone_error
from leakgui.probe.procfs import list_names, opened_folder, read_start
from leakgui.texts import say

_CREDENTIALS = re.compile(
    rb"^Uid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)\nGid:\t(\d+)\t(\d+)\t(\d+)\t(\d+)$",
    re.MULTILINE,
)
"""Real, effective, saved and file system user and group, /proc/PID/status, proc(5)."""
_PERMITTED = re.compile(rb"^CapPrm:\t([0-9a-f]{1,16})$", re.MULTILINE)
_ANOTHERS_RIGHTS = 0o6000
"""S_ISUID and S_ISGID (inode(7))."""
_FILE_RIGHTS = "security.capability"
"""The attribute that holds the capabilities of a file (capabilities(7))."""
_WITHOUT = frozenset((errno.ENODATA, errno.EOPNOTSUPP))


class Owner(NamedTuple):
    """A user with the group that is theirs at the moment."""

    user: int
    group: int


def check_owner(pid: int, owner: Owner) -> None:
    """Raise ``AccessDenied`` where a process is not wholly this user's.

    What was asked here holds only while the process is stopped: execve(2) changes all.

    Raises:
        ProcessGone: it ended.
        AccessDenied: it is somebody else's, or was, or may have been.
    """
    try:
        with opened_folder(f"/proc/{pid}") as folder:
            _check_threads(pid, folder, owner)
            _check_program(pid, folder, owner)
    except PermissionError as error:
        raise _protected(pid) from error
    except OSError as error:
        raise gone_error(pid) from error


def _check_threads(pid: int, folder: int, owner: Owner) -> None:
    """Ask each thread: on Linux every one has users, groups and rights of its own."""
    with opened_folder("task", folder) as threads:
        for thread in list_names(threads):
            try:
                status = read_start(f"{thread}/status", threads)
            except FileNotFoundError:
                continue  # the thread has ended
            _check_credentials(pid, status, owner)


def _check_credentials(pid: int, status: bytes, owner: Owner) -> None:
    found = _CREDENTIALS.search(status)
    numbers = [int(text) for text in found.groups()] if found else []
    if set(numbers[:4]) != {owner.user}:
        raise _anothers(pid, owner)
    rights = _PERMITTED.search(status)
    if set(numbers[4:]) != {owner.group} or rights is None or int(rights[1], 16):
        raise _anothers_rights(pid)


def _check_program(pid: int, folder: int, owner: Owner) -> None:
    # Of one that may not be dumped these files are root's (fs/proc/base.c,
    # task_dump_owner), but for the folder itself and others that all may read.
    if os.stat("mem", dir_fd=folder).st_uid != owner.user:
        raise _protected(pid)
    mode = os.stat("exe", dir_fd=folder).st_mode
    if mode & _ANOTHERS_RIGHTS or _has_file_rights(folder):
        raise _anothers_rights(pid)


def _has_file_rights(folder: int) -> bool:
    try:
        return bool(os.getxattr(f"/proc/self/fd/{folder}/exe", _FILE_RIGHTS))
    except OSError as error:
        if error.errno in _WITHOUT:
            return False
        raise


def _anothers(pid: int, owner: Owner) -> AccessDenied:
    # Late: it knows what only Unix has, and others import this, too.
    from leakgui.probe.identity import user_name

    name = user_name(owner.user)
    return AccessDenied(
        say("Process {pid} is not one of {user}'s.", pid=pid, user=name), _as_root()
    )


def _anothers_rights(pid: int) -> AccessDenied:
    return AccessDenied(
        say("Process {pid} has, or had, rights that its user lacks.", pid=pid),
        _as_root(),
    )


def _protected(pid: int) -> AccessDenied:
    return AccessDenied(
        say("Process {pid} protects itself against its own user.", pid=pid),
        _as_root(),
    )


def _as_root() -> str:
    return say("For such processes, start leakgui itself as root.")
