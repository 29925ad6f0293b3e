"""A loop that makes objects without end: every entry of its queue adds new ones."""

import collections
import math
import time

from practice import KIB, MIB, Practice, bound

ENTRY_BYTES = 16 * KIB
FIRST_BYTES = 16 * MIB
GROWTH_S = 15.0
"""After so many seconds there is e times as much."""
MOST_BYTES = 1024 * MIB


def work_off(queue: collections.deque) -> None:
    """Work on the oldest entry and put it back with one more: it never gets empty."""
    entry = queue.popleft()
    queue.extend((entry, bytearray(entry)))


def main() -> None:
    most = bound(MOST_BYTES)
    practice = Practice(
        "runaway-loop",
        "adds objects in a loop, faster and faster, with one core busy; "
        f"stops at {most // MIB} MiB.",
    )
    queue = collections.deque(
        bytearray(ENTRY_BYTES) for _ in range(FIRST_BYTES // ENTRY_BYTES)
    )
    begin_s = time.monotonic()
    for _ in practice.turns(0.0):
        # Paced, so that it can be watched: without this it would take seconds.
        due = FIRST_BYTES * math.exp((time.monotonic() - begin_s) / GROWTH_S)
        while len(queue) * ENTRY_BYTES < min(due, most):
            work_off(queue)
        if len(queue) * ENTRY_BYTES >= most:
            practice.hold("stops at its safe bound; a real one would not.")
            break


main()
