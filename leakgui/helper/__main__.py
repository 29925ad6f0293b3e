"""Serve one client over standard input and output."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from leakgui.helper.rights import find_served_owner
from leakgui.helper.server import HelperServer
from leakgui.probe import platform
from leakgui.wire.standard_streams import end_with_client, take_over

EARLY_VICTIM = 500
"""Of 1000 (proc(5), oom_score_adj)."""


def main() -> int:
    """Answer on what was standard output; whatever else is printed is a log line."""
    end = take_over()
    end_with_client(end)
    go_first()
    served = find_served_owner(end, os.environ, os.geteuid())
    return HelperServer(end, platform.current(), served).serve()


def go_first() -> None:
    """Let us be ended before the target where memory runs short, and leave no core.

    The copy is our doing, and what is in it belongs on no disk.
    """
    own = Path("/proc/self/oom_score_adj")
    with suppress(OSError, ValueError):  # another system; or it is more already
        own.write_text(str(max(EARLY_VICTIM, int(own.read_text()))))
    with suppress(ImportError, OSError):
        import resource  # Unix only

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
