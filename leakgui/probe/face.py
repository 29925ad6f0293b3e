"""What every platform can be asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from leakgui.model.metric import Reading, Tier
from leakgui.model.process import Process, ProcessKey, Target
from leakgui.probe.handles import SeenHandle
from leakgui.probe.ownership import Owner
from leakgui.probe.raw import Progress, RawSnapshot
from leakgui.probe.raw_heap import RawEstimate, RawHeapCopy


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Whether one thing can be read of one process, and what would allow it."""

    key: str
    """``counters``, ``handle-names``, ``shares``, ``mappings``, ``thread-stacks``,
    ``limits``, ``memory`` or ``pause``."""
    label: str
    is_allowed: bool
    reason: str
    """Why it is allowed, or why not: one sentence, fit to be shown."""
    command: str = ""
    """The command that would allow it; empty where none would, or none is needed."""


class Reader(Protocol):
    """Measures one process again and again; not to be shared between threads."""

    @property
    def key(self) -> ProcessKey:
        """Return whose reader this is."""

    def describe(self) -> Target:
        """Return name, command and user, as they are now; raises ``ProcessGone``."""

    def facts(self) -> dict[str, str]:
        """Return side facts by key: ``cgroup_path``, ``system``, ... never raises.

        Facts that only turn up while reading (a control group that is not visible
        from here) are there after the first reading of ``Tier.LIMITS``.
        """

    def read(self, tier: Tier) -> Reading:
        """Return every metric of the tier that can be known, in its own unit.

        Raises:
            ProcessGone: the process ended, is a zombie, or the pid is another's.
            AccessDenied: the system refuses this whole tier.
            Unsupported: this system has no answer for this tier.
        """

    def read_handles(self) -> tuple[Reading, list[SeenHandle]]:
        """Return ``Tier.HANDLES`` and each handle; raises what ``read`` raises."""

    def read_state(self) -> str:
        """Return the kernel's letter (``R``, ``S``, ``D``, ``Z``, ``T``, ...).

        A zombie answers ``Z`` here; ``ProcessGone`` is raised when it was collected.
        """

    def close(self) -> None:
        """Give back what is held open; may be called more than once."""


class Platform(Protocol):
    """One operating system, seen from outside the processes."""

    @property
    def name(self) -> str:
        """Return ``linux`` or ``generic``."""

    def list_processes(self) -> list[Process]:
        """Return every process, ordered by pid; one that ends meanwhile is left out.

        What does not change in a process's life is remembered between calls.
        """

    def find_key(self, pid: int) -> ProcessKey:
        """Return the identity of the process that has this pid now.

        Raises:
            ProcessGone: no process has it.
        """

    def open_reader(self, key: ProcessKey) -> Reader:
        """Return a reader; raises ``ProcessGone`` or ``AccessDenied``."""

    def capabilities(self, key: ProcessKey) -> tuple[Capability, ...]:
        """Return what can be read of the process, tried out by reading it.

        Raises:
            ProcessGone: it ended.
        """

    def take_raw_snapshot(
        self, key: ProcessKey, progress: Progress | None = None
    ) -> RawSnapshot:
        """Return mappings, handles and threads as plain columns.

        Raises:
            ProcessGone: it ended before anything could be read.
            AccessDenied: nothing of it may be read.
            Unsupported: this system has no answer.
        """

    def estimate_heap_copy(self, key: ProcessKey) -> RawEstimate:
        """Return what a copy of its memory would cost; the process runs meanwhile.

        Raises:
            ProcessGone: it ended, or the pid is another's.
            AccessDenied: the system would not let us stop it.
            Unsupported: this kind of process or system cannot be copied.
        """

    def copy_heap(
        self,
        key: ProcessKey,
        level: str,
        progress: Progress | None = None,
        owner: Owner | None = None,
    ) -> RawHeapCopy:
        """Stop the process, copy its memory and let it run on; ``pause``, ``inject``.

        With ``owner`` it is refused unless it still is this user's once it stands
        still: until then it may become another's.

        Raises what ``estimate_heap_copy`` raises, and ``HelperFailed`` where what
        holds the process died; the process runs on.
        """
