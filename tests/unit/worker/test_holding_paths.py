"""Paths from roots, who points to a block, and who holds most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from leakgui.worker.giving_up import GivenUp
from leakgui.worker.holding import holders
from leakgui.worker.holding.holders import find_holders
from leakgui.worker.holding.neighbours import Reference, referrers, targets
from leakgui.worker.holding.owners import FindOwner, number_owners
from leakgui.worker.holding.paths import FIRST_STEPS, LAST_STEPS, path_to
from leakgui.worker.holding.steps import Path
from leakgui.worker.marking.marking import mark
from leakgui.worker.roots.table import RootKind
from tests.unit.worker.drawn_heap import DrawnHeap, draw, lay_out_plan, parse


def told(heap: DrawnHeap, steps: Sequence[Reference]) -> list[str]:
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
    found = path_to(heap.image, heap.walk, heap.roots, heap.address[name])
    assert found.left_out == 0
    return told(heap, found.first)


def test_a_path_is_a_shortest_one() -> None:
    drawing = "root -> a -> b -> c -> d\na+24 -> c@8"
    assert path(drawing, "d") == ["global -> a", "a+24 -> c@8", "c+0 -> d"]


def test_no_path_to_what_is_lost_or_no_block() -> None:
    assert path("root -> a\nb -> c", "c") == []
    heap = draw("root -> a -> b")
    for address in (heap.address["a"] + 16, heap.address["a"] + 8, 5, 1 << 63):
        assert path_to(heap.image, heap.walk, heap.roots, address) == Path()


def test_a_path_from_a_register() -> None:
    heap = lay_out_plan(parse("a -> b"), loose=[("a", 8)])
    steps = path_to(heap.image, heap.walk, heap.roots, heap.address["b"]).first
    assert told(heap, steps) == ["register -> a@8", "a+0 -> b"]
    assert (steps[0].address, steps[0].tid) == (0, 7)


def test_what_a_register_points_into_is_still_held_by_the_global() -> None:
    heap = lay_out_plan(parse(chain(40, is_double=True)), loose=[("n20", 0)])
    steps = path_to(heap.image, heap.walk, heap.roots, heap.address["n20"]).first
    assert told(heap, steps)[0] == "global -> n39"
    owned = rows_of(heap, find_owner=lambda _, kind, *__: kind)
    assert owned == [("n0", 39, 80, 3200, 1)]
    # And yet b does not hang on a: the register would keep it.
    heap = lay_out_plan(parse("root -> a -> b -> c"), loose=[("b", 0)])
    owned = rows_of(heap, find_owner=lambda _, kind, *__: kind)
    assert owned == [("a", 1, 3, 120, 1)]


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
    assert told(heap, rows[0].path.first) == ["global -> cache"]


def rows_of(heap: DrawnHeap, **more: FindOwner) -> list[tuple[str, int, int, int, int]]:
    """Return the holders: block, how many beside it, blocks, bytes, and steps."""
    reach = mark(heap.image, heap.walk, heap.roots)
    rows, _ = find_holders(
        heap.image, heap.walk, heap.roots, reach, lambda *_: "", **more
    )
    names = {address: name for name, address in heap.address.items()}
    return [
        (
            names[row.address],
            row.beside,
            row.retained,
            row.retained_bytes,
            len(row.path.first) + row.path.left_out + len(row.path.last),
        )
        for row in rows or ()
    ]


def chain(length: int, *, is_double: bool) -> str:
    """Draw a list of which the root has both ends; each node has a payload."""
    lines = ["root -> n0", f"root -> n{length - 1}" if is_double else ""]
    for number in range(length):
        if number + 1 < length:
            lines.append(f"n{number} -> n{number + 1}")
        if number and is_double:
            lines.append(f"n{number} -> n{number - 1}")
        lines.append(f"n{number}+24 -> p{number}")
    return "\n".join(lines)


def test_of_a_long_path_the_ends_and_the_root_are_told() -> None:
    heap = draw(chain(3000, is_double=False))
    found = path_to(heap.image, heap.walk, heap.roots, heap.address["p2999"])
    assert (len(found.first), len(found.last)) == (FIRST_STEPS, LAST_STEPS)
    assert found.left_out == 3001 - FIRST_STEPS - LAST_STEPS
    assert told(heap, found.first)[:2] == ["global -> n0", "n0+0 -> n1"]
    assert told(heap, found.last)[-2:] == ["n2998+0 -> n2999", "n2999+24 -> p2999"]
    short = FIRST_STEPS + LAST_STEPS - 1
    found = path_to(heap.image, heap.walk, heap.roots, heap.address[f"n{short}"])
    assert (len(found.first), found.left_out) == (short + 1, 0)


def test_a_list_that_points_both_ways_is_one_holder() -> None:
    heap = draw("root -> other\nother 5000\n" + chain(3000, is_double=True))
    assert rows_of(heap) == [
        ("n0", 2999, 6000, 240_000, 1),
        ("other", 0, 1, 5000, 1),
    ]


def test_a_list_of_two_ends_is_one_holder_where_no_symbol_tells() -> None:
    # Four variables; a stranger's word lies between the list and what comes before.
    drawing = "root -> a\nroot -> b\na 400\nb 400\n" + chain(50, is_double=True)
    heap = draw(drawing)
    whole = ("n0", 49, 100, 4000, 1)
    assert rows_of(heap)[0] == whole
    assert rows_of(heap, find_owner=lambda where, *_: where)[0] != whole
    owner = rows_of(heap, find_owner=lambda where, *_: where // 16)
    assert [row[0] for row in owner] == ["n0", "b", "a"]


def test_many_small_blocks_of_one_table_are_one_holder() -> None:
    table = "\n".join(f"root -> t{number}" for number in range(40))
    heap = draw(f"root -> big\nbig 4000\n{table}")
    assert rows_of(heap) == [("big", 0, 1, 4008, 1), ("t0", 39, 40, 1600, 1)]


def test_blocks_of_different_owners_stay_apart() -> None:
    heap = draw("root -> a -> b -> a\nroot -> b")
    owned = rows_of(heap, find_owner=lambda where, *_: where)
    assert sorted(row[:3] for row in owned) == [("a", 0, 1), ("b", 0, 1)]
    assert rows_of(heap) == [("a", 1, 2, 80, 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000])
def test_owners_are_found_without_asking_for_each_word(count: int) -> None:
    asked: list[int] = []

    def owner_of(place: int) -> int | None:
        asked.append(place)
        return None if place < 4 else 0 if place < 4 + count else 1

    numbers = number_owners(np.arange(4 + 2 * count), owner_of)
    assert numbers.tolist() == [0] * 4 + [1] * count + [2] * count
    assert len(asked) < 60


def test_too_many_blocks_to_say() -> None:
    heap = draw("root -> a -> b")
    reach = mark(heap.image, heap.walk, heap.roots)
    rows, note = find_holders(
        heap.image, heap.walk, heap.roots, reach, lambda *_: "", most_blocks=1
    )
    assert rows is None
    assert "2 blocks are too many" in note


def test_what_paths_take_of_memory_is_asked_for_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heap = draw("root -> a -> b\nlost 5000")
    monkeypatch.setattr(holders, "SHARE_ALLOWED", 0)
    # Two blocks and an edge; the paths take 24 bytes for each of three blocks.
    taken = 2 * holders.BYTES_A_BLOCK + holders.BYTES_AN_EDGE + 3 * 24
    monkeypatch.setattr(holders, "LEAST_ALLOWED", taken)
    assert len(rows_of(heap)) == 1
    monkeypatch.setattr(holders, "LEAST_ALLOWED", taken - 1)
    assert rows_of(heap) == []


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
