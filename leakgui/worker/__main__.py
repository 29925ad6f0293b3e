"""Serve one client over standard input and output."""

from __future__ import annotations

import sys

from leakgui.wire.standard_streams import end_with_client, take_over
from leakgui.worker.confining import give_up_rights
from leakgui.worker.engine import LateEngine
from leakgui.worker.server import WorkerServer


def main() -> int:
    """Answer on what was standard output; whatever else is printed is a log line."""
    end = take_over()
    end_with_client(end)
    give_up_rights()
    return WorkerServer(end, LateEngine()).serve()


if __name__ == "__main__":
    sys.exit(main())
