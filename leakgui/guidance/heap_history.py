"""How the native heap moved from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from leakgui.guidance.evidence import Observed
from leakgui.guidance.heap_groups import Amounts, held_groups, lost_groups
from leakgui.model.heap import BlockTotals, Heap, LeakTotals

HEADER_BYTES = 16
"""What a block takes beside its usable bytes (glibc malloc/malloc.c, MINSIZE's half):
the series of the process contains it."""
_SAME_PART = 0.1
"""Two looks that walked parts of the heap which differ by more cannot be compared."""
MOST_STEPS = 8
"""More looks than this are joined in pairs: what is lost once in an hour grows in
every eighth of a day, and in hardly two successive half minutes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """A heap whose blocks were all put in their states."""

    heap: Heap
    blocks: BlockTotals
    leaked: LeakTotals
    at_s: float

    @cached_property
    def lost(self) -> Amounts:
        """What nothing reaches, by type or size."""
        return lost_groups(self.heap)

    @cached_property
    def held(self) -> Amounts:
        """What is still reached, if only at an inner address, by type or size."""
        return held_groups(self.heap)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """Two looks, one after the other; changes are later minus earlier."""

    before: Look
    after: Look

    @property
    def in_use_bytes(self) -> int:
        """Change of what is in use, lost blocks included."""
        return self.after.blocks.in_use_bytes - self.before.blocks.in_use_bytes

    @property
    def settled_bytes(self) -> int:
        """Change of what is in use, without what was lost in a second look only.

        What is lost counts by the first look and what is in use by the second; in
        between, which may take long, a leak goes on.
        """
        before, after = self.before.leaked, self.after.leaked
        in_between = after.unconfirmed_bytes - before.unconfirmed_bytes
        return self.in_use_bytes - in_between

    @property
    def taken_bytes(self) -> int:
        """What the blocks that came take of the process: headers, too."""
        came = self.after.blocks.in_use - self.before.blocks.in_use
        return self.in_use_bytes + HEADER_BYTES * max(came, 0)

    @property
    def free_bytes(self) -> int:
        """Change of what is free inside the allocator."""
        return self.after.blocks.free_bytes - self.before.blocks.free_bytes

    @property
    def lost(self) -> int:
        """Change of the number of blocks that nothing reaches."""
        return self.after.leaked.lost - self.before.leaked.lost

    @property
    def lost_bytes(self) -> int:
        """Change of the bytes that nothing reaches."""
        return self.after.leaked.lost_bytes - self.before.leaked.lost_bytes

    @property
    def lost_taken_bytes(self) -> int:
        """What the blocks that were lost take of the process: headers, too."""
        return self.lost_bytes + HEADER_BYTES * max(self.lost, 0)

    @property
    def span_s(self) -> float:
        """Seconds between the two looks."""
        return self.after.at_s - self.before.at_s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeapHistory:
    """All looks at the heap of one process."""

    steps: tuple[Step, ...]
    """From look to look, oldest first, at most ``MOST_STEPS``."""
    latest: Look | None
    """The newest look; None where there was none that could be understood."""
    refused: Heap | None
    """The newest heap where it was not understood."""

    @property
    def whole(self) -> Step | None:
        """From the first look to the last; None without two."""
        if not self.steps:
            return None
        return Step(before=self.steps[0].before, after=self.steps[-1].after)


def heap_history(observed: Observed) -> HeapHistory:
    """Gather what was seen of the heap."""
    known: dict[int, Look | None] = {}

    def look(heap: Heap, at_s: float) -> Look | None:
        """Return the same look for the same heap: its groups are summed up once."""
        return known.setdefault(id(heap), _look(heap, at_s))

    steps: list[Step] = []
    for difference in observed.heap_differences:
        before = look(difference.before, difference.from_elapsed_s)
        after = look(difference.after, difference.to_elapsed_s)
        if before is None or after is None:
            continue
        step = Step(before=before, after=after)
        # What a look could not walk, the next one may find: that did not come.
        steps = [*steps, step] if _show_same_part(step) else []
    snapshot = observed.latest_heap
    heap = snapshot.heap if snapshot else None
    newest = look(heap, snapshot.elapsed_s) if snapshot and heap else None
    if newest is None and steps:
        newest = steps[-1].after
    return HeapHistory(
        steps=tuple(_coarse(steps)),
        latest=newest,
        refused=heap if newest is None else None,
    )


def _look(heap: Heap, at_s: float) -> Look | None:
    if heap.blocks is None or heap.leaked is None or heap.groups is None:
        return None
    return Look(heap=heap, blocks=heap.blocks, leaked=heap.leaked, at_s=at_s)


def _show_same_part(step: Step) -> bool:
    before, after = step.before.heap.walked_share, step.after.heap.walked_share
    return abs(after - before) <= _SAME_PART


def _coarse(steps: list[Step]) -> list[Step]:
    while len(steps) > MOST_STEPS:
        pairs = [steps[place : place + 2] for place in range(0, len(steps), 2)]
        steps = [Step(before=pair[0].before, after=pair[-1].after) for pair in pairs]
    return steps
