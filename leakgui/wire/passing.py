"""Frames with open files beside them, over a socket between two processes.

The header of such a frame has their number under ``files``. Behind the frame come
messages of one byte each, and with every byte at most ``FILES_A_MESSAGE`` descriptors
(unix(7), SCM_RIGHTS): the kernel takes no more than 253, ``include/net/scm.h``,
SCM_MAX_FD. Descriptors that come with any other byte are never received, so they are
closed by the kernel.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from typing import Protocol

from leakgui.errors import HelperFailed
from leakgui.texts import say
from leakgui.wire.frames import (
    MOST_PAYLOAD_BYTES,
    Frame,
    Header,
    Sent,
    Sink,
    Source,
    broken,
    forward_frame,
    read_frame,
    write_frame,
)

MOST_FILES = 512
"""In one parcel: a memory file and the modules of a very large program."""
FILES_A_MESSAGE = 200

_MARK = b"F"
_CREDENTIALS = struct.Struct("3i")
"""``struct ucred``: pid, user, group (unix(7))."""
_LOOK_EVERY_MS = 50
_DESCRIPTOR_BYTES = 4


@dataclass(slots=True)
class Parcel:
    """A frame that was received, and the files that came with it, to be closed."""

    frame: Frame
    files: list[int] = field(default_factory=list)
    """Open descriptors, not inherited by other programs."""

    @property
    def header(self) -> Header:
        """Return what the frame says first."""
        return self.frame.header

    def close(self) -> None:
        """Close the files; may be called more than once."""
        close_files(self.files)
        self.files = []


class End(Source, Sink, Protocol):
    """One end of a way on which frames go in both directions, and perhaps files."""

    can_pass_files: bool

    def fileno(self) -> int:
        """Return a descriptor on which poll(2) tells that the other end is gone."""

    def find_owner(self) -> tuple[int, int] | None:
        """Return user and group at the other end, where the system tells."""

    def send_files(self, files: Sequence[int]) -> None:
        """Send descriptors; they stay open here."""

    def receive_files(self, count: int) -> list[int]:
        """Return so many descriptors; raises ``HelperFailed`` and keeps none."""


class SocketEnd:
    """One end of a pair of sockets."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self.can_pass_files = True
        self.while_full: Callable[[], None] | None = None
        """Called now and then while the other end takes nothing; may raise."""

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self._socket.fileno()

    def find_owner(self) -> tuple[int, int] | None:
        """Return who made the pair of sockets (unix(7), SO_PEERCRED)."""
        peer = self._socket.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
        )
        _, user, group = _CREDENTIALS.unpack(peer)
        return int(user), int(group)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a part of the buffer; 0 at the end."""
        return self._socket.recv_into(buffer)

    def write(self, data: memoryview, /) -> int:
        """Send a part of the data, as soon as the other end takes some."""
        return self._send([data])

    def send_files(self, files: Sequence[int]) -> None:
        """Send descriptors; they stay open here."""
        for begin in range(0, len(files), FILES_A_MESSAGE):
            batch = array("i", files[begin : begin + FILES_A_MESSAGE])
            self._send([_MARK], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, batch)])

    def receive_files(self, count: int) -> list[int]:
        """Return so many descriptors; raises ``HelperFailed`` and keeps none."""
        files: list[int] = []
        try:
            while len(files) < count:
                self._receive_batch(files, min(count - len(files), FILES_A_MESSAGE))
        except BaseException:
            close_files(files)
            raise
        return files

    def _receive_batch(self, files: list[int], count: int) -> None:
        room = socket.CMSG_SPACE(count * _DESCRIPTOR_BYTES)
        data, extras, flags, _ = self._socket.recvmsg(1, room, socket.MSG_CMSG_CLOEXEC)
        received = array("i")
        for level, kind, content in extras:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                received.frombytes(content[: len(content) // _DESCRIPTOR_BYTES * 4])
        # From here on they are the caller's to close, whatever is wrong with them.
        files += received
        if data != _MARK:
            raise broken("end of input before the files")
        if flags & socket.MSG_CTRUNC and len(received) < count:
            raise HelperFailed(
                say("leakgui may not open as many files as this program has mapped."),
                say("Allow more: ulimit -n 4096"),
            )
        if len(received) != count:
            raise broken("another number of files than announced")

    def _send(
        self,
        pieces: list[memoryview] | list[bytes],
        extras: Sequence[tuple[int, int, array[int]]] = (),
    ) -> int:
        while True:
            try:
                return self._socket.sendmsg(pieces, extras, socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait()

    def _wait(self) -> None:
        waiting = select.poll()
        waiting.register(self._socket, select.POLLOUT)
        waiting.poll(_LOOK_EVERY_MS)
        if self.while_full is not None:
            self.while_full()


class PipeEnds:
    """Two pipes instead of a socket: frames pass, files don't.

    Some programs that give rights put pipes between (sudo, where it keeps a log of
    what goes in and out).
    """

    def __init__(self, source: FileIO, sink: FileIO) -> None:
        self._source, self._sink = source, sink
        self.can_pass_files = False

    def fileno(self) -> int:
        """Return the descriptor of the pipe to the other end."""
        return self._sink.fileno()

    def find_owner(self) -> tuple[int, int] | None:
        """Return None: pipes don't tell."""
        return None

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill a part of the buffer; 0 at the end."""
        return self._source.readinto(buffer)

    def write(self, data: memoryview, /) -> int | None:
        """Take a part of the data."""
        return self._sink.write(data)

    def send_files(self, files: Sequence[int]) -> None:
        """Send none; nobody asks for more."""

    def receive_files(self, count: int) -> list[int]:
        """Receive none."""
        if count:
            raise broken("files through a pipe")
        return []


def send_parcel(
    end: End,
    header: Header,
    content: Sequence[tuple[str, Sent]] | Frame = (),
    files: Sequence[int] = (),
) -> None:
    """Send a frame of columns, or those of another frame, and files with it.

    Raises:
        HelperFailed: the header is too long, there are more than ``MOST_FILES``, or
            none can pass; nothing was sent.
        OSError: the other end is gone.
    """
    if len(files) > MOST_FILES:
        raise HelperFailed(say("An answer has too many files."))
    if files and not end.can_pass_files:
        raise HelperFailed(say("Open files cannot be passed through a pipe."))
    header = {**header, "files": len(files)}
    if isinstance(content, Frame):
        forward_frame(end, header, content)
    else:
        write_frame(end, header, content)
    end.send_files(files)


def receive_parcel(end: End, most_payload: int = MOST_PAYLOAD_BYTES) -> Parcel | None:
    """Wait for one frame and what comes with it; None at the end of input.

    Raises:
        HelperFailed: what came is no frame, or the files are not those announced.
    """
    frame = read_frame(end, most_payload)
    if frame is None:
        return None
    count = frame.header.get("files", 0)
    if type(count) is not int or not 0 <= count <= MOST_FILES:
        raise broken("files is no count")
    return Parcel(frame, end.receive_files(count))


def close_files(files: Sequence[int]) -> None:
    """Close descriptors, all of them."""
    for file in files:
        with suppress(OSError):
            os.close(file)
