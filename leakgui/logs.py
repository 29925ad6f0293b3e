"""Set up logging for one process.

The last 200 lines are kept in memory, so that a report of a problem can carry
them. Addresses and contents of foreign memory are never logged above debug.
"""

from __future__ import annotations

import logging
import sys
from collections import deque

KEPT_LINES = 200
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_kept: deque[str] = deque(maxlen=KEPT_LINES)


class _KeepLast(logging.Handler):
    """Remember the newest lines."""

    def emit(self, record: logging.LogRecord) -> None:
        _kept.append(self.format(record))


def set_up_logging(*, verbose: bool = False) -> None:
    """Send warnings (everything with ``verbose``) to standard error, keep the rest."""
    root = logging.getLogger("leakgui")
    for handler in list(root.handlers):
        root.removeHandler(handler)
    root.setLevel(logging.DEBUG)
    keeper = _KeepLast(logging.DEBUG if verbose else logging.INFO)
    printer = logging.StreamHandler(sys.stderr)
    printer.setLevel(logging.DEBUG if verbose else logging.WARNING)
    for handler in (keeper, printer):
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    root.propagate = False


def last_log_lines() -> tuple[str, ...]:
    """Return the newest log lines of this process, oldest first."""
    return tuple(_kept)
