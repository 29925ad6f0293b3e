"""Paths from roots, who points to a block, and who holds most."""

from __future__ import annotations

import pytest

from leakgui.worker.giving_up import GivenUp
from leakgui.worker.holding.holders import find_holders
from leakgui.worker.holding.neighbours import Reference, referrers, targets
from leakgui.worker.holding.paths import path_to
from leakgui.worker.marking.marking import mark
from leakgui.worker.roots.table import RootKind
from tests.unit.worker.drawn_heap import DrawnHeap, draw, lay_out_plan, parse


def told(heap: DrawnHeap, steps: tuple[Reference, ...]) -> list[str]:
    """Print pointers as they are drawn."""
    names = {address: name for name, address in heap.address.items()}
    lines = []
    for step in steps:
        if step.kind is None:
            source = f"{names[step.source]}+{step.offset}"
        else:
            source = RootKind(step.kind).name.lower()
        into = f"@{step.into}" if step.into else ""
        lines.append(f"{source} -> {names[step.target]}{into}")
    return lines


def path(text: str, name: str) -> list[str]:
    heap = draw(text)
    return told(heap, path_to(heap.image, heap.walk, heap.roots, heap.address[name]))


def test_a_path_is_a_shortest_one() -> None:
    drawing = "root -> a -> b -> c -> d\na+24 -> c@8"
    assert path(drawing, "d") == ["global -> a", "a+24 -> c@8", "c+0 -> d"]


def test_no_path_to_what_is_lost_or_no_block() -> None:
    assert path("root -> a\nb -> c", "c") == []
    heap = draw("root -> a -> b")
    for address in (heap.address["a"] + 16, heap.address["a"] + 8, 5, 1 << 63):
        assert path_to(heap.image, heap.walk, heap.roots, address) == ()


def test_a_path_from_a_register() -> None:
    heap = lay_out_plan(parse("a -> b"), loose=[("a", 8)])
    steps = path_to(heap.image, heap.walk, heap.roots, heap.address["b"])
    assert told(heap, steps) == ["register -> a@8", "a+0 -> b"]
    assert (steps[0].address, steps[0].tid) == (0, 7)


def test_who_points_to_a_block() -> None:
    heap = draw("root -> a@8\nb -> a -> a\nc+16 -> a@39\na+8 -> b")
    steps, count = referrers(heap.image, heap.walk, heap.roots, heap.address["a"])
    assert told(heap, steps) == ["global -> a@8", "b+0 -> a", "c+16 -> a@39"]
    assert count == 3
    steps, count = referrers(heap.image, heap.walk, heap.roots, heap.address["a"], 1)
    assert (len(steps), count) == (1, 3)
    outside = heap.address["a"] + 16
    assert referrers(heap.image, heap.walk, heap.roots, outside) == ((), 0)


def test_where_a_block_points() -> None:
    heap = draw("a -> b\na -> a\na+16 -> c@8\na+24 -> b")
    steps, count = targets(heap.image, heap.walk, heap.roots, heap.address["a"])
    assert told(heap, steps) == ["a+0 -> b", "a+16 -> c@8", "a+24 -> b"]
    assert count == 3


def test_who_holds_most() -> None:
    heap = draw("root -> small\nroot -> cache -> x -> y\ncache -> z\nlost 5000")
    reach = mark(heap.image, heap.walk, heap.roots)
    rows, note = find_holders(
        heap.image,
        heap.walk,
        heap.roots,
        reach,
        lambda address, kind, tid, module: f"g_{kind} of {module}",
    )
    assert note == ""
    names = {address: name for name, address in heap.address.items()}
    assert [
        (names[row.address], row.root, row.root_kind, row.retained, row.retained_bytes)
        for row in rows
    ] == [
        ("cache", "g_0 of 0", "global", 4, 160),
        ("small", "g_0 of 0", "global", 1, 40),
    ]
    assert told(heap, rows[0].path) == ["global -> cache"]


def test_too_many_blocks_to_say() -> None:
    heap = draw("root -> a -> b")
    reach = mark(heap.image, heap.walk, heap.roots)
    rows, note = find_holders(
        heap.image, heap.walk, heap.roots, reach, lambda *_: "", most_blocks=1
    )
    assert rows is None
    assert "2 blocks are too many" in note


def test_given_up() -> None:
    heap = draw("root -> a -> b")
    reach = mark(heap.image, heap.walk, heap.roots)
    with pytest.raises(GivenUp):
        find_holders(
            heap.image,
            heap.walk,
            heap.roots,
            reach,
            lambda *_: "",
            cancelled=lambda: True,
        )
