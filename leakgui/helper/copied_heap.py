"""A copied heap on its way through this process: a parcel that is not opened here."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Gap
from leakgui.wire.passing import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEstimate:
    """What a copy would cost the target and this machine, before it is made."""

    copy_bytes: int
    """Pages that would be copied."""
    paused_ms: float
    """How long the target would stand still for a plain copy ..."""
    fork_paused_ms: float
    """... and for a copy of a fork."""
    threads: int
    needs_bytes: int
    """Memory taken here while the copy is kept."""
    can_fork: bool
    cannot_fork_reason: str
    """One sentence, fit to be shown; empty where it can."""


class CopiedHeap:
    """The memory of a process as the helper sent it. Close it: it holds open files.

    Only a few numbers are read here; the rest is for the worker, which trusts nothing.
    """

    def __init__(self, parcel: Parcel) -> None:
        """Read the numbers; raises ``HelperFailed`` where they are none."""
        self.parcel = parcel
        self.key: ProcessKey
        self.level: Level
        """How it was done: ``PAUSE`` also where a fork was asked for and refused."""
        self.paused_ms: float
        self.estimated_ms: float
        self.copied_bytes: int
        self.resident_bytes: int
        """RSS while the target stood still."""
        self.taken_unix_s: float
        self.gaps: tuple[Gap, ...]
        self.notes: tuple[str, ...]

    def close(self) -> None:
        """Give the memory back; may be called more than once."""
        self.parcel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
