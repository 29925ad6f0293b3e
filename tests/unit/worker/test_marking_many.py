"""Large heaps: several threads, slices, absent pages, and being told to stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leakgui.worker.giving_up import GivenUp
from leakgui.worker.image import Image
from leakgui.worker.marking.marking import mark
from leakgui.worker.roots.table import Roots
from leakgui.worker.walked import Walk
from tests.unit.worker.drawn_heap import Plan, lay_out_plan, parse

Scene = tuple[Image, Walk, Roots]
COUNT = 60_000


def many(count: int, seed: int) -> Scene:
    """Return blocks of 40 bytes with two pointers each, four fifths from a root."""
    rng = np.random.default_rng(seed)
    plan = Plan(sizes={f"b{number}": 40 for number in range(count)})
    ends = rng.integers(0, count, (count, 2))
    kept = count * 4 // 5
    ends[:kept] %= kept
    heap = lay_out_plan(plan)
    words = heap.image.words.copy()
    place = np.array([heap.image.find_word(a) for a in heap.address.values()])
    address = np.array(list(heap.address.values()), np.uint64)
    inner = np.where(rng.random((count, 2)) < 0.02, 16, 0).astype(np.uint64)
    words[place + 1] = address[ends[:, 0]] + inner[:, 0]
    words[place + 2] = address[ends[:, 1]] + inner[:, 1]
    words[0] = address[0]
    ranges = replace(heap.roots.ranges, end_word=np.array([8], np.int64))
    roots = replace(heap.roots, ranges=ranges)
    return replace(heap.image, words=words), heap.walk, roots


def test_several_threads_find_what_one_finds() -> None:
    image, walk, roots = many(COUNT, 1)
    one = mark(image, walk, roots, hands=1)
    assert one.totals.reachable > COUNT // 3
    assert min(one.totals.possible, one.totals.direct, one.totals.indirect) > 0
    for hands in (2, 4):
        other = mark(image, walk, roots, hands=hands)
        assert other.totals == one.totals
        for state in ("reachable", "possible", "direct", "indirect"):
            assert np.array_equal(getattr(other, state), getattr(one, state))
        assert np.array_equal(other.leader_indirect_bytes, one.leader_indirect_bytes)


def test_each_block_is_in_one_state() -> None:
    image, walk, roots = many(5_000, 2)
    reach = mark(image, walk, roots)
    states = [reach.reachable, reach.possible, reach.direct, reach.indirect]
    assert np.array_equal(np.bitwise_or.reduce(states), walk.starts)
    assert np.array_equal(np.bitwise_xor.reduce(states), walk.starts)


def test_says_how_far_it_is_and_stops_when_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("leakgui.worker.marking.crew.SLICE_WORDS", 1_000)
    monkeypatch.setattr("leakgui.worker.marking.crew.LOOK_S", 0.0)
    image, walk, roots = many(COUNT, 3)
    said: list[tuple[int, int]] = []
    mark(image, walk, roots, lambda done, total: said.append((done, total)), hands=2)
    assert said
    assert all(done <= total == COUNT for done, total in said)
    with pytest.raises(GivenUp):
        mark(image, walk, roots, cancelled=lambda: len(said) > 3, hands=2)


def test_absent_pages_are_not_read() -> None:
    heap = lay_out_plan(parse("root -> a\na 20000\na+8192 -> b\na+16 -> c"))
    present = heap.image.present.copy()
    page = heap.image.find_word(heap.address["a"] + 8192) // 512
    present[page >> 3] &= ~np.uint8(1 << (page & 7))
    image = replace(heap.image, present=present)
    assert heap.as_text(mark(image, heap.walk, heap.roots)) == (
        "reachable: a c\ndirect: b"
    )


def test_an_empty_heap() -> None:
    heap = lay_out_plan(Plan())
    assert mark(heap.image, heap.walk, heap.roots).totals.reachable == 0
