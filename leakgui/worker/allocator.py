"""What an allocator has to answer."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from leakgui.worker.giving_up import Cancelled, Progress
from leakgui.worker.image import Image
from leakgui.worker.loaded_files import LoadedFiles
from leakgui.worker.recognised import Recognised
from leakgui.worker.walked import Walk


class Allocator(Protocol):
    """One that can be told from others."""

    key: str
    """As ``leakgui.model.heap.Heap.allocator``."""

    def recognise(self, image: Image, files: LoadedFiles) -> Recognised | None:
        """Return what is known where this one serves ``malloc``; else None."""


@runtime_checkable
class UnderstoodAllocator(Allocator, Protocol):
    """One whose blocks can be walked."""

    def walk(
        self,
        image: Image,
        recognised: Recognised,
        progress: Progress,
        cancelled: Cancelled,
    ) -> Walk:
        """Return its blocks; ``recognised`` is this allocator's own answer.

        Raises:
            GivenUp: ``cancelled()`` said so.
        """
