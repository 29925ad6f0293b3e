"""Only what was lost in both looks is lost."""

from __future__ import annotations

import numpy as np

from leakgui.worker.marking.confirming import LostBefore, confirm, lost_of
from leakgui.worker.marking.marking import mark
from leakgui.worker.reached import Reach
from tests.unit.worker.drawn_heap import DrawnHeap, draw


def look(text: str) -> tuple[DrawnHeap, Reach]:
    heap = draw(text)
    return heap, mark(heap.image, heap.walk, heap.roots)


def lost_in(heap: DrawnHeap, reach: Reach) -> LostBefore:
    return lost_of(heap.image, heap.walk, reach)


def test_lost_in_both() -> None:
    heap, reach = look("root -> a\nb -> c")
    lost = lost_in(heap, reach)
    assert lost.address.tolist() == [heap.address["b"], heap.address["c"]]
    assert lost.bytes.tolist() == [40, 40]
    after = confirm(heap.image, heap.walk, reach, lost)
    assert heap.as_text(after) == heap.as_text(reach)
    assert after.totals == reach.totals


def test_lost_in_the_second_look_only() -> None:
    first, before = look("root -> a\nroot -> b -> c\nd 24")
    heap, reach = look("root -> a\nb -> c\nd 24")
    after = confirm(heap.image, heap.walk, reach, lost_in(first, before))
    assert heap.as_text(after) == "reachable: a b c\ndirect: d"
    assert (after.totals.unconfirmed, after.totals.unconfirmed_bytes) == (2, 80)
    assert (after.totals.reachable, after.totals.reachable_bytes) == (3, 120)


def test_another_block_at_the_same_address() -> None:
    first, before = look("a 40")
    heap, reach = look("a 56")
    after = confirm(heap.image, heap.walk, reach, lost_in(first, before))
    assert heap.as_text(after) == "reachable: a"


def test_what_an_unconfirmed_block_leads_to_is_not_lost_either() -> None:
    first, before = look("root -> a\nb -> c\nd -> e")
    heap, reach = look("a -> b -> c\nd -> e")
    assert heap.as_text(reach) == "direct: a d\nindirect: b c e"
    after = confirm(heap.image, heap.walk, reach, lost_in(first, before))
    assert heap.as_text(after) == "reachable: a b c\ndirect: d\nindirect: e"
    assert after.leader_indirect.tolist() == [1]
    assert (after.totals.unconfirmed, after.totals.unconfirmed_bytes) == (3, 120)


def test_what_loses_an_unconfirmed_leader_gets_a_new_one() -> None:
    first, before = look("root -> a\nb -> c\nc -> b")
    heap, reach = look("a 40\nb -> a\nb -> c\nc -> b")
    after = confirm(heap.image, heap.walk, reach, lost_in(first, before))
    assert heap.as_text(after) == "reachable: a\ndirect: b\nindirect: c"


def test_nothing_was_lost_before() -> None:
    heap, reach = look("a -> b")
    none = np.zeros(0, np.uint64)
    before = LostBefore(address=none, bytes=none.copy())
    after = confirm(heap.image, heap.walk, reach, before)
    assert heap.as_text(after) == "reachable: a b"
    assert after.totals.lost == 0
