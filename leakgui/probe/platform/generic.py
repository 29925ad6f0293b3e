"""What psutil can tell on every system."""

from __future__ import annotations

import contextlib
import getpass

import psutil

from leakgui.errors import ProcessGone, TargetError, Unsupported
from leakgui.model.metric import Tier
from leakgui.model.process import Access, Process, ProcessKey
from leakgui.probe.edge import gone_error
from leakgui.probe.face import Capability, Reader
from leakgui.probe.ownership import Owner
from leakgui.probe.platform.generic_reader import (
    FOREIGN,
    STATES,
    GenericReader,
    start_ticks,
)
from leakgui.probe.raw import Progress, RawSnapshot
from leakgui.probe.raw_heap import RawEstimate, RawHeapCopy
from leakgui.texts import say

_ASKED = ("ppid", "name", "cmdline", "username", "status", "memory_info", "num_threads")
_TRIED = (
    (Tier.COUNTERS, "counters", "memory and handle counts"),
    (Tier.HANDLES, "handle-names", "what handles lead to"),
    (Tier.SHARES, "shares", "shared and private memory"),
    (Tier.MAPPINGS, "mappings", "mappings"),
    (Tier.LIMITS, "limits", "limits"),
)


class Generic:
    """Looks at processes through psutil; tells less than a platform of its own."""

    name = "generic"

    def list_processes(self) -> list[Process]:
        mine = _my_name()
        rows = []
        for process in psutil.process_iter():
            with contextlib.suppress(*FOREIGN):  # it ended meanwhile
                rows.append(_row(process, mine))
        return sorted(rows, key=lambda row: row.key.pid)

    def find_key(self, pid: int) -> ProcessKey:
        try:
            return ProcessKey(pid, start_ticks(psutil.Process(pid)))
        except (*FOREIGN, ValueError, OverflowError):
            raise gone_error(pid) from None

    def open_reader(self, key: ProcessKey) -> Reader:
        return GenericReader(key)

    def capabilities(self, key: ProcessKey) -> tuple[Capability, ...]:
        reader = GenericReader(key)
        return tuple(
            _try_tier(reader, tier, name, label) for tier, name, label in _TRIED
        )

    def take_raw_snapshot(
        self,
        key: ProcessKey,
        progress: Progress | None = None,  # noqa: ARG002  # the Protocol's name
    ) -> RawSnapshot:
        raise Unsupported(
            say("Snapshots cannot be taken on this system."),
            say("Recordings can: leakgui record {pid}", pid=key.pid),
        )

    def estimate_heap_copy(self, key: ProcessKey) -> RawEstimate:
        raise _no_heap_copies(key)

    def copy_heap(
        self,
        key: ProcessKey,
        level: str,  # noqa: ARG002  # the Protocol's name
        progress: Progress | None = None,  # noqa: ARG002  # the Protocol's name
        owner: Owner | None = None,  # noqa: ARG002  # the Protocol's name
    ) -> RawHeapCopy:
        raise _no_heap_copies(key)


def _no_heap_copies(key: ProcessKey) -> Unsupported:
    return Unsupported(
        say("The heap of a process cannot be copied on this system."),
        say("Recordings can be made: leakgui record {pid}", pid=key.pid),
    )


def _row(process: psutil.Process, mine: str) -> Process:
    known = process.as_dict(_ASKED, ad_value=None)
    is_zombie = known["status"] == psutil.STATUS_ZOMBIE
    memory, user = known["memory_info"], known["username"] or ""
    if is_zombie:
        memory = None
    return Process(
        key=ProcessKey(process.pid, start_ticks(process)),
        parent_pid=known["ppid"] or 0,
        name=known["name"] or "",
        command=" ".join(known["cmdline"] or ()),
        user=user,
        started_unix_s=process.create_time(),
        state=STATES.get(known["status"], ""),
        rss_bytes=memory.rss if memory else None,
        handles=None if is_zombie else _count_handles(process),
        threads=known["num_threads"],
        access=Access.COUNTS_ONLY if memory else Access.NOT_ALLOWED,
        access_reason=_reason(is_zombie=is_zombie, is_readable=bool(memory)),
        is_mine=bool(mine) and user.rpartition("\\")[2] == mine,
    )


def _reason(*, is_zombie: bool, is_readable: bool) -> str:
    if is_zombie:
        return say("already ended, waits for its parent")
    if is_readable:
        return say("this system tells numbers only")
    return say("refused by the system")


def _count_handles(process: psutil.Process) -> int | None:
    count = getattr(process, "num_handles", None) or process.num_fds
    try:
        return int(count())
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError):
        return None


def _my_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _try_tier(reader: Reader, tier: Tier, key: str, label: str) -> Capability:
    reason, is_allowed = say("The system tells it."), True
    try:
        reader.read(tier)
    except ProcessGone:
        raise
    except TargetError as error:
        reason, is_allowed = error.message, False
    return Capability(key=key, label=say(label), is_allowed=is_allowed, reason=reason)
