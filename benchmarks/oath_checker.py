"""Ask a server again and again: is the answer right, and how long did it take?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

PATIENCE_S = 60.0


class Checker(threading.Thread):
    """Asks something again and again, looks at each answer and at the clock."""

    def __init__(self, ask: Callable[[int], bool]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self._is_over = False
        self._longest_s = 0.0
        self.answered = self.wrong = 0

    def run(self) -> None:
        while not self._is_over:
            begun_s = time.perf_counter()
            try:
                right = self._ask(self.answered)
            except OSError:
                right = False
            self._longest_s = max(self._longest_s, time.perf_counter() - begun_s)
            self.answered += 1
            self.wrong += not right
            time.sleep(0.0005)

    def take_longest_ms(self) -> float:
        longest_s, self._longest_s = self._longest_s, 0.0
        return longest_s * 1000

    def finish(self) -> None:
        self._is_over = True
        self.join(PATIENCE_S)


def wait_for_socket(path: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not Path(path).exists():
        if time.monotonic() > deadline_s:
            raise TimeoutError(path)
        time.sleep(0.05)


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a stream of a child that was started with a pipe."""
    assert stream is not None
    return stream
