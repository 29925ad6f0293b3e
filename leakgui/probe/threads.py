"""Every thread of a process: what it does, and how much of its stack it uses.

Sources: proc(5) for ``task/TID/stat`` and ``wchan``; ``fs/proc/base.c``,
``proc_pid_syscall``, for the stack pointer, which is only told of a thread that
sleeps, and only to who could attach to the process (PTRACE_MODE_ATTACH).
"""

from __future__ import annotations

import math
import os
from array import array
from collections import Counter
from typing import NamedTuple

from leakgui.probe.mappings import Range, Ranges
from leakgui.probe.procfs import as_text, read_start
from leakgui.probe.raw import RawTable, TextPool

_MAIN_STACK = "[stack]"


class SeenThread(NamedTuple):
    """One thread at the moment it was looked at."""

    tid: int
    name: str
    state: str
    waits_in: str
    stack_pointer: int | None
    is_denied: bool
    """The stack pointer was refused by the system, not merely unknown."""


class MainStack(NamedTuple):
    """What is known of the first thread's stack; NaN where it is not."""

    size_bytes: float
    """VmStk of ``/proc/PID/status``: it grows and never shrinks, so at least this
    much was in use once."""
    limit_bytes: float
    """RLIMIT_STACK, soft."""


def parse_task_stat(text: bytes) -> tuple[str, str] | None:
    """Return name and state letter from ``task/TID/stat``, or None.

    ``tid (name) S ...``: a name may hold anything, brackets too, so it ends at the
    last closing one (proc(5)).
    """
    head, closing, rest = text.rpartition(b")")
    _, opening, name = head.partition(b"(")
    state = rest.split(None, 1)
    if not closing or not opening or not state:
        return None
    return as_text(name), state[0].decode("ascii", "replace")


def parse_syscall(text: bytes) -> int | None:
    """Return the stack pointer from ``task/TID/syscall``, or None.

    ``number six-arguments sp pc`` in a system call, ``-1 sp pc`` stopped elsewhere,
    ``running`` while it runs; a thread without user memory says ``0x0``.
    """
    parts = text.split()
    if len(parts) not in {3, 9}:
        return None
    try:
        pointer = int(parts[-2], 16)
    except ValueError:
        return None
    return pointer if 0 < pointer < 1 << 64 else None


def read_threads(pid: int) -> list[SeenThread]:
    """Return every thread, sorted by id; one that ends meanwhile is left out.

    Raises:
        OSError: the list of threads cannot be read.
    """
    tids = sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208  # names, not paths
    seen = (_read_thread(pid, tid) for tid in tids)
    return [thread for thread in seen if thread is not None]


def tabulate_threads(
    threads: list[SeenThread],
    pid: int,
    ranges: Ranges | None,
    main_stack: MainStack,
) -> RawTable:
    """Return the columns of ``leakgui.model.snapshot.Threads``."""
    stacks = _find_stacks(threads, ranges)
    names, states, waits = TextPool(), TextPool(), TextPool()
    used, limit = array("d"), array("d")
    for thread in threads:
        names.add(thread.name)
        states.add(thread.state)
        waits.add(thread.waits_in)
        use = stacks.get(thread.tid)
        if use is None and thread.tid == pid:
            use = StackUse(main_stack.size_bytes, math.nan, is_main=True)
        use = use or _UNKNOWN_USE
        used.append(use.used_bytes)
        limit.append(main_stack.limit_bytes if use.is_main else use.limit_bytes)
    return {
        "tid": array("q", [thread.tid for thread in threads]),
        "name": names.column(),
        "state": states.column(),
        "waits_in": waits.column(),
        "stack_used": used,
        "stack_limit": limit,
    }


class StackUse(NamedTuple):
    """How far a stack pointer stands from the end of its mapping."""

    used_bytes: float
    limit_bytes: float
    is_main: bool


_UNKNOWN_USE = StackUse(math.nan, math.nan, is_main=False)


def _find_stacks(
    threads: list[SeenThread], ranges: Ranges | None
) -> dict[int, StackUse]:
    """Return the stack use of the threads for which it is known.

    Stacks grow down, so what is used lies between the pointer and the end of the
    mapping; glibc keeps the thread's own data (some KiB) at that end. A mapping in
    which two threads stand is no stack of one thread (goroutines live so): unknown.
    """
    if ranges is None:
        return {}
    found: dict[int, tuple[int, Range]] = {}
    for thread in threads:
        pointer = thread.stack_pointer
        if pointer is not None and (mapping := ranges.find(pointer)) is not None:
            found[thread.tid] = (pointer, mapping)
    threads_in_row = Counter(mapping.row for _, mapping in found.values())
    return {
        tid: _measure(pointer, mapping)
        for tid, (pointer, mapping) in found.items()
        if threads_in_row[mapping.row] == 1 and _may_be_stack(mapping.path)
    }


def _measure(pointer: int, mapping: Range) -> StackUse:
    return StackUse(
        float(mapping.end - pointer),
        float(mapping.end - mapping.start),
        mapping.path == _MAIN_STACK,
    )


def _may_be_stack(path: str) -> bool:
    """Anonymous memory, or a name such as ``[stack]``, ``[anon:stack_and_tls:7]``."""
    return not path or (path.startswith("[") and "stack" in path)


def _read_thread(pid: int, tid: int) -> SeenThread | None:
    folder = f"/proc/{pid}/task/{tid}"
    try:
        named = parse_task_stat(read_start(f"{folder}/stat"))
    except OSError:  # it ended
        return None
    if named is None:
        return None
    pointer, is_denied = _read_stack_pointer(folder)
    return SeenThread(tid, *named, _read_wchan(folder), pointer, is_denied)


def _read_wchan(folder: str) -> str:
    """Return the kernel function it sleeps in; ``0`` stands for none, or not told."""
    try:
        name = read_start(f"{folder}/wchan").decode("ascii", "replace").strip()
    except OSError:
        return ""
    return "" if name == "0" else name


def _read_stack_pointer(folder: str) -> tuple[int | None, bool]:
    try:
        return parse_syscall(read_start(f"{folder}/syscall")), False
    except PermissionError:
        return None, True
    except OSError:  # it ended, or the kernel was built without this file
        return None, False
