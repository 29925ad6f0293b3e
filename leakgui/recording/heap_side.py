"""What a recorder says about the heap of its target, beside its snapshots."""

from __future__ import annotations

from leakgui.helper.client import HelperClient
from leakgui.helper.elevation import Elevation
from leakgui.model.block import BlockDetail
from leakgui.model.process import ProcessKey
from leakgui.recording.heap_looking import HeapLooking
from leakgui.recording.heap_taking import Estimate, HeapStage
from leakgui.recording.snapshots import SnapshotTaker


class HeapSide:
    """The part of a recorder that looks into the heap; any thread may ask.

    Raises what ``HelperClient`` and ``WorkerClient`` raise.
    """

    _key: ProcessKey
    _heaps: HeapLooking
    _taker: SnapshotTaker
    """There from ``start`` on."""

    @property
    def heap_stage(self) -> HeapStage | None:
        """How far the heap snapshot under way is; None where none is."""
        return self._heaps.stage

    @property
    def heap_number(self) -> int | None:
        """The snapshot whose blocks can still be described; None where none can."""
        return self._taker.heap_number

    def estimate_heap_copy(self) -> Estimate:
        """Return what a copy would cost; stops nothing."""
        return self._heaps.helper.estimate_heap_copy(self._key)

    def describe_block(self, address: int) -> BlockDetail | None:
        """Describe a block of the newest heap; None where none is in use there."""
        return self._heaps.worker.describe_block(address)

    def cancel_heap(self) -> None:
        """Give up the heap of the snapshot under way; the rest of it is kept."""
        self._taker.cancel_heap()

    def use_elevated_helper(self, elevation: Elevation) -> None:
        """Ask a helper with more rights from now on; the system asks the user first."""
        self._heaps.use_helper(
            HelperClient(elevation.command, start_timeout_s=elevation.start_timeout_s)
        )
