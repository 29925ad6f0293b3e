"""Turn Ctrl+C and kill into a wish to end cleanly."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


@contextmanager
def stop_wish() -> Iterator[threading.Event]:
    """Give an event that is set by the first signal; a second Ctrl+C interrupts."""
    wish = threading.Event()

    def receive(number: int, _frame: FrameType | None) -> None:
        if wish.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        wish.set()

    before = {number: signal.signal(number, receive) for number in SIGNALS}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
