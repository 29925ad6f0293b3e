"""The time of one recording: milliseconds since its start, never backwards."""

from __future__ import annotations

import time

_SLEEP_COUNTS = getattr(time, "CLOCK_BOOTTIME", None)
"""Linux has a clock that goes on while the computer sleeps, see clock_gettime(2):
after a sleep there is a gap, and wall-clock times stay right."""


def steady_s() -> float:
    """Return seconds on a clock that nobody sets."""
    if _SLEEP_COUNTS is not None:
        return time.clock_gettime(_SLEEP_COUNTS)
    return time.monotonic()


class RecordingClock:
    """Anchored once at the wall clock; several threads may ask."""

    def __init__(self, started_unix_s: float | None = None) -> None:
        """Begin now, or go on with a recording that began then."""
        now_unix_s = time.time()
        self.started_unix_s = now_unix_s if started_unix_s is None else started_unix_s
        self._origin_s = steady_s() - max(now_unix_s - self.started_unix_s, 0.0)
        self._stopped_s: float | None = None

    def elapsed_s(self) -> float:
        """Return whole milliseconds, as seconds; stands still after ``stop``."""
        if self._stopped_s is not None:
            return self._stopped_s
        return round((steady_s() - self._origin_s) * 1000) / 1000

    def start_after(self, elapsed_s: float) -> None:
        """Begin no earlier than this: the wall clock may have been set back."""
        ahead_s = elapsed_s - self.elapsed_s()
        if ahead_s > 0:
            self._origin_s -= ahead_s

    def stop(self) -> None:
        """Stand still from now on."""
        self._stopped_s = self.elapsed_s()
