"""Memory that lies: any header, pointers everywhere. Nothing crashes, or runs on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.blocks.bits import list_set
from leakgui.worker.blocks.block_map import map_blocks
from leakgui.worker.blocks.measuring import locate, measure
from leakgui.worker.marking.marking import mark
from leakgui.worker.walked import SizeRule
from tests.unit.worker.drawn_heap import Plan, lay_out_plan

SIZES = [0, 1, 7, 8, 16, 17, 24, 1 << 12, 1 << 31, 1 << 47, 1 << 63, (1 << 64) - 1]


def scene(seed: int, rule: SizeRule, gaps: set[str]):
    """Return a heap in which every granule may begin a block, and words are random."""
    rng = np.random.default_rng(seed)
    plan = Plan(sizes={f"b{number}": 24 for number in range(300)})
    heap = lay_out_plan(plan, SizeRule.GLIBC_HEADER, gaps)
    words = heap.image.words.copy()
    starts = heap.walk.starts.copy()
    starts[8:] = rng.integers(0, 1 << 63, len(starts) - 8, np.uint64)
    address = np.array(list(heap.address.values()), np.uint64)
    some = rng.random(len(words)) < 0.5
    words[some] = rng.choice(address, some.sum()) + rng.integers(
        0, 64, some.sum()
    ).astype(np.uint64)
    odd = rng.random(len(words)) < 0.3
    words[odd] = rng.choice(np.array(SIZES, np.uint64), odd.sum())
    count = int(np.bitwise_count(starts).sum()) if hasattr(np, "bitwise_count") else 0
    sizes = rng.choice(np.array(SIZES, np.uint64), count)
    walk = replace(
        heap.walk,
        starts=starts,
        size_rule=rule,
        sizes=sizes if rule == SizeRule.COLUMN else None,
    )
    ranges = replace(heap.roots.ranges, end_word=np.array([512], np.int64))
    return replace(heap.image, words=words), walk, replace(heap.roots, ranges=ranges)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1 << 30),
    rule=st.sampled_from(list(SizeRule)),
    gaps=st.sets(st.sampled_from([f"b{n}" for n in range(0, 300, 20)])),
)
def test_any_memory(seed: int, rule: SizeRule, gaps: set[str]) -> None:
    image, walk, roots = scene(seed, rule, gaps)
    reach = mark(image, walk, roots, hands=1 + seed % 2)
    states = [reach.reachable, reach.possible, reach.direct, reach.indirect]
    assert np.array_equal(np.bitwise_xor.reduce(states), walk.starts)
    totals = reach.totals
    whole = totals.lost_bytes + totals.possible_bytes + totals.reachable_bytes
    assert whole <= len(image.words) * 8


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 30), rule=st.sampled_from(list(SizeRule)))
def test_no_block_overlaps_another_one(seed: int, rule: SizeRule) -> None:
    image, walk, _ = scene(seed, rule, {"b100", "b200"})
    blocks = map_blocks(image, walk)
    granules = list_set(walk.starts)
    address, size = locate(blocks, granules), measure(blocks, granules)
    assert (address[:-1] + size[:-1] <= address[1:]).all()
    assert all(
        image.find_word(int(a)) == g * 2
        for a, g in zip(address[:50], granules[:50], strict=True)
    )


def test_a_column_that_has_not_a_size_for_each_block() -> None:
    image, walk, roots = scene(1, SizeRule.COLUMN, set())
    with pytest.raises(ValueError, match="sizes for"):
        mark(image, replace(walk, sizes=walk.sizes[1:]), roots)
