"""One running process of leakgui's own, and the threads that listen to it."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader, FileIO
from queue import Empty, SimpleQueue

from leakgui.errors import HelperFailed
from leakgui.texts import say
from leakgui.wire.frames import Frame, Header
from leakgui.wire.passing import Parcel, SocketEnd, receive_parcel, send_parcel

PATIENCE_S = 2.0
"""How long a child may take to end before it is made to."""

_LONGEST_LOG_LINE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a child is for, and how it is started."""

    name: str
    """``helper`` or ``worker``, for the log and names of threads."""
    title: str
    """The same for users, to begin a sentence with."""
    command: Sequence[str]
    environment: Callable[[], Mapping[str, str] | None] = field(default=lambda: None)
    """Gives all of it, when the child is started; ``None``: that of this process."""
    explain: Callable[[int], str] = field(default=lambda _: "")
    """From an exit status to what the user should know, or nothing."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A request on its way out."""

    header: Header
    content: Frame | None = None
    """A frame whose columns are handed on."""
    files: Sequence[int] = ()
    while_full: Callable[[], None] | None = None
    """Called now and then while the child takes nothing; may raise."""


class Child:
    """A process that was started; whatever it sends is waiting in a queue.

    Its standard input and output are one socket, so that open files can pass.
    """

    def __init__(self, role: Role) -> None:
        """Start it; raises ``HelperFailed`` where that cannot be done."""
        self._role = role
        self._logger = logging.getLogger(f"leakgui.{role.name}")
        self._socket, theirs = socket.socketpair()
        self._end = SocketEnd(self._socket)
        with theirs:
            self._process = self._start(theirs)
        # A parcel; or why there are no more, None being the end of input.
        self._arrived: SimpleQueue[Parcel | HelperFailed | None] = SimpleQueue()
        self._last_words = ""
        self._listeners = [
            threading.Thread(target=listen, name=f"{role.name} {what}", daemon=True)
            for what, listen in (("frames", self._receive), ("log", self._relay_log))
        ]
        for listener in self._listeners:
            listener.start()

    def _start(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._role.command,
                bufsize=0,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                env=self._role.environment(),
            )
        except OSError as error:
            self._socket.close()
            title = self._role.title
            raise HelperFailed(
                say("{title} cannot be started: {error}", title=title, error=error)
            ) from error

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Return whether it has not ended yet."""
        return self._process.poll() is None

    def send(self, sending: Sending) -> None:
        """Send a request; raises ``HelperFailed`` where nobody takes it."""
        self._end.while_full = sending.while_full
        try:
            send_parcel(self._end, sending.header, sending.content or (), sending.files)
        except OSError as error:
            raise self._died() from error

    def receive(self, timeout_s: float) -> Parcel | None:
        """Return the next frame with its files, or None where none came in time.

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
            self._socket.shutdown(socket.SHUT_WR)
        for make_it_end in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(PATIENCE_S)
                break
            except subprocess.TimeoutExpired:
                # With rights that we lack it may be beyond our signals.
                with suppress(PermissionError):
                    make_it_end()
        self._collect()

    def kill(self) -> None:
        """End it at once, whatever it does; it only reads, so this harms nothing.

        What cannot be killed from here, having more rights, ends when it sees the
        socket closed (``leakgui.wire.standard_streams.end_with_client``).
        """
        with suppress(PermissionError):
            self._process.kill()
        self._collect()

    def _collect(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._logger.warning("%s %d does not end", self._role.name, self.pid)
            return
        for listener in self._listeners:
            listener.join()
        self._socket.close()
        _pipe(self._process).close()
        self._drop_arrived()

    def _drop_arrived(self) -> None:
        """Close the files of what nobody waits for any more."""
        with suppress(Empty):
            while True:
                arrived = self._arrived.get_nowait()
                if isinstance(arrived, Parcel):
                    arrived.close()

    def _receive(self) -> None:
        try:
            while (parcel := receive_parcel(self._end)) is not None:
                self._arrived.put(parcel)
            self._arrived.put(None)
        except HelperFailed as error:
            self._arrived.put(error)
        except OSError:
            self._arrived.put(None)

    def _relay_log(self) -> None:
        """Log what the child logs, at the level that it says first in the line."""
        with BufferedReader(_pipe(self._process)) as stream:
            while line := stream.readline(_LONGEST_LOG_LINE):
                self._log_again(line.decode("utf-8", "replace").rstrip())

    def _log_again(self, line: str) -> None:
        level, _, text = line.partition(" ")
        number = logging.getLevelNamesMapping().get(level)
        if number is None:  # a traceback, or what some library printed
            self._last_words = line
            self._logger.warning("%s", line)
        else:
            self._logger.log(number, "%s", text)

    def _died(self) -> HelperFailed:
        """Return why it is gone, in its own last words where it had any."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE_S)
            self._listeners[1].join(PATIENCE_S)
        explained = self._role.explain(self._process.returncode or 0)
        if explained:
            return HelperFailed(explained)
        title, words = self._role.title, self._last_words
        message = say("{title} has ended.", title=title)
        if words:
            message = say("{title} has ended: {words}", title=title, words=words)
        return HelperFailed(
            message, say("Try again: a new one is started. The log says more.")
        )


def _pipe(process: subprocess.Popen[bytes]) -> FileIO:
    """Return the pipe of its log, which was asked for without a buffer."""
    if not isinstance(process.stderr, FileIO):
        raise TypeError(type(process.stderr))
    return process.stderr
