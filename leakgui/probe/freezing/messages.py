"""What freezer and helper say to each other, as frames."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable
from typing import NamedTuple

from leakgui.errors import AccessDenied, ProcessGone, TargetError, Unsupported
from leakgui.probe.freezing.forking import ForkLost
from leakgui.probe.freezing.order import Report
from leakgui.probe.freezing.pagemap import Runs
from leakgui.probe.freezing.tracing import (
    BeganAnotherProgram,
    NotRestored,
    NotStopped,
)
from leakgui.wire.frames import Frame, Header, Sent

_ERROR_BY_NAME: dict[object, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        NotStopped,
        NotRestored,
        ForkLost,
        BeganAnotherProgram,
        ProcessGone,
        AccessDenied,
        Unsupported,
        ProcessLookupError,
        PermissionError,
        OSError,
        MemoryError,
    )
}
"""More special ones first."""
KNOWN_ERRORS = tuple(_ERROR_BY_NAME.values())

_Columns = list[tuple[str, Sent]]


class Failed(NamedTuple):
    """Why there is no copy."""

    error: Exception
    paused_s: float
    """How long the target stood still for nothing."""


def pack_error(error: Exception, paused_s: float) -> Header:
    """Return one of ``KNOWN_ERRORS`` as a header."""
    name = next(n for n, kind in _ERROR_BY_NAME.items() if isinstance(error, kind))
    header: Header = {"kind": "failed", "error": name, "paused_s": paused_s}
    if isinstance(error, TargetError):
        return {**header, "message": error.message, "hint": error.hint}
    number = error.errno if isinstance(error, OSError) else None
    return {**header, "errno": number or 0}


def unpack_error(header: Header) -> Failed:
    """Return the error again."""
    kind, paused_s = _ERROR_BY_NAME[header["error"]], float(str(header["paused_s"]))
    if issubclass(kind, TargetError):
        return Failed(kind(str(header["message"]), str(header["hint"])), paused_s)
    number = int(str(header["errno"]))
    is_numbered = issubclass(kind, OSError)
    error = kind(number, os.strerror(number)) if is_numbered else kind()
    return Failed(error, paused_s)


_SCALARS: tuple[tuple[str, Callable[[object], object]], ...] = (
    ("unseen_bytes", lambda value: int(str(value))),
    ("resident_bytes", lambda value: int(str(value))),
    ("has_forked", bool),
    ("taken_unix_s", lambda value: float(str(value))),
    ("paused_s", lambda value: float(str(value))),
)


def pack(report: Report) -> tuple[Header, _Columns]:
    """Return a report as header and columns."""
    header: Header = {"kind": "done", "notes": report.notes}
    header.update((name, getattr(report, name)) for name, _ in _SCALARS)
    flat = array("Q", [edge for failed in report.failed for edge in failed])
    return header, [
        ("maps", report.maps),
        ("held.start", report.held.start),
        ("held.end", report.held.end),
        ("held.kind", report.held.kind),
        ("failed", flat),
        ("tids", report.tids),
        ("registers", report.registers),
        ("vectors", report.vectors),
    ]


def unpack(frame: Frame) -> Report:
    """Return the report again."""
    columns = {place.name: _column(frame, place.name) for place in frame.places}
    flat = columns["failed"]
    values: dict[str, object] = {
        name: convert(frame.header[name]) for name, convert in _SCALARS
    }
    notes = frame.header["notes"]
    return Report(
        maps=columns["maps"].tobytes(),
        held=Runs(columns["held.start"], columns["held.end"], columns["held.kind"]),
        failed=list(zip(flat[0::2], flat[1::2], strict=True)),
        tids=columns["tids"],
        registers=columns["registers"],
        vectors=columns["vectors"],
        notes=[str(note) for note in notes] if isinstance(notes, list) else [],
        **values,  # type: ignore[arg-type]  # each was converted to what it must be
    )


def _column(frame: Frame, name: str) -> array[int]:
    code_by_dtype = {"u1": "B", "i8": "q", "u8": "Q"}
    place = next(place for place in frame.places if place.name == name)
    column = array(code_by_dtype[place.dtype])
    size = place.rows * column.itemsize
    column.frombytes(memoryview(frame.payload)[place.offset : place.offset + size])
    return column
