"""Two heaps compared: totals, groups, and what cannot be compared."""

from dataclasses import replace
from itertools import pairwise

import pytest

from leakgui.analysis.block_groups import sum_by_size, sum_by_type
from leakgui.analysis.difference import compare
from leakgui.analysis.heap_difference import compare_heaps, find_heap_pairs
from leakgui.formatting import format_size_range
from leakgui.model.snapshot import SnapshotHeading
from tests.unit.heaps import block_groups, heap, snapshot_of

NODE = ("Node", "class", 48, 48)
TEXT = ("text", "text", 24, 24)
SIZE = ("", "size", 8192, 10232)


def grown():
    before = heap(
        groups=[(*NODE, "reachable", 10, 480, ""), (*TEXT, "reachable", 3, 72, "GET /")]
    )
    after = heap(
        groups=[
            (*NODE, "reachable", 12, 576, ""),
            (*NODE, "direct", 5, 240, ""),
            (*SIZE, "indirect", 2, 20000, ""),
            (*TEXT, "reachable", 3, 72, "PUT /"),
        ],
        direct=(5, 240),
        indirect=(2, 20000),
    )
    return snapshot_of(before, number=1), snapshot_of(after, number=2)


def test_totals_are_subtracted():
    difference = compare_heaps(*grown())
    assert (difference.lost, difference.lost_bytes) == (7, 20240)
    assert difference.in_use_bytes == 576 + 240 + 20000 + 72 - 480 - 72
    assert (difference.from_number, difference.to_number) == (1, 2)


def test_groups_grow_by_type_largest_first():
    changes = compare(*grown()).heap_by_type
    rows = list(zip(changes.key.as_list(), changes.kind.as_list(), strict=True))
    assert rows == [("8.0–9.9 KiB", "size"), ("Node", "class"), ("text", "text")]
    assert changes.before.tolist() == [0, 10, 3]
    assert changes.after.tolist() == [2, 17, 3]
    assert changes.delta_bytes.tolist() == [20000, 336, 0]
    assert changes.detail[2] == "PUT /"


def test_groups_grow_by_size():
    changes = compare(*grown()).heap_by_size
    assert changes.key.as_list() == ["8.0–9.9 KiB", "48 bytes", "24 bytes"]
    assert set(changes.kind.pool) == {"size"}


def test_lost_blocks_leave_out_what_is_reachable():
    changes = compare(*grown()).heap_lost
    assert changes.key.as_list() == ["8.0–9.9 KiB", "Node"]
    assert changes.delta.tolist() == [2, 5]


def test_what_is_lost_is_never_noise():
    before, after = grown()
    assert compare(before, after).has_change
    assert not compare(before, before).has_change


def test_a_missing_heap_is_a_gap_and_no_zero():
    _, after = grown()
    without = snapshot_of(None, number=3)
    difference = compare(after, without)
    assert difference.heap is None
    assert difference.heap_by_type is difference.heap_by_size is None
    (gap,) = [gap for gap in difference.gaps if gap.where == "heap"]
    assert "3" in gap.detail
    # Nobody asked for a heap: nothing is missing.
    assert not any(gap.where == "heap" for gap in compare(without, without).gaps)


@pytest.mark.parametrize("missing", ["blocks", "leaked"])
def test_an_allocator_that_is_not_understood_is_not_compared(missing):
    _, after = grown()
    blind = snapshot_of(heap(groups=None, without=missing), number=4)
    assert compare_heaps(after, blind) is None
    assert compare_heaps(blind, after) is None


def test_groups_that_cannot_be_read_are_no_growth():
    before, after = grown()
    damaged = snapshot_of(replace(before.heap, groups=None), number=1)
    assert compare_heaps(damaged, after) is None
    assert compare_heaps(after, damaged) is None


def test_sums_tell_what_is_lost_of_each():
    groups = grown()[1].heap.groups
    by_type = sum_by_type(groups)
    assert by_type.key.as_list() == ["8.0–9.9 KiB", "Node", "text"]
    assert by_type.count.tolist() == [2, 17, 3]
    assert by_type.lost.tolist() == [2, 5, 0]
    assert by_type.lost_bytes.tolist() == [20000, 240, 0]
    assert sum_by_size(groups).bytes.tolist() == [20000, 816, 72]


def test_nothing_at_all_sums_up_to_nothing():
    nothing = block_groups([])
    assert len(sum_by_type(nothing)) == len(sum_by_size(nothing)) == 0
    empty = snapshot_of(heap(groups=[]), number=1)
    assert len(compare(empty, empty).heap_lost) == 0


def test_pairs_skip_snapshots_without_a_heap():
    def heading(number, lost_bytes):
        return SnapshotHeading(
            number=number, name="", elapsed_s=0.0, taken_unix_s=0.0, rss_bytes=None,
            handles=None, threads=None, lost_bytes=lost_bytes,
        )  # fmt: skip

    known = [heading(1, 0.0), heading(2, None), heading(3, 5.0), heading(4, 9.0)]
    assert find_heap_pairs(known) == [(1, 3), (3, 4)]
    assert find_heap_pairs(known[:2]) == []
    many = [heading(n, 1.0) for n in range(51)]
    assert find_heap_pairs(many) == [*((n, n + 4) for n in range(0, 48, 4)), (48, 50)]
    assert find_heap_pairs(many[:50])[:-1] == find_heap_pairs(many)[:-1]
    assert len(find_heap_pairs([heading(n, 1.0) for n in range(9999)])) <= 16


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (48, 48, "48 bytes"),
        (897, 1016, "897–1,016 bytes"),
        (4104, 4104, "4,104 bytes"),
        (8192, 10232, "8.0–9.9 KiB"),
        (1 << 20, (5 << 18) - 8, "1.0–1.2 MiB"),
        (128 << 10, (160 << 10) - 8, "128–159 KiB"),
    ],
)
def test_size_classes_read_as_people_say_them(least, most, text):
    assert format_size_range(least, most) == text


def test_neighbouring_size_classes_stay_apart():
    edges = [1024 * 2 ** (step / 4) for step in range(80)]
    texts = [
        format_size_range(int(low) // 8 * 8, int(high) // 8 * 8 - 8)
        for low, high in pairwise(edges)
    ]
    assert len(set(texts)) == len(texts)
