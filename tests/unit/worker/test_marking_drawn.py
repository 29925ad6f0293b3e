"""What is reachable, possible, direct and indirect in drawn heaps."""

from __future__ import annotations

from inspect import cleandoc

import pytest

from leakgui.worker.marking.marking import mark
from leakgui.worker.walked import SizeRule
from tests.unit.worker.drawn_heap import draw, lay_out_plan, parse

CASES = {
    "a chain from a root": ("root -> a -> b", "reachable: a b"),
    "an island": (
        "root -> a -> b\nc -> d -> c",
        "reachable: a b\ndirect: c\nindirect: d",
    ),
    "a pointer to itself": ("a -> a\nb 24", "direct: a b"),
    "an older leader is demoted": (
        "a -> b\nc -> a",
        "direct: c\nindirect: a b",
    ),
    "of a tail and a cycle the tail leads": (
        "a -> b -> a\nc -> a",
        "direct: c\nindirect: a b",
    ),
    "two leaders share a block": ("a -> b\nc -> b", "direct: a c\nindirect: b"),
    "an inner address is possible": (
        "root -> a@16 -> b",
        "possible: a b",
    ),
    "a start wins over an inner address": (
        "root -> a@16\nroot -> a -> b",
        "reachable: a b",
    ),
    "an inner address in a reachable block": (
        "root -> a -> b@8 -> c\na -> d",
        "reachable: a d\npossible: b c",
    ),
    "a possible block does not make a reachable one": (
        "root -> a@8 -> b\nb -> c@16",
        "possible: a b c",
    ),
    "the last byte is inside": ("root -> a@39", "possible: a"),
    "the byte behind is not": ("root -> a@40\nb 24", "direct: a b"),
    "lost blocks lead to inner addresses too": ("a -> b@8", "direct: a\nindirect: b"),
    "length64": ("a 72\nroot -> a@8\na+0 = 64", "reachable: a"),
    "length64 within rounding": ("a 72\nroot -> a@8\na+0 = 50", "reachable: a"),
    "length64 of another length": ("a 104\nroot -> a@8\na+0 = 70", "possible: a"),
    "length64 elsewhere": ("a 72\nroot -> a@16\na+0 = 64", "possible: a"),
    "an array with its count": ("a 328\nroot -> a@8\na+0 = 5", "reachable: a"),
    "a count that can't be one": ("a 328\nroot -> a@8\na+0 = 170", "possible: a"),
    "a count of none": ("a 328\nroot -> a@8", "possible: a"),
    "an old string": (
        "a 72\nroot -> a@24\na+0 = 11\na+8 = 40\na+16 = 0",
        "reachable: a",
    ),
    "zeros are no string": ("a 32\nroot -> a@24", "possible: a"),
    "a string ends with a zero": (
        "a 72\nroot -> a@24\na+0 = 11\na+8 = 40\na+32 = 0x6161616161616161",
        "possible: a",
    ),
    "a string longer than its room": (
        "a 72\nroot -> a@24\na+0 = 41\na+8 = 40",
        "possible: a",
    ),
    "a string of another capacity": (
        "a 72\nroot -> a@24\na+0 = 1\na+8 = 4",
        "possible: a",
    ),
}


@pytest.mark.parametrize("rule", [SizeRule.GLIBC_HEADER, SizeRule.COLUMN])
@pytest.mark.parametrize("case", CASES)
def test_states(case: str, rule: SizeRule) -> None:
    drawing, states = CASES[case]
    heap = draw(drawing, rule)
    assert heap.as_text(mark(heap.image, heap.walk, heap.roots)) == states


def test_what_joined_an_older_leader_counts_for_the_new_one() -> None:
    heap = draw(
        cleandoc("""
        a 100
        b 200
        c 300
        d 400
        a -> b
        c -> a
        d 24
    """)
    )
    reach = mark(heap.image, heap.walk, heap.roots)
    assert [heap.name_of_word(place) for place in reach.leader_word.tolist()] == [
        "c",
        "d",
    ]
    assert reach.leader_indirect.tolist() == [2, 0]
    assert reach.leader_indirect_bytes.tolist() == [104 + 200, 0]
    assert reach.totals.direct_bytes == 312 + 24
    assert reach.totals.indirect_bytes == 104 + 200


def test_registers_are_roots() -> None:

    heap = lay_out_plan(parse("a -> b\nc 24"), loose=[("a", 0)])
    reach = mark(heap.image, heap.walk, heap.roots)
    assert heap.as_text(reach) == "reachable: a b\ndirect: c"
