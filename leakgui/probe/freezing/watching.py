"""Start the freezer, listen to it, and end it when it is silent for too long."""

from __future__ import annotations

import os
import select
import signal
import sys
import traceback
from array import array
from collections.abc import Callable
from contextlib import suppress
from io import FileIO

from leakgui.errors import HelperFailed
from leakgui.probe.freezing.freezer import Freezer, Order, Report
from leakgui.probe.freezing.fuse import settle
from leakgui.probe.freezing.pagemap import Runs
from leakgui.probe.freezing.tracing import BeganAnotherProgram, NotStopped
from leakgui.probe.raw import Progress
from leakgui.texts import say
from leakgui.wire.frames import Frame, Header, Sent, read_frame, write_frame

PATIENCE_S = 20.0
"""Silence beyond what the copy is expected to take; its own fuse is shorter."""

_ERROR_BY_NAME: dict[object, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        NotStopped,
        BeganAnotherProgram,
        ProcessLookupError,
        PermissionError,
        OSError,
        MemoryError,
    )
}
_Columns = list[tuple[str, Sent]]


def run_freezer(order: Order, expected_s: float, progress: Progress) -> Report:
    """Fork a freezer, wait for its report, and collect it.

    Raises what the freezer met: ``NotStopped``, ``BeganAnotherProgram``,
    ``ProcessLookupError``, ``PermissionError``, another ``OSError``, ``MemoryError``;
    ``HelperFailed`` where it died or was silent for too long.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _serve(order, parent, writing)
    os.close(writing)
    try:
        with FileIO(reading) as pipe:
            return _listen(_Patient(pipe, PATIENCE_S + 10 * expected_s), progress)
    finally:
        # Whatever it was doing: the kernel lets the target run on.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


class _Patient:
    """A pipe that is waited for so long, and no longer."""

    def __init__(self, pipe: FileIO, patience_s: float) -> None:
        self._pipe, self._patience_s = pipe, patience_s
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)

    def readinto(self, buffer: memoryview, /) -> int | None:
        if not self._poll.poll(self._patience_s * 1000):
            return 0
        return self._pipe.readinto(buffer)


def _listen(source: _Patient, progress: Progress) -> Report:
    while (frame := read_frame(source)) is not None:
        header = frame.header
        if header["kind"] == "done":
            return _unpack(frame)
        if header["kind"] == "failed":
            raise _unpack_error(header)
        progress(int(str(header["done"])), int(str(header["total"])))
    raise HelperFailed(
        say("The process that copies memory for leakgui was ended."),
        say("The program that was looked at runs on. Try again."),
    )


def _serve(order: Order, parent: int, writing: int) -> None:
    """Be the freezer; never returns."""
    try:
        settle(parent)
        with FileIO(writing, "w") as pipe:
            _report(order, pipe)
    except BaseException:  # noqa: BLE001  # nothing of this fork may go on
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(0)


def _report(order: Order, pipe: FileIO) -> None:
    def tell(done: int, total: int) -> None:
        write_frame(pipe, {"kind": "progress", "done": done, "total": total})

    try:
        report = Freezer(order, tell).run()
    except tuple(_ERROR_BY_NAME.values()) as error:
        write_frame(pipe, _pack_error(error))
    else:
        write_frame(pipe, *_pack(report))


def _pack_error(error: Exception) -> Header:
    name = next(n for n, kind in _ERROR_BY_NAME.items() if isinstance(error, kind))
    number = error.errno if isinstance(error, OSError) else None
    return {"kind": "failed", "error": name, "errno": number or 0}


def _unpack_error(header: Header) -> Exception:
    kind = _ERROR_BY_NAME[header["error"]]
    number = int(str(header["errno"]))
    return kind(number, os.strerror(number)) if issubclass(kind, OSError) else kind()


_SCALARS: tuple[tuple[str, Callable[[object], object]], ...] = (
    ("resident_bytes", lambda value: int(str(value))),
    ("has_forked", bool),
    ("taken_unix_s", lambda value: float(str(value))),
    ("paused_s", lambda value: float(str(value))),
)


def _pack(report: Report) -> tuple[Header, _Columns]:
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


def _unpack(frame: Frame) -> Report:
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
