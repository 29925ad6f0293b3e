"""What the window asks of a recorder about the native heap, as a face.

The real one is ``leakgui.recording.recorder.Recorder``; tests put a puppet here.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol, runtime_checkable

from leakgui.model.block import BlockDetail
from leakgui.model.snapshot import Snapshot
from leakgui.recording.heap_taking import Estimate, HeapStage, HeapWish


@runtime_checkable
class HeapRecorder(Protocol):
    """A recording under way whose process can be looked into."""

    def estimate_heap_copy(self) -> Estimate:
        """Return what a copy would cost; stops nothing; not for the main thread.

        Raises:
            TargetError: it cannot be copied, with the reason and the remedy.
            HelperFailed: nobody could be asked.
        """

    def take_snapshot(
        self, name: str = "", heap: HeapWish | None = None
    ) -> Future[Snapshot]:
        """Take a snapshot in the background, with the heap where it is wished."""

    def describe_block(self, address: int) -> BlockDetail | None:
        """Describe a block of the newest heap; not for the main thread."""

    @property
    def heap_number(self) -> int | None:
        """The snapshot whose contents are still there to be looked into."""

    @property
    def heap_stage(self) -> HeapStage | None:
        """How far the heap snapshot under way is; None where none is."""

    def cancel_heap(self) -> None:
        """Give up the heap snapshot that is under way; the process runs on."""

    def use_elevated_helper(self, elevation: object) -> None:
        """Ask a helper with administrator rights from now on."""
