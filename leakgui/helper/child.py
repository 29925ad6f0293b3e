"""One running helper process, and the threads that listen to it."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from io import BufferedReader, FileIO
from queue import Empty, SimpleQueue
from typing import IO

from leakgui.errors import HelperFailed
from leakgui.texts import say
from leakgui.wire.frames import Frame, Header, read_frame, write_frame

logger = logging.getLogger("leakgui.helper")

# -I: neither the working folder nor the environment decides what code runs there.
COMMAND = (sys.executable, "-I", "-m", "leakgui.helper")

PATIENCE_S = 2.0
"""How long a helper may take to end before it is made to."""

_LONGEST_LOG_LINE = 4096


class Child:
    """A helper that was started; whatever it sends is waiting in a queue."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        """Start it; raises ``HelperFailed`` where that cannot be done."""
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise HelperFailed(
                say("The helper cannot be started: {error}", error=error)
            ) from error
        # A frame; or why there are no more, None being the end of input.
        self._arrived: SimpleQueue[Frame | HelperFailed | None] = SimpleQueue()
        self._listeners = [
            threading.Thread(target=listen, name=name, daemon=True)
            for name, listen in (
                ("helper frames", self._receive),
                ("helper log", self._relay_log),
            )
        ]
        for listener in self._listeners:
            listener.start()

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended yet."""
        return self._process.poll() is None

    def send(self, header: Header) -> None:
        """Send a request; raises ``HelperFailed`` where nobody takes it."""
        try:
            write_frame(_pipe(self._process.stdin), header)
        except (OSError, ValueError) as error:
            raise self._died() from error

    def receive(self, timeout_s: float) -> Frame | None:
        """Return the next frame, or None where none came in time.

        Raises:
            HelperFailed: it ended, or sent what is no frame.
        """
        try:
            arrived = self._arrived.get(timeout=max(0.0, timeout_s))
        except Empty:
            return None
        if arrived is None:
            raise self._died()
        if isinstance(arrived, HelperFailed):
            raise arrived
        return arrived

    def end(self) -> None:
        """Let it finish, then make it; returns when nothing of it is left."""
        with suppress(OSError):
            _pipe(self._process.stdin).close()
        for make_it_end in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(PATIENCE_S)
                break
            except subprocess.TimeoutExpired:
                make_it_end()
        self._collect()

    def kill(self) -> None:
        """End it at once, whatever it does; it only reads, so this harms nothing."""
        self._process.kill()
        with suppress(OSError):
            _pipe(self._process.stdin).close()
        self._collect()

    def _collect(self) -> None:
        self._process.wait()
        for listener in self._listeners:
            listener.join()
        _pipe(self._process.stdout).close()
        _pipe(self._process.stderr).close()

    def _receive(self) -> None:
        try:
            while (frame := read_frame(_pipe(self._process.stdout))) is not None:
                self._arrived.put(frame)
            self._arrived.put(None)
        except HelperFailed as error:
            self._arrived.put(error)
        except OSError:
            self._arrived.put(None)

    def _relay_log(self) -> None:
        """Log what the helper logs, at the level that it says first in the line."""
        with BufferedReader(_pipe(self._process.stderr)) as stream:
            while line := stream.readline(_LONGEST_LOG_LINE):
                _log_again(line.decode("utf-8", "replace").rstrip())

    def _died(self) -> HelperFailed:
        return HelperFailed(
            say("The helper that reads for leakgui has ended."),
            say("Try again: a new one is started. The log says more."),
        )


def _log_again(line: str) -> None:
    level, _, text = line.partition(" ")
    number = logging.getLevelNamesMapping().get(level)
    if number is None:  # a traceback, or what some library printed
        logger.warning("%s", line)
    else:
        logger.log(number, "%s", text)


def _pipe(stream: IO[bytes] | None) -> FileIO:
    """Return one of the pipes; all three were asked for, and without a buffer."""
    if not isinstance(stream, FileIO):
        raise HelperFailed(say("The helper was started without a pipe."))
    return stream
