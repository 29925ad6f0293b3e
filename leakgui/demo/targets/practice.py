"""What every practice target in Python shares: it says what it does and it ends.

Run as scripts, on their own: nothing of leakgui is imported here.
"""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import sys
import time

KIB = 1024
MIB = 1024 * KIB
LONGEST_S = 1800.0


class Practice:
    """The time that a target has, and the bounds that it keeps."""

    def __init__(self, name: str, what: str) -> None:
        parser = argparse.ArgumentParser(description=f"leakgui practice target: {what}")
        parser.add_argument(
            "--for", dest="for_s", type=float, default=LONGEST_S, metavar="SECONDS",
            help="end by itself after this time (default: %(default).0f)",
        )  # fmt: skip
        for_s = parser.parse_args().for_s
        self._end_s = time.monotonic() + for_s
        self._parent = os.getppid()
        # Ctrl+C and kill end it quietly.
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        with contextlib.suppress(OSError):  # the name that lists of processes show
            pathlib.Path("/proc/self/comm").write_text(name[:15])
        self.say(f"{what} Ends after {for_s:.0f} s.")

    def say(self, text: str) -> None:
        """Tell what happens; nobody needs to listen."""
        with contextlib.suppress(OSError):
            print(f"leakgui practice target: {text}", file=sys.stderr, flush=True)

    def turns(self, pause_s: float):
        """Yield the number of each turn until the time is over."""
        begin_s, turn = time.monotonic(), 0
        # It ends with whoever started it: left alone it would only take memory.
        while time.monotonic() < self._end_s and os.getppid() == self._parent:
            yield turn
            turn += 1
            rest_s = begin_s + turn * pause_s - time.monotonic()
            # After a stop of the whole program, go on at the old pace: do not catch up.
            if rest_s < -1:
                begin_s -= rest_s
            if pause_s > 0:  # even a sleep of 0 would leave the core idle half the time
                time.sleep(max(0.0, min(rest_s, self._end_s - time.monotonic())))

    def hold(self, why: str) -> None:
        """Keep what is held until the time is over."""
        self.say(why)
        for _ in self.turns(0.2):
            pass


def bound(wanted: int) -> int:
    """Return ``wanted``, or a quarter of what the machine or container has free."""
    free_kib = _number("/proc/meminfo", r"MemAvailable:\s+(\d+) kB")
    group = _number("/sys/fs/cgroup/memory.max", r"(\d+)")
    known = [free_kib * KIB if free_kib else None, group]
    return min([wanted, *(most // 4 for most in known if most)])


def _number(path: str, pattern: str):
    with contextlib.suppress(OSError):
        found = re.search(pattern, pathlib.Path(path).read_text())
        return int(found.group(1)) if found else None
    return None
