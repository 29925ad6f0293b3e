"""Polymorphic classes without a virtual destructor, and what that may have lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.model.heap import DestructorSuspects
from leakgui.model.text_column import TextColumn
from leakgui.worker.blocks.block_map import closed
from leakgui.worker.image import WORD_BYTES, Bits, Image
from leakgui.worker.naming.destructors import Certainty, Destructors
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.owning import (
    LeakedSizes,
    Owned,
    are_set,
    count_owned,
    find_leaked_sizes,
)
from leakgui.worker.naming.slices import (
    FIRST_CLASS,
    TypedHeap,
    slice_blocks,
    type_heap,
)
from leakgui.worker.naming.type_information import TypeInformation
from leakgui.worker.reached import Reach
from leakgui.worker.walked import Walk

MOST_SUSPECTS = 1000
LEAST_SHARE = 0.5
"""A class is only tied to leaked blocks if it owns so much of the live ones."""


@dataclass(frozen=True, slots=True)
class _Suspect:
    """One class without a virtual destructor that has a base."""

    name: str
    base: str
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class _Tie:
    """The leaked blocks that look like what a class owns."""

    bytes_each: int = 0
    lost: int = 0
    offset: int = -1
    owned: int = 0
    owned_by_all: int = 0


def find_suspects(
    image: Image, walk: Walk, reach: Reach, names: Names, modules: Modules
) -> DestructorSuspects:
    """Return the classes that leak when deleted through a base, the worst first.

    Only classes with live objects and a base are looked at; where it is doubtful
    whether a class has a virtual destructor it is left out. Leaked blocks are tied to
    a class if most live blocks of their size belong to its objects: a suspicion, since
    of an object that was deleted nothing is left.
    """
    suspects = _judge(names, modules)
    heap = type_heap(image, walk, names)
    of_type = np.full(FIRST_CLASS + len(heap.class_name), -1, np.int64)
    types = {name: FIRST_CLASS + at for at, name in enumerate(heap.class_name)}
    for number, suspect in enumerate(suspects):
        of_type[types[suspect.name]] = number
    live = closed(reach.reachable | reach.possible)
    objects = _count_objects(heap, live, of_type) if suspects else of_type[:0]
    ties = [_Tie()] * len(suspects)
    sizes = find_leaked_sizes(heap.blocks, reach.direct)
    if suspects and len(sizes.size):
        owned = count_owned(heap, live, of_type, sizes)
        ties = [_tie(number, owned, sizes) for number in range(len(suspects))]
    rows = list(zip(suspects, ties, objects.tolist(), strict=True))
    rows.sort(key=lambda row: (-row[1].lost * row[1].bytes_each, -row[2], row[0].name))
    return _as_columns([row for row in rows if row[2]][:MOST_SUSPECTS])


def _judge(names: Names, modules: Modules) -> list[_Suspect]:
    """Return the classes with a base whose every table lacks a destructor."""
    information = TypeInformation(modules)
    information.behind_tables(names.table)
    destructors = Destructors(modules, information)
    found: dict[str, _Suspect | None] = {}
    rows = zip(names.table.tolist(), names.class_name, names.base_name, strict=True)
    for table, name, base in rows:
        before = found.get(name)
        if not base or (name in found and before is None):
            continue
        certainty = destructors.missing_in(table)
        if certainty is None:
            found[name] = None
        elif before is None or certainty is Certainty.LIKELY:
            found[name] = _Suspect(name, base, certainty)
    return [suspect for suspect in found.values() if suspect]


def _count_objects(heap: TypedHeap, live: Bits, of_type: I64) -> I64:
    """Return how many live blocks begin with an object of each suspect."""
    counts = np.zeros(int(of_type.max()) + 1, np.int64)
    for part in slice_blocks(heap):
        numbers = of_type[part.kind[are_set(live, part.place >> 1)]]
        counts += np.bincount(numbers[numbers >= 0], minlength=len(counts))
    return counts


def _tie(number: int, owned: Owned, sizes: LeakedSizes) -> _Tie:
    """Choose the leaked size that a class owns most of, by share and leaked bytes."""
    pointers = np.minimum(owned.by_class[number], owned.by_all)
    share = pointers / np.maximum(owned.by_all, 1)
    score = np.where(share >= LEAST_SHARE, share * sizes.size * sizes.lost, 0.0)
    if not score.any():
        return _Tie()
    word, row = divmod(int(score.argmax()), len(sizes.size))
    return _Tie(
        bytes_each=int(sizes.size[row]),
        lost=int(sizes.lost[row]),
        offset=word * WORD_BYTES,
        owned=int(pointers[word, row]),
        owned_by_all=int(owned.by_all[row]),
    )


def _as_columns(rows: list[tuple[_Suspect, _Tie, int]]) -> DestructorSuspects:
    suspects = [suspect for suspect, _, _ in rows]
    ties = [tie for _, tie, _ in rows]
    return DestructorSuspects(
        class_name=TextColumn.of(suspect.name for suspect in suspects),
        base_name=TextColumn.of(suspect.base for suspect in suspects),
        certainty=TextColumn.of(suspect.certainty for suspect in suspects),
        objects=np.array([count for _, _, count in rows], np.int64),
        lost_bytes_each=np.array([tie.bytes_each for tie in ties], np.uint64),
        lost=np.array([tie.lost for tie in ties], np.int64),
        lost_bytes=np.array([tie.lost * tie.bytes_each for tie in ties], np.uint64),
        offset=np.array([tie.offset for tie in ties], np.int64),
        owned=np.array([tie.owned for tie in ties], np.int64),
        owned_by_all=np.array([tie.owned_by_all for tie in ties], np.int64),
    )
