"""The heap allocators that leakgui knows, one module or package each."""

from __future__ import annotations

from leakgui.worker.giving_up import Cancelled, Progress
from leakgui.worker.image import Image
from leakgui.worker.recognised import Recognised
from leakgui.worker.walked import Walk


def find_allocator(image: Image) -> Recognised:
    """Return which allocator serves ``malloc`` in this process; never raises."""
    raise NotImplementedError


def walk(
    image: Image,
    recognised: Recognised,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Walk:
    """Return the blocks of an allocator that ``find_allocator`` understood.

    Raises:
        GivenUp: ``cancelled()`` said so.
        ValueError: the allocator is not understood.
    """
    raise NotImplementedError
