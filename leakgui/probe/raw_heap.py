"""The copied memory of one process as the standard library can hold it."""

from __future__ import annotations

import os
from array import array
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from leakgui.model.process import ProcessKey
from leakgui.probe.raw import RawGap, RawTable, RawText

PAUSE = "pause"
"""Stop the target and copy its memory; values of ``leakgui.model.heap.Level``."""
INJECT = "inject"
"""Stop the target only until it has forked, and copy the fork's memory."""

PAGE_BYTES = 4096
"""The only page size of x86-64 that pagemap counts in (proc(5))."""


@dataclass(slots=True, kw_only=True)
class RawHeapCopy:
    """What was copied while the target stood still. Closing it closes its files.

    Places in ``memory`` are the target's own addresses; what no page was copied for
    reads as zero, and should not be read at all: reading a hole takes memory.
    """

    key: ProcessKey
    level: str
    """How it was really done: ``pause`` also where ``inject`` was asked and refused."""
    paused_ms: float
    """From the first thread that was stopped until the last one ran again."""
    estimated_ms: float
    copied_bytes: int
    resident_bytes: int
    """RSS while it stood still (``/proc/PID/statm``)."""
    taken_unix_s: float
    executable: str
    memory: int
    """Descriptor of a sealed memfd: **file offset = address in the target**."""
    module_files: list[int]
    """A readable descriptor for each of ``modules``, -1 where it was not opened."""
    modules: RawText
    """Paths of mapped files, as the target names them."""
    segments: RawTable
    """``start``, ``end`` [Q]: whole pages, sorted, at least 1 MiB apart."""
    present: array[int]
    """[B] One bit a page, pages counted through the segments one behind the other:
    page p is bit ``p & 7`` of byte ``p >> 3``; set where it was copied."""
    regions: RawTable
    """All mappings: ``start``, ``end``, ``offset``, ``resident`` [Q], ``module``,
    ``was_copied`` [q], ``permissions``, ``path`` (texts)."""
    threads: RawTable
    """``tid`` [q], ``name`` (text)."""
    registers: array[int]
    """[Q] 27 a thread: ``struct user_regs_struct`` of x86-64 (sys/user.h)."""
    vectors: array[int]
    """[Q] 32 a thread: XMM0 to XMM15."""
    gaps: list[RawGap] = field(default_factory=list)
    """``where`` is ``memory``, ``modules`` or ``threads``."""
    notes: list[str] = field(default_factory=list)
    """What else should be known: why no fork was made, for example."""

    def close(self) -> None:
        """Give back the memory and all files; may be called more than once."""
        for descriptor in (self.memory, *self.module_files):
            if descriptor >= 0:
                os.close(descriptor)
        self.memory, self.module_files = -1, [-1] * len(self.module_files)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEstimate:
    """What a copy would cost the target and this machine, before it is made."""

    copy_bytes: int
    """Pages that would be copied: present or swapped."""
    paused_ms: float
    """How long the target would stand still for a plain copy."""
    fork_paused_ms: float
    """The same for a fork snapshot."""
    threads: int
    needs_bytes: int
    """Memory taken here while the copy is kept."""
    can_fork: bool
    cannot_fork_reason: str = ""
    """One sentence, fit to be shown; empty where it can."""
    notes: list[str] = field(default_factory=list)
    """What else should be known before: that much of it is swapped out."""
