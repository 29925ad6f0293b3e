"""The limits a process can run into, and how much of them is used."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from leakgui.probe.process_stat import parse_stat
from leakgui.probe.procfs import (
    list_names,
    owner_of,
    parse_kib,
    parse_number,
    read_file,
    read_number,
    read_start,
)

_METRIC_OF_RLIMIT = {
    "Max open files": "limit_handles",
    "Max address space": "limit_as_bytes",
    "Max data size": "limit_data_bytes",
    "Max stack size": "limit_stack_bytes",
    "Max processes": "limit_user_threads",
}
_RLIMIT_LINE = re.compile(rb"^(Max [a-z ]+?)  +(\w+) +\w+", re.MULTILINE)
_CAPABILITIES = re.compile(rb"^CapEff:\s*([0-9a-f]{1,16})$", re.MULTILINE)
_OWNER = re.compile(rb"^Uid:\s*(\d+)", re.MULTILINE)
_MAY_EXCEED_THREADS = 1 << 21 | 1 << 24
"""CAP_SYS_ADMIN and CAP_SYS_RESOURCE lift RLIMIT_NPROC (kernel/fork.c)."""
NO_LIMIT = 1 << 63
"""RLIM_INFINITY of a 32-bit or careless program, and everything above it."""


def parse_limits(text: bytes) -> dict[str, float]:
    """Return the soft limits of /proc/PID/limits that leakgui knows, by metric.

    Layout: ``fs/proc/base.c``, proc_pid_limits. ``unlimited`` is no limit: absent.
    """
    reading: dict[str, float] = {}
    for name, soft in _RLIMIT_LINE.findall(text):
        metric = _METRIC_OF_RLIMIT.get(name.decode("ascii"))
        value = parse_number(soft)
        if metric and value is not None and value < NO_LIMIT:
            reading[metric] = float(value)
    return reading


def parse_system_memory(text: bytes) -> dict[str, float]:
    """Return use and size of memory and swap together from /proc/meminfo (proc(5)).

    Free is MemAvailable + SwapFree: what programs can still get without an
    out-of-memory kill. Kernels before 3.14 have no MemAvailable: unknown then.
    """
    amounts = parse_kib(text)
    if "MemTotal" not in amounts:
        return {}
    size = amounts["MemTotal"] + amounts.get("SwapTotal", 0)
    reading = {"limit_system_bytes": float(size)}
    if "MemAvailable" in amounts:
        free = amounts["MemAvailable"] + amounts.get("SwapFree", 0)
        reading["system_bytes"] = float(max(0, size - free))
    return reading


def parse_commit(text: bytes) -> dict[str, float]:
    """Return what is committed and may be, from /proc/meminfo (proc(5))."""
    amounts = parse_kib(text)
    names = {"commit_bytes": "Committed_AS", "limit_commit_bytes": "CommitLimit"}
    return {
        metric: float(amounts[name])
        for metric, name in names.items()
        if name in amounts
    }


def parse_load(text: bytes) -> dict[str, float]:
    """Return the threads of the system: ``1/92`` in /proc/loadavg (proc(5))."""
    fields = text.split()
    total = parse_number(fields[3].partition(b"/")[2]) if len(fields) > 3 else None
    return {} if total is None else {"system_threads": float(total)}


def read_process_limits(folder: int) -> dict[str, float]:
    """Return soft limits and threads of the user from an open /proc/PID.

    Both numbers for the user are absent where RLIMIT_NPROC does not bind: for root
    and for processes with CAP_SYS_ADMIN or CAP_SYS_RESOURCE. Raises ``OSError``.
    """
    reading = parse_limits(read_start("limits", folder))
    status = read_file("status", folder)
    owner = bound_user(status)
    if owner is None:
        reading.pop("limit_user_threads", None)
    elif "limit_user_threads" in reading:
        reading["user_threads"] = float(count_threads_of(owner))
    return reading


def bound_user(status: bytes) -> int | None:
    """Return the real user id when RLIMIT_NPROC binds it, from /proc/PID/status."""
    owner, capabilities = _OWNER.search(status), _CAPABILITIES.search(status)
    if not owner or int(owner[1][:20]) == 0:
        return None
    if capabilities and int(capabilities[1], 16) & _MAY_EXCEED_THREADS:
        return None
    return int(owner[1][:20])


def count_threads_of(owner: int) -> int:
    """Return the threads of all processes that belong to a user.

    /proc/PID belongs to the effective user; processes that may not be inspected
    belong to root there and are missed (proc(5)), so the count can be a little low.
    """
    threads = 0
    for name in list_names("/proc"):
        if name.isdigit():
            threads += _threads_if_of(owner, f"/proc/{name}")
    return threads


def _threads_if_of(owner: int, path: str) -> int:
    try:
        if owner_of(path) != owner:
            return 0
        return parse_stat(read_start(f"{path}/stat")).threads
    except OSError:
        return 0  # it ended meanwhile


def read_system_limits() -> dict[str, float]:
    """Return the limits of the whole system and what is used of them."""
    reading: dict[str, float] = {}
    mappings = read_number("/proc/sys/vm/max_map_count")
    if mappings is not None:
        reading["limit_mappings"] = float(mappings)
    threads = [
        number
        for name in ("threads-max", "pid_max")
        if (number := read_number(f"/proc/sys/kernel/{name}")) is not None
    ]
    if threads:
        reading["limit_threads"] = float(min(threads))
    reading.update(_read_shared_numbers())
    return reading


def _read_shared_numbers() -> Mapping[str, float]:
    reading: dict[str, float] = {}
    try:
        reading.update(parse_load(read_start("/proc/loadavg")))
        memory = read_start("/proc/meminfo")
    except OSError:
        return reading
    reading.update(parse_system_memory(memory))
    if is_overcommit_off():
        reading.update(parse_commit(memory))
    return reading


def is_overcommit_off() -> bool:
    """Return whether the commit limit binds: vm.overcommit_memory 2 (proc(5))."""
    return read_number("/proc/sys/vm/overcommit_memory") == 2


def system_name() -> str:
    """Return system, kernel and machine: ``Linux 6.1.0 x86_64``."""
    system = os.uname()
    return f"{system.sysname} {system.release} {system.machine}"
