"""Sort the blocks in use into reachable, possible, direct and indirect."""

from __future__ import annotations

from leakgui.worker.giving_up import Cancelled, Progress, never, say_nothing
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk


def mark(
    image: Image,
    walk: Walk,
    roots: Roots,
    progress: Progress = say_nothing,
    cancelled: Cancelled = never,
) -> Reach:
    """Return the state of each block in use, as Valgrind's memcheck defines it.

    ``progress`` is called with blocks. Raises ``GivenUp`` when cancelled.
    """
    raise NotImplementedError
