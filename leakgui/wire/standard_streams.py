"""Take over standard input and output of a process that serves a client."""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import stat
import sys
import threading
from io import FileIO

from leakgui.wire.passing import End, PipeEnds, SocketEnd

LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"
"""The level comes first, so that the client can log the line again as what it is."""


def take_over() -> End:
    """Return the way to the client; whatever is printed from now on is a log line."""
    # Ctrl+C in a terminal reaches us too: the client decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format=LOG_FORMAT, level=logging.INFO)
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if _is_one_socket(source, sink):
        os.close(sink)
        return SocketEnd(socket.socket(fileno=source))
    return PipeEnds(FileIO(source, "rb"), FileIO(sink, "wb"))


def _is_one_socket(source: int, sink: int) -> bool:
    first, second = os.fstat(source), os.fstat(sink)
    return stat.S_ISSOCK(first.st_mode) and first.st_ino == second.st_ino


def end_with_client(end: End) -> None:
    """From now on, end this process at once when the client is gone.

    Whoever serves looks at its input only between two requests; this looks always.
    A client that only has no more requests is still there, and gets its answer.
    """
    watching = threading.Thread(
        target=_watch, args=(end.fileno(),), name="watch client", daemon=True
    )
    watching.start()


def _watch(descriptor: int) -> None:
    watched = select.poll()
    # Nothing is asked for: poll(2) tells of hang-ups and errors unasked.
    watched.register(descriptor, 0)
    watched.poll()
    os._exit(0)
