"""Where the resident memory of a process is, so that the parts add up."""

from __future__ import annotations

from leakgui.model.heap import Composition
from leakgui.worker.image import Image
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk


def compose(image: Image, walk: Walk | None, reach: Reach | None) -> Composition:
    """Return the parts of the resident memory; they add up to what the kernel counts.

    Without a walk the allocator's memory is counted as other memory; without a reach
    nothing is called lost.
    """
    raise NotImplementedError
