"""A copied heap on its way through this process: a parcel that is not opened here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from leakgui.helper.unpacking import unpack_gaps
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.wire.frames import Header, broken
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
    notes: tuple[str, ...] = ()
    """What else should be known before: sentences, fit to be shown."""


class CopiedHeap:
    """The memory of a process as the helper sent it. Close it: it holds open files.

    Only a few numbers are read here; the rest is for the worker, which trusts nothing.
    """

    def __init__(self, parcel: Parcel) -> None:
        """Read the numbers; raises ``HelperFailed`` where they are none."""
        self.parcel = parcel
        try:
            self._read(parcel.header)
        except (KeyError, TypeError, ValueError) as error:
            parcel.close()
            raise broken("a copied heap that is none") from error

    def _read(self, header: Header) -> None:
        if not self.parcel.files:
            raise ValueError
        self.key = ProcessKey(_count(header, "pid"), _count(header, "start_ticks"))
        self.level = Level(str(header["level"]))
        """How it was done: ``PAUSE`` also where a fork was asked for and refused."""
        self.paused_ms = _number(header, "paused_ms")
        self.estimated_ms = _number(header, "estimated_ms")
        self.copied_bytes = _count(header, "copied_bytes")
        self.resident_bytes = _count(header, "resident_bytes")
        """RSS while the target stood still."""
        self.taken_unix_s = _number(header, "taken_unix_s")
        self.gaps = unpack_gaps(header)
        self.notes = _texts(header, "notes")

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


def unpack_estimate(parcel: Parcel) -> CopyEstimate:
    """Return the estimate that a frame holds; raises ``HelperFailed`` for others."""
    header = parcel.header
    try:
        return CopyEstimate(
            copy_bytes=_count(header, "copy_bytes"),
            paused_ms=_number(header, "paused_ms"),
            fork_paused_ms=_number(header, "fork_paused_ms"),
            threads=_count(header, "threads"),
            needs_bytes=_count(header, "needs_bytes"),
            can_fork=header["can_fork"] is True,
            cannot_fork_reason=str(header["cannot_fork_reason"]),
            notes=_texts(header, "notes"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise broken("an estimate that is none") from error


def _number(header: Header, name: str) -> float:
    value = header[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(name)
    if not 0 <= value < math.inf:
        raise ValueError(name)
    return float(value)


def _count(header: Header, name: str) -> int:
    value = header[name]
    if type(value) is not int:
        raise TypeError(name)
    if not 0 <= value < 1 << 63:
        raise ValueError(name)
    return value


def _texts(header: Header, name: str) -> tuple[str, ...]:
    texts = header[name]
    if not isinstance(texts, list):
        raise TypeError(name)
    return tuple(str(text) for text in texts)
