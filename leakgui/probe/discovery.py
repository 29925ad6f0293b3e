"""List the processes of this system, and what each allows."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import NamedTuple

from leakgui.errors import Unsupported
from leakgui.model.process import Access, Process, ProcessKey
from leakgui.probe.identity import (
    Identity,
    read_identity,
    started_unix_s,
    user_name,
)
from leakgui.probe.process_stat import Stat, parse_stat
from leakgui.probe.procfs import (
    count_handles_of,
    list_names,
    opened_folder,
    owner_of,
    read_start,
)
from leakgui.texts import say


class Known(NamedTuple):
    """A process as it was seen last."""

    token: tuple[str, int, int]
    """Changes when the process runs another program, or allows us more or less."""
    process: Process
    numbers: tuple[int, int, int | None, str, int]
    """RSS, threads, handles, state and parent, to tell whether anything changed."""


class ProcessList:
    """Lists processes again and again; remembers what does not change.

    Reads one small file and asks for one size for each process that is known.
    """

    def __init__(self) -> None:
        self._known: dict[ProcessKey, Known] = {}
        self._my_id = os.getuid()

    def scan(self) -> list[Process]:
        """Return every process, ordered by pid; rows that did not change are the same.

        A process that ends meanwhile is left out.
        """
        seen: dict[ProcessKey, Known] = {}
        hidden: list[Process] = []
        for pid in sorted(int(name) for name in list_names("/proc") if name.isdigit()):
            try:
                stat = parse_stat(read_start(f"/proc/{pid}/stat"))
                known = self._look(ProcessKey(pid, stat.start_ticks), stat)
            except PermissionError:
                hidden.append(_hidden_process(pid))
            except (OSError, Unsupported):
                continue
            else:
                seen[known.process.key] = known
        self._known = seen
        rows = [known.process for known in seen.values()]
        return sorted(rows + hidden, key=_pid) if hidden else rows

    def _look(self, key: ProcessKey, stat: Stat) -> Known:
        handles = None if stat.is_ending or stat.is_kernel_thread else _handles(stat)
        numbers = (
            stat.rss_bytes,
            stat.threads,
            handles,
            stat.state,
            stat.parent_pid,
        )
        # After execve the stack begins elsewhere; a program that is not built as
        # position independent has its code at the same place each time. The code
        # begins at 1 once we may not inspect it.
        token = (stat.name, stat.start_code, stat.start_stack)
        before = self._known.get(key)
        if before is None or before.token != token:
            return Known(token, self._introduce(key, stat, handles), numbers)
        if before.numbers == numbers:
            return before
        return Known(token, _update(before.process, stat, handles), numbers)

    def _introduce(self, key: ProcessKey, stat: Stat, handles: int | None) -> Process:
        with opened_folder(f"/proc/{key.pid}") as folder:
            identity = read_identity(stat, folder)
        access, reason = judge_access(stat, identity, self._my_id)
        return Process(
            key=key,
            parent_pid=stat.parent_pid,
            name=identity.name,
            command=identity.command,
            user=identity.user,
            started_unix_s=started_unix_s(key),
            state=stat.state,
            rss_bytes=_rss(stat),
            handles=handles,
            threads=stat.threads,
            access=access,
            access_reason=reason,
            group=identity.group,
            is_kernel_thread=stat.is_kernel_thread,
            is_mine=identity.user_id == self._my_id and not stat.is_kernel_thread,
        )


def judge_access(stat: Stat, identity: Identity, my_id: int) -> tuple[Access, str]:
    """Return what may be read, and why not more.

    The kernel itself answers in ``Stat.start_code``: it asks the same question there
    as for the files that leakgui reads later.
    """
    if stat.is_kernel_thread:
        return Access.NOT_ALLOWED, say("kernel thread: has no memory of its own")
    if stat.is_gone:
        return Access.NOT_ALLOWED, say("already ended, waits for its parent")
    if stat.is_ending:
        return Access.COUNTS_ONLY, say("its first thread has ended")
    if stat.start_code != 1:
        return Access.FULL, ""
    if identity.user_id != my_id:
        return Access.COUNTS_ONLY, say("belongs to {user}", user=identity.user)
    return Access.COUNTS_ONLY, say("protected by the system against inspection")


def _update(process: Process, stat: Stat, handles: int | None) -> Process:
    return replace(
        process,
        parent_pid=stat.parent_pid,
        state=stat.state,
        rss_bytes=_rss(stat),
        handles=handles,
        threads=stat.threads,
    )


def _handles(stat: Stat) -> int | None:
    try:
        return count_handles_of(f"/proc/{stat.pid}/fd")
    except OSError:
        return None


def _rss(stat: Stat) -> int | None:
    return None if stat.is_ending or stat.is_kernel_thread else stat.rss_bytes


def _hidden_process(pid: int) -> Process:
    """Return the row of a process of which nothing but the pid is told (hidepid=1)."""
    try:
        user = user_name(owner_of(f"/proc/{pid}"))
    except OSError:
        user = ""
    return Process(
        key=ProcessKey(pid, 0),
        parent_pid=0,
        name=str(pid),
        command="",
        user=user,
        started_unix_s=float("nan"),
        state="",
        rss_bytes=None,
        handles=None,
        threads=None,
        access=Access.NOT_ALLOWED,
        access_reason=say("hidden by the system (hidepid)"),
    )


def _pid(process: Process) -> int:
    return process.key.pid
