"""Who a process is: name, command line, user, group and when it was started."""

from __future__ import annotations

import pwd
import re
from functools import lru_cache
from typing import NamedTuple

from leakgui.model.process import ProcessKey, Target
from leakgui.probe.group_tree import parse_groups
from leakgui.probe.process_stat import Stat, parse_stat
from leakgui.probe.procfs import (
    as_text,
    boot_unix_s,
    opened_folder,
    read_link,
    read_start,
    ticks_per_s,
)

LONGEST_COMMAND = 4096
_LONGEST_NAME = 15
"""TASK_COMM_LEN - 1 (linux/sched.h): longer names are cut."""

_OWNERS = re.compile(rb"^Uid:\s*(\d{1,10})\s+(\d{1,10})", re.MULTILINE)
_CONTAINER = re.compile(r"(?:[a-z-]+-)?([0-9a-f]{12})[0-9a-f]{20,52}(?:\.scope)?\Z")
"""docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope or a bare ID."""
_UNIT_SUFFIXES = (".service", ".scope")


class Identity(NamedTuple):
    """What does not change until the process runs another program."""

    name: str
    command: str
    user: str
    user_id: int
    group: str


def read_identity(stat: Stat, folder: int) -> Identity:
    """Return who it is, from an open /proc/PID; raises ``OSError``.

    A thread of the kernel has no command line: it is called ``[name]`` as in ps(1).
    """
    command = parse_command(read_start("cmdline", folder))
    user_id = parse_user(read_start("status", folder))
    return Identity(
        name=full_name(stat.name, command),
        command=" ".join(command) or f"[{stat.name}]",
        user=user_name(user_id),
        user_id=user_id,
        group=group_name(parse_groups(read_start("cgroup", folder))),
    )


def read_target(key: ProcessKey, folder: int) -> Target:
    """Return the description for a recording, from an open /proc/PID."""
    identity = read_identity(parse_stat(read_start("stat", folder)), folder)
    try:
        executable = read_link("exe", folder)
    except OSError:
        executable = ""
    return Target(
        key=key,
        name=identity.name,
        command=identity.command,
        user=identity.user,
        started_unix_s=started_unix_s(key),
        executable=executable,
    )


def started_unix_s(key: ProcessKey) -> float:
    """Return when it was started: btime + start_ticks / ticks a second (proc(5))."""
    return boot_unix_s() + key.start_ticks / ticks_per_s()


def find_key(pid: int) -> ProcessKey:
    """Return the identity of whoever has the pid; raises ``OSError``."""
    with opened_folder(f"/proc/{pid}") as folder:
        return ProcessKey(pid, parse_stat(read_start("stat", folder)).start_ticks)


def parse_command(text: bytes) -> list[str]:
    """Return the arguments of /proc/PID/cmdline, at most 4 KiB of them.

    A program that writes over its arguments leaves spaces, or zeros at the end.
    """
    text = text[:LONGEST_COMMAND].rstrip(b"\0")
    return as_text(text).split("\0") if text else []


def full_name(name: str, command: list[str]) -> str:
    """Return the name of the program where the kernel's 15 bytes cut it off."""
    if command and len(name.encode("utf-8", "surrogateescape")) >= _LONGEST_NAME:
        program = command[0].rpartition("/")[2]
        if program.startswith(name):
            return program
    return name


def parse_user(status: bytes) -> int:
    """Return the real user id in /proc/PID/status; -1 where there is none (proc(5))."""
    found = _OWNERS.search(status)
    return int(found[1]) if found else -1


@lru_cache(maxsize=1024)
def user_name(user_id: int) -> str:
    """Return the name of a user, or the number where it has none here."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except (KeyError, OverflowError):
        return str(user_id) if user_id >= 0 else ""


def group_name(paths: dict[str, str]) -> str:
    """Return the container or unit in the paths of a process's control groups.

    The deepest part that looks like a container's id or a unit counts: a container
    lies inside the slice of its service, and an application inside its user's.
    """
    for controller in ("name=systemd", "", "memory"):
        for part in reversed(paths.get(controller, "").split("/")):
            container = _CONTAINER.match(part)
            if container:
                return f"container {container[1]}"
            if part.endswith(_UNIT_SUFFIXES):
                return part
    return ""
