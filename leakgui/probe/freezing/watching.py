"""Start the freezer, listen to it, and end it when it is silent for too long."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from typing import NamedTuple

from leakgui.errors import HelperFailed
from leakgui.probe.freezing.freezer import Freezer
from leakgui.probe.freezing.fuse import settle
from leakgui.probe.freezing.messages import (
    KNOWN_ERRORS,
    Failed,
    pack,
    pack_error,
    unpack,
    unpack_error,
)
from leakgui.probe.freezing.order import Order, Report, Telling
from leakgui.probe.raw import Progress
from leakgui.texts import say
from leakgui.wire.frames import Frame, read_frame, write_frame

PATIENCE_S = 20.0
"""Silence beyond what the copy is expected to take; its own fuse is shorter."""


def run_freezer(order: Order, expected_s: float, progress: Progress) -> Report | Failed:
    """Fork a freezer, wait for its report, and collect it.

    Returns what the freezer met where it could not copy. Raises ``HelperFailed``
    where it died or was silent for too long, ``OSError`` where there is no more of it.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    child = _fork(order, reading, writing)
    listener = _Listener(PATIENCE_S + 10 * expected_s, progress)
    answer = None
    try:
        with FileIO(reading) as pipe:
            answer = listener.listen(pipe)
    finally:
        # Whatever it was doing: the kernel lets the target run on.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if answer is None:
        raise listener.explain(status)
    return answer


def _fork(order: Order, reading: int, writing: int) -> int:
    """Return the pid of a freezer that writes; ``reading`` stays open here."""
    parent = os.getpid()
    try:
        child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        raise
    if child == 0:
        _serve(order, parent, writing)
    os.close(writing)
    return child


class _Burning(NamedTuple):
    """The freezer's fuse as it said last."""

    seconds: float = 0.0
    until_s: float = 0.0
    """Monotonic time, which is the same for both processes."""


class _Listener:
    """Hears what a freezer says, waits for so long, and no longer."""

    def __init__(self, patience_s: float, progress: Progress) -> None:
        self._patience_s, self._progress = patience_s, progress
        self._burning = _Burning()
        self._is_silent = False

    def listen(self, pipe: FileIO) -> Report | Failed | None:
        """Return how it ended; None where it was not said."""
        source = _Patient(pipe, self._wait)
        while (frame := _read(source)) is not None:
            header = frame.header
            if header["kind"] == "done":
                return unpack(frame)
            if header["kind"] == "failed":
                return unpack_error(header)
            if header["kind"] == "fuse":
                seconds, until_s = str(header["s"]), str(header["until_s"])
                self._burning = _Burning(float(seconds), float(until_s))
            else:
                self._progress(int(str(header["done"])), int(str(header["total"])))
        return None

    def _wait(self, poll: select.poll) -> bool:
        self._is_silent = not poll.poll(self._patience_s * 1000)
        return not self._is_silent

    def explain(self, status: int) -> HelperFailed:
        """Return why it said nothing, from its wait status."""
        return HelperFailed(
            say(
                "The process that copies memory for leakgui was ended: {why}.",
                why=self._find_reason(status),
            ),
            say("The program that was looked at runs on. Try again."),
        )

    def _find_reason(self, status: int) -> str:
        lit_s, until_s = self._burning
        if self._is_silent:
            return say("it said nothing for {time:.0f} s", time=self._patience_s)
        if not os.WIFSIGNALED(status):
            return say("it failed, as the log says")
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            return say("it crashed (signal {number})", number=number)
        if lit_s and time.monotonic() >= until_s:
            return say("it took longer than {time:.1f} s", time=lit_s)
        return say("it was killed, most likely since memory ran short")


class _Patient:
    """A pipe that is waited for so long, and no longer."""

    def __init__(self, pipe: FileIO, wait: Callable[[select.poll], bool]) -> None:
        self._pipe, self._wait = pipe, wait
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)

    def readinto(self, buffer: memoryview, /) -> int | None:
        return self._pipe.readinto(buffer) if self._wait(self._poll) else 0


def _read(source: _Patient) -> Frame | None:
    try:
        return read_frame(source)
    except HelperFailed:
        return None  # it was killed while it wrote


def _serve(order: Order, parent: int, writing: int) -> None:
    """Be the freezer; never returns."""
    code = 1
    try:
        settle(parent)
        with FileIO(writing, "w") as pipe:
            _report(order, pipe)
        code = 0
    except BaseException:  # noqa: BLE001  # nothing of this fork may go on
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(code)


def _report(order: Order, pipe: FileIO) -> None:
    def tell_progress(done: int, total: int) -> None:
        write_frame(pipe, {"kind": "progress", "done": done, "total": total})

    def tell_fuse(seconds: float) -> None:
        until_s = time.monotonic() + seconds
        write_frame(pipe, {"kind": "fuse", "s": seconds, "until_s": until_s})

    freezer = Freezer(order, Telling(tell_progress, tell_fuse))
    try:
        report = freezer.run()
    except KNOWN_ERRORS as error:
        write_frame(pipe, pack_error(error, freezer.paused_s))
    else:
        write_frame(pipe, *pack(report))
