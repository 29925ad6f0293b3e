"""Which mappings are copied, and the arithmetic of runs, segments and pages."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.probe.freezing.copying import merge_ranges
from leakgui.probe.freezing.maps import TOP, MapsReader, choose_copied
from leakgui.probe.freezing.pagemap import PRESENT, SWAPPED, Runs, clip
from leakgui.probe.freezing.plan import MOST_SHARED_BYTES, make_plan
from leakgui.probe.freezing.segments import (
    LARGEST_HOLE,
    find_segments,
    mark_present,
    resident_bytes,
    without,
)

PAGE = 4096
MAPS = b"""\
555555554000-555555556000 r-xp 00000000 08:01 77 /usr/bin/it
555555556000-555555557000 r--p 00002000 08:01 77 /usr/bin/it
555555557000-555555558000 rw-p 00003000 08:01 77 /usr/bin/it
555555560000-555555600000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000001000 r--p 00000000 08:01 78 /usr/lib/lone.so
7f0000002000-7f0000003000 rw-p 00002000 08:01 78 /usr/lib/lone.so
7f0000010000-7f0000020000 rw-s 00000000 00:01 5 /memfd:table (deleted)
7f0000020000-7f0000030000 rw-s 00000000 00:05 6 /dev/dri/card0
7f0000030000-7f0000040000 rw-s 00000000 00:01 7 /dev/zero (deleted)
7f0000040000-7f0000050000 rw-s 00000000 00:18 8 /dev/shm/pool
7f0000050000-7f0000060000 rw-p 00000000 00:05 9 /dev/mem
7f0000060000-7f0000070000 ---p 00000000 00:00 0
7f0000070000-7f0000080000 rwxp 00000000 00:00 0
7f0000080000-7f0000090000 r--s 00000000 08:01 10 /var/cache/a b
7f0000090000-7f0000091000 rw-p 00000000 00:00 0 [vvar]
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0 [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
no line of maps
"""


def copied_paths() -> list[tuple[bytes, bytes]]:
    copied = choose_copied(MapsReader().parse(MAPS))
    return [(mapping.permissions, mapping.path) for mapping in copied]


def test_what_a_pointer_may_lie_in_is_copied():
    assert copied_paths() == [
        (b"r--p", b"/usr/bin/it"),
        (b"rw-p", b"/usr/bin/it"),
        (b"rw-p", b"[heap]"),
        (b"rw-p", b"/usr/lib/lone.so"),
        (b"rw-s", b"/memfd:table (deleted)"),
        (b"rw-s", b"/dev/zero (deleted)"),
        (b"rw-s", b"/dev/shm/pool"),
        (b"rwxp", b""),
        (b"rw-p", b"[stack]"),
    ]


def test_only_user_space_is_looked_at():
    mappings = MapsReader().parse(MAPS)
    assert len(mappings) == 16
    assert all(mapping.end <= TOP for mapping in mappings)
    assert mappings[-3].path_text == "/var/cache/a b"


def test_a_second_reading_gives_the_same():
    reader = MapsReader()
    assert reader.parse(MAPS) == reader.parse(MAPS)


@given(st.binary(max_size=200))
def test_strange_lines_are_left_out(text):
    assert isinstance(MapsReader().parse(text), list)


def runs_of(*pieces: tuple[int, int], kind: int = PRESENT) -> Runs:
    return Runs(
        array("Q", [begin for begin, _ in pieces]),
        array("Q", [end for _, end in pieces]),
        array("Q", [kind] * len(pieces)),
    )


def test_a_shared_mapping_that_holds_too_much_is_left_out():
    size = MOST_SHARED_BYTES + PAGE
    line = b"100000000-%x rw-s 00000000 08:01 7 /var/table\n" % ((1 << 32) + size)
    mappings = MapsReader().parse(line)
    plan = make_plan(mappings, runs_of((1 << 32, (1 << 32) + size)))
    assert (plan.left_out, plan.copied, plan.total_bytes) == (mappings, [], 0)
    plan = make_plan(mappings, runs_of((1 << 32, (1 << 32) + size - PAGE)))
    assert plan.copied == mappings


pages = st.sets(st.integers(0, 60), max_size=40)


def as_runs(numbers: set[int]) -> Runs:
    return runs_of(
        *merge_ranges([(n * PAGE, n * PAGE + PAGE) for n in sorted(numbers)], 1)
    )


def as_pages(runs: Runs) -> set[int]:
    return {
        page
        for begin, end in zip(runs.start, runs.end, strict=True)
        for page in range(begin // PAGE, end // PAGE)
    }


@given(pages, pages)
def test_clipping_is_what_both_have(held, wanted):
    ranges = as_runs(wanted)
    clipped = clip(as_runs(held), list(zip(ranges.start, ranges.end, strict=True)))
    assert as_pages(clipped) == held & wanted


@given(pages, pages)
def test_what_could_not_be_read_is_taken_away(held, failed):
    lost = as_runs(failed)
    left = without(as_runs(held), list(zip(lost.start, lost.end, strict=True)))
    assert as_pages(left) == held - failed


@given(pages, pages)
def test_each_present_page_has_its_bit(held, covered):
    spans = as_runs(covered)
    segments = list(zip(spans.start, spans.end, strict=True))
    present = mark_present(segments, as_runs(held))
    order = [page for a, b in segments for page in range(a // PAGE, b // PAGE)]
    assert len(present) == (len(order) + 7) // 8
    bits = [bool(present[at >> 3] >> (at & 7) & 1) for at in range(len(order))]
    assert bits == [page in held for page in order]


def test_ranges_close_together_are_one_segment():
    ranges = [(0x10000, 0x20000), (0x30000, 0x40000), (0x400000, 0x500000)]
    assert find_segments(ranges, runs_of()) == [
        (0x10000, 0x40000),
        (0x400000, 0x500000),
    ]


def test_a_large_reservation_without_pages_is_no_segment():
    assert find_segments([(0, 2 * LARGEST_HOLE)], runs_of()) == []


def test_large_holes_are_cut_out_and_small_ones_are_not():
    end = 3 * LARGEST_HOLE
    first, second = (PAGE, 2 * PAGE), (LARGEST_HOLE, LARGEST_HOLE + PAGE)
    third = (2 * LARGEST_HOLE + PAGE, 2 * LARGEST_HOLE + 2 * PAGE)
    assert find_segments([(0, end)], runs_of(first, second, third)) == [
        (0, second[1]),
        (third[0], end),
    ]


def test_swapped_pages_are_not_resident():
    held = Runs(
        array("Q", [0, 8192]), array("Q", [4096, 12288]), array("Q", [PRESENT, SWAPPED])
    )
    assert list(resident_bytes([(0, 8192), (8192, 12288)], held)) == [4096, 0]


@pytest.mark.parametrize("gap", [1, PAGE])
def test_merging_joins_what_touches(gap):
    assert merge_ranges([(0, 4096), (4096, 8192)], gap) == [(0, 8192)]
