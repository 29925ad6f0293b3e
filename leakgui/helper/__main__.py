"""Serve one client over standard input and output."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys

from leakgui.helper.server import Server
from leakgui.probe import platform

NICENESS = 5
"""Whoever is watched goes first."""

LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"


def main() -> int:
    """Answer on what was standard output; whatever else is printed is a log line."""
    # Ctrl+C in a terminal reaches us too: the client decides when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format=LOG_FORMAT, level=logging.INFO)
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    with (
        open(os.dup(0), "rb", buffering=0) as source,  # noqa: PTH123  # a number
        open(os.dup(1), "wb", buffering=0) as sink,  # noqa: PTH123  # a number
    ):
        os.dup2(2, 1)
        return Server(source, sink, platform.current()).serve()


if __name__ == "__main__":
    sys.exit(main())
