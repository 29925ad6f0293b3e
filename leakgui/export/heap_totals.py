"""What a whole heap holds, before and after: in use, free inside, and lost."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.heap import Heap, HeapDifference
from leakgui.texts import say


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapTotal:
    """One line: so many blocks with so many bytes before, and after."""

    key: str
    """``in_use``, ``free``, ``lost`` or ``possible``: contract of JSON and table."""
    label: str
    before: int
    after: int
    before_bytes: int
    after_bytes: int

    @property
    def delta(self) -> int:
        """How many more blocks there are."""
        return self.after - self.before

    @property
    def delta_bytes(self) -> int:
        """How many more bytes they have."""
        return self.after_bytes - self.before_bytes


def list_heap_totals(difference: HeapDifference) -> tuple[HeapTotal, ...]:
    """Return the lines, in use against free first; none where totals are not known."""
    before, after = _read(difference.before), _read(difference.after)
    if not before or not after:
        return ()
    labels = {
        "in_use": say("In use"),
        "free": say("Free in the allocator"),
        "lost": say("Lost"),
        "possible": say("Possibly lost"),
    }
    return tuple(
        HeapTotal(
            key=key,
            label=label,
            before=before[key][0],
            after=after[key][0],
            before_bytes=before[key][1],
            after_bytes=after[key][1],
        )
        for key, label in labels.items()
    )


def _read(heap: Heap) -> dict[str, tuple[int, int]]:
    """Return blocks and bytes of each line; nothing where they are not known."""
    blocks, leaked = heap.blocks, heap.leaked
    if blocks is None or leaked is None:
        return {}
    return {
        "in_use": (blocks.in_use, blocks.in_use_bytes),
        "free": (blocks.free, blocks.free_bytes),
        "lost": (leaked.lost, leaked.lost_bytes),
        "possible": (leaked.possible, leaked.possible_bytes),
    }
