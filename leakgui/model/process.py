"""Which process, and how we know it is still the same one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class ProcessKey(NamedTuple):
    """The identity of a process: a pid alone is used again, this pair is not.

    ``start_ticks`` is the start time in clock ticks since boot on Linux
    (``/proc/PID/stat`` field 22, proc(5)); elsewhere the creation time in
    hundredths of a second since 1970.
    """

    pid: int
    start_ticks: int


class Access(StrEnum):
    """What the system lets us see of a process."""

    FULL = "full"
    COUNTS_ONLY = "counts only"
    NOT_ALLOWED = "not allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One row of the process list; ``None`` is unknown, never zero."""

    key: ProcessKey
    parent_pid: int
    name: str
    command: str
    user: str
    started_unix_s: float
    state: str
    """The kernel's letter: R running, S sleeping, D waiting, Z zombie, T stopped."""
    rss_bytes: int | None
    handles: int | None
    threads: int | None
    access: Access
    access_reason: str = ""
    group: str = ""
    """The container or unit it belongs to, by its control group; may be empty."""
    is_kernel_thread: bool = False
    is_mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The process of a recording, as it was when the recording began."""

    key: ProcessKey
    name: str
    command: str
    user: str
    started_unix_s: float
    executable: str = ""
