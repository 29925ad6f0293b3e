"""Whether lost blocks are what one class owns that has no virtual destructor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leakgui.guidance.heap_groups import direct_of_size
from leakgui.guidance.heap_history import Look
from leakgui.guidance.lost_memory import MOST_OF_IT, Loss
from leakgui.model.heap import DestructorSuspects, Heap

_ALONE = 0.95
"""Of the live blocks of that size: stale words make a few look owned by others."""
_ALL_OF_IT = 0.8
_FEWER_OBJECTS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerSuspect:
    """A class, and lost blocks that only its objects own elsewhere."""

    class_name: str
    base_name: str
    is_certain: bool
    """That its destructor is not virtual; not that it lost the blocks."""
    objects: int
    each_bytes: int
    offset: int
    lost: int
    lost_bytes: int
    owned: int
    owned_by_all: int
    share: float
    """Of the direct losses between the looks; of all of them where there is one."""

    @property
    def owns_alone(self) -> bool:
        """Whether no other object owns such a block."""
        return self.owned == self.owned_by_all

    @property
    def explains_all(self) -> bool:
        """Whether what is lost beside its blocks is hardly worth a word."""
        return self.share >= _ALL_OF_IT


def find_owner(loss: Loss) -> OwnerSuspect | None:
    """Return the class that most of a loss points to; None where none does."""
    owners = [
        owner
        for owner in _rows(loss.look, loss)
        if owner.share >= MOST_OF_IT and not _has_grown(loss, owner)
    ]
    return max(owners, key=_likeness, default=None)


def _rows(look: Look, loss: Loss) -> Iterator[OwnerSuspect]:
    rows = look.heap.suspects
    if rows is None:
        return
    for row in range(len(rows)):
        each, lost = int(rows.lost_bytes_each[row]), int(rows.lost[row])
        owned, by_all = int(rows.owned[row]), int(rows.owned_by_all[row])
        if each <= 0 or lost <= 0 or owned <= 0 or owned < _ALONE * by_all:
            continue
        yield OwnerSuspect(
            class_name=rows.class_name[row],
            base_name=rows.base_name[row],
            is_certain=rows.certainty[row] == "certain",
            objects=int(rows.objects[row]),
            each_bytes=each,
            offset=int(rows.offset[row]),
            lost=lost,
            lost_bytes=int(rows.lost_bytes[row]),
            owned=owned,
            owned_by_all=by_all,
            share=_share(loss, each),
        )


def _likeness(owner: OwnerSuspect) -> tuple[float, float, bool]:
    """Rank by exclusivity first: where sizes coincide other classes show up too."""
    return owner.owned / max(owner.owned_by_all, 1), owner.share, owner.is_certain


def _share(loss: Loss, each_bytes: int) -> float:
    """Return which part of the loss has this size, what hangs on it left out."""
    alike = direct_of_size(loss.look.heap, each_bytes)
    lost = loss.look.leaked.direct
    if loss.whole is not None:
        alike -= direct_of_size(loss.whole.before.heap, each_bytes)
        lost -= loss.whole.before.leaked.direct
    return min(alike / lost, 1.0) if lost > 0 else 0.0


def _has_grown(loss: Loss, owner: OwnerSuspect) -> bool:
    """Whether its objects stay too: then they are what grows, not their buffers."""
    if loss.whole is None:
        return False
    before = _objects(loss.whole.before.heap, owner.class_name)
    if before is None:
        return False
    return owner.objects - before >= _FEWER_OBJECTS * max(loss.whole.lost, 1)


def _objects(heap: Heap, class_name: str) -> int | None:
    rows: DestructorSuspects | None = heap.suspects
    if rows is None:
        return None
    names = rows.class_name.as_list()
    if class_name not in names:
        return None
    return int(rows.objects[names.index(class_name)])
