"""Why a target should not be made to fork; each hazard is asked for beforehand."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable

from leakgui.model.process import ProcessKey
from leakgui.probe.cgroups import GroupReader
from leakgui.probe.freezing.plan import Plan
from leakgui.probe.freezing.refusals import read_headroom
from leakgui.probe.freezing.tracing import list_threads
from leakgui.probe.limits import is_overcommit_off, read_process_limits
from leakgui.probe.procfs import opened_folder, parse_kib, read_file, read_start
from leakgui.texts import say

_FLAGS = re.compile(rb"^VmFlags: ([a-z0-9 ]*)$", re.MULTILINE)
_TOO_SPECIAL = {
    b"dc": "MADV_DONTFORK",
    b"wf": "MADV_WIPEONFORK",
    b"um": "userfaultfd",
    b"uw": "userfaultfd",
    b"ui": "userfaultfd",
}
"""VmFlags (proc(5)): memory that a child lacks, or whose owner is asked at a fork."""
_NEVER_FORKED = {b"io", b"pf"}
"""Device memory has ``dc`` as well and is not copied anyway."""
_MOST_SMAPS_S = 5.0
_SHADOW_STACK = re.compile(rb"^x86_Thread_features:.*\bshstk\b", re.MULTILINE)


def find_fork_hazard(key: ProcessKey, plan: Plan) -> str:
    """Return why it should not fork, one sentence; empty where nothing is known.

    Raises ``OSError`` where the process is gone.
    """
    for find in _HAZARDS:
        reason = find(key, plan)
        if reason:
            return reason
    return ""


def _find_filter(key: ProcessKey, _: Plan) -> str:
    for tid in list_threads(key.pid):
        try:
            status = read_start(f"/proc/{key.pid}/task/{tid}/status")
        except OSError:
            continue  # the thread has ended
        if b"\nSeccomp:\t0\n" not in status:
            return say("A filter of its system calls (seccomp) could kill it.")
        if _SHADOW_STACK.search(status):
            return say("It uses a shadow stack, which forbids an injected call.")
    return ""


def _find_overcommit(_: ProcessKey, __: Plan) -> str:
    if is_overcommit_off():
        return say("This system commits no more memory than it has.")
    return ""


def _find_count_limit(key: ProcessKey, _: Plan) -> str:
    with opened_folder(f"/proc/{key.pid}") as folder:
        groups = GroupReader().read(folder).reading
        own = read_process_limits(folder)
    for used, limit in (
        (groups.get("cgroup_pids"), groups.get("limit_cgroup_pids")),
        (own.get("user_threads"), own.get("limit_user_threads")),
    ):
        if used is not None and limit is not None and used + 2 > limit:
            return say("It may not have one more process.")
    return ""


def _find_short_memory(key: ProcessKey, plan: Plan) -> str:
    """Ask for room for the copy, and for every page that it writes meanwhile."""
    most = plan.private.total_bytes
    free = parse_kib(read_file("/proc/meminfo")).get("MemAvailable", 2 * most)
    if free < 2 * most:
        return say("Too little memory is free for a fork and a copy.")
    headroom = read_headroom(key.pid)
    if headroom is not None and headroom < most:
        return say("Its control group has too little memory left for a fork.")
    return ""


def _find_special_memory(key: ProcessKey, _: Plan) -> str:
    """Look through VmFlags of smaps, for some seconds at most."""
    begun_s, rest = time.monotonic(), b""
    file = os.open(f"/proc/{key.pid}/smaps", os.O_RDONLY | os.O_CLOEXEC)
    try:
        while chunk := os.read(file, 1 << 20):
            if time.monotonic() - begun_s > _MOST_SMAPS_S:
                return say("Looking through its mappings takes too long.")
            whole, _end, rest = (rest + chunk).rpartition(b"\n")
            special = _special_in(whole + b"\n")
            if special:
                return say("It has memory of a special kind: {kind}.", kind=special)
    finally:
        os.close(file)
    return ""


def _special_in(lines: bytes) -> str:
    for text in _FLAGS.findall(lines):
        flags = set(text.split())
        found = flags & _TOO_SPECIAL.keys()
        if found and not flags & _NEVER_FORKED:
            return _TOO_SPECIAL[min(found)]
    return ""


_HAZARDS: tuple[Callable[[ProcessKey, Plan], str], ...] = (
    _find_filter,
    _find_overcommit,
    _find_count_limit,
    _find_short_memory,
    _find_special_memory,
)
