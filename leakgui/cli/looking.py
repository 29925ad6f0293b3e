"""Take one snapshot of a process, with or without its heap."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from leakgui.cli.heap_access import announce_heap
from leakgui.cli.stopping import stop_wish
from leakgui.helper.client import HelperClient
from leakgui.recording.heap_looking import HeapLooking, add_look
from leakgui.worker.client import WorkerClient

if TYPE_CHECKING:
    from leakgui.model.process import ProcessKey
    from leakgui.model.snapshot import Snapshot
    from leakgui.recording.heap_taking import HeapWish


def look_at(key: ProcessKey, wish: HeapWish | None, *, elevate: bool) -> Snapshot:
    """Return a snapshot; a heap that cannot be had is a gap that says why.

    Ctrl+C gives up the second look, or the heap, and the rest is returned.
    Raises ``TargetError`` and ``HelperFailed`` where there is no snapshot at all.
    """
    if wish is None:
        with HelperClient() as plain:
            return plain.take_snapshot(key)
    with ExitStack() as closing:
        first = HelperClient()
        looking = HeapLooking(first, WorkerClient())
        closing.callback(looking.close)
        looking.warm_up()
        helper = announce_heap(key, wish, first, elevate=elevate)
        if helper is not first:
            looking.use_helper(helper)
        stop = closing.enter_context(stop_wish())
        snapshot = helper.take_snapshot(key, cancelled=stop.is_set)
        return add_look(snapshot, looking.look(key, wish, stop.is_set))
