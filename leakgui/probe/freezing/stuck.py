"""Whether a thread waits inside the kernel, where it cannot be stopped.

Told before anything is stopped: its fellows would stand still for nothing. A thread
that waits for its vfork waits so, too.
"""

from __future__ import annotations

import re
import time

from leakgui.probe.freezing.tracing import NotStopped, list_threads
from leakgui.probe.procfs import read_start

_LONGEST_S = 0.25
_LOOK_EVERY_S = 0.025
_WAITS = re.compile(
    rb"^State:\tD.*^voluntary_ctxt_switches:\t(\d+)$", re.DOTALL | re.MULTILINE
)
"""proc(5): uninterruptible, and how often it began to wait until now."""


def refuse_stuck(pid: int) -> None:
    """Raise ``NotStopped`` where a thread does not leave its wait for a while.

    One that waits for one block of a disk after the other can be stopped between.
    """
    begun_s = time.monotonic()
    waiting = _find_waiting(pid, list_threads(pid))
    while waiting:
        if time.monotonic() - begun_s > _LONGEST_S:
            raise NotStopped
        time.sleep(_LOOK_EVERY_S)
        waiting &= _find_waiting(pid, {tid for tid, _ in waiting})


def _find_waiting(pid: int, tids: set[int]) -> set[tuple[int, bytes]]:
    found = set()
    for tid in tids:
        try:
            match = _WAITS.search(read_start(f"/proc/{pid}/task/{tid}/status"))
        except OSError:
            continue  # the thread has ended
        if match:
            found.add((tid, match[1]))
    return found
