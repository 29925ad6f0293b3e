"""One process at one instant.

Many things are columns: one read-only array for each property, one row for each
mapping, handle or thread. A column that could not be read is ``None`` as a
whole; a single unknown number is NaN, a single unknown text is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.heap import Heap
from leakgui.model.text_column import TextColumn


class GapReason(StrEnum):
    """Why something is missing."""

    DENIED = "denied"
    VANISHED = "vanished"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    UNPARSABLE = "unparsable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A part of a snapshot that could not be had, and why."""

    where: str
    reason: GapReason
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mappings(Columns):
    """Every mapping of a process, one row each, sorted by address; sizes in bytes.

    The columns from ``rss`` on come from ``/proc/PID/smaps`` (proc(5)) and are
    ``None`` where only ``maps`` could be read.
    """

    start: U64
    end: U64
    permissions: TextColumn
    offset: U64
    inode: U64
    path: TextColumn
    rss: U64 | None = None
    pss: U64 | None = None
    private_clean: U64 | None = None
    private_dirty: U64 | None = None
    shared_clean: U64 | None = None
    shared_dirty: U64 | None = None
    anonymous: U64 | None = None
    swap: U64 | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Handles(Columns):
    """Every open handle of a process, one row each, sorted by number."""

    number: I64
    kind: TextColumn
    """One of ``leakgui.model.metric.HANDLE_KINDS``."""
    target: TextColumn
    """A path, ``tcp 10.0.0.2:80 → 10.0.0.1:555``, or the kernel's own name."""
    state: TextColumn
    """TCP state (``ESTABLISHED``, ``CLOSE_WAIT``, ...) or empty."""
    peer: TextColumn
    """Remote address of a socket, or empty."""
    inode: U64
    """What tells two opens of one number apart; 0 where the kernel names none."""
    first_seen_s: F64
    """Elapsed seconds of the recording when it was first seen; NaN where unknown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Threads(Columns):
    """Every thread of a process, one row each, sorted by id."""

    tid: I64
    name: TextColumn
    state: TextColumn
    waits_in: TextColumn
    """The kernel function it sleeps in (``/proc/PID/task/TID/wchan``), or empty."""
    stack_used: F64
    """Bytes from the stack pointer to the end of its mapping; NaN where unknown."""
    stack_limit: F64
    """Bytes its stack can grow to; NaN where unknown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The inside of a process at one instant."""

    number: int
    """Counted from 1 within a recording."""
    name: str
    elapsed_s: float
    taken_unix_s: float
    counters: Mapping[str, float]
    """Metric values at that moment, limits included; unknown ones are absent."""
    mappings: Mappings | None
    handles: Handles | None
    threads: Threads | None
    gaps: tuple[Gap, ...] = ()
    was_stopped: bool = False
    paused_ms: float = 0.0
    cost_ms: float = 0.0
    """How long taking it took, outside the target."""
    note: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    heap: Heap | None = None
    """What is known of the native heap; ``None`` where nobody asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHeading:
    """One line about a snapshot, for the list; ``None`` is unknown."""

    number: int
    name: str
    elapsed_s: float
    taken_unix_s: float
    rss_bytes: float | None
    handles: float | None
    threads: float | None
    note: str = ""
    has_heap: bool = False
    lost_bytes: float | None = None
    """What nothing reaches in its heap; ``None`` where that is not known."""
