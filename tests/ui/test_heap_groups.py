"""Groups of blocks add up, however they are put together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.heap import BlockGroups, BlockState, TypeKind
from leakgui.ui.heap_groups import By, sum_groups
from leakgui.ui.hex_dump import NARROW, WIDE, dump_columns, hex_dump
from tests.ui.heap_scenes import groups, huge, i64, texts, u64

ROW = st.tuples(
    st.sampled_from(["", "A", "B<int>"]),
    st.sampled_from(list(TypeKind)),
    st.sampled_from([24, 40, 1025]),
    st.sampled_from(list(BlockState)),
    st.integers(1, 10_000),
    st.sampled_from(["", "peek"]),
)


@pytest.mark.parametrize("by", By)
@given(rows=st.lists(ROW, max_size=40))
def test_sums_are_those_of_the_groups(by, rows):
    name, kind, least, state, count, peek = (
        zip(*rows, strict=True) if rows else [()] * 6
    )
    given_groups = BlockGroups(
        type_name=texts(*name), type_kind=texts(*kind), least_bytes=u64(*least),
        most_bytes=u64(*least), state=texts(*state), count=i64(*count),
        bytes=u64(*(a * b for a, b in zip(least, count, strict=True))),
        peek=texts(*peek),
    )  # fmt: skip
    summed = sum_groups(given_groups, by)
    assert summed.count.sum() == sum(count)
    assert summed.bytes.sum() == given_groups.bytes.sum()
    lost = sum(n for s, n in zip(state, count, strict=True) if s[0] in "di")
    assert summed.lost.sum() == lost
    assert list(summed.bytes) == sorted(summed.bytes, reverse=True)
    keys = {
        By.TYPE: list(zip(name, kind, strict=True)),
        By.SIZE: list(least),
        By.TYPE_AND_SIZE: list(zip(name, kind, least, strict=True)),
    }[by]
    assert len(summed) == len(set(keys))


def test_a_peek_is_kept_where_any_of_the_blocks_has_one():
    summed = sum_groups(groups(), By.TYPE)
    peeks = dict(zip(summed.type_name.as_list(), summed.peek.as_list(), strict=True))
    assert peeks["net::Session"] == "GET /index.html"
    assert peeks["Polygon"] == ""


def test_by_type_the_smallest_and_the_largest_block_are_known():
    summed = sum_groups(groups(), By.TYPE)
    row = summed.type_name.as_list().index("")
    assert (summed.least_bytes[row], summed.most_bytes[row]) == (24, 2048)


def test_many_rows_are_quick():
    summed = sum_groups(huge(20_000).groups, By.SIZE)
    assert 1 < len(summed) <= 4096


def test_no_groups_are_no_rows():
    empty = replace(
        groups(), type_name=texts(), type_kind=texts(), least_bytes=u64(),
        most_bytes=u64(), state=texts(), count=i64(), bytes=u64(), peek=texts(),
    )  # fmt: skip
    assert len(sum_groups(empty, By.TYPE)) == 0


@given(st.binary(max_size=256), st.sampled_from([WIDE, NARROW]))
def test_every_line_of_a_dump_has_its_offset_and_fits(content, width):
    lines = hex_dump(content, width).splitlines()
    assert len(lines) == -(-len(content) // width)
    for number, line in enumerate(lines):
        assert line.startswith(f"{number * width:04x}  ")
        assert len(line) <= dump_columns(width)
    told = b"".join(
        bytes.fromhex(line[6 : 6 + 3 * width + width // 8 - 2]) for line in lines
    )
    assert told == content


def test_a_dump_shows_what_can_be_printed():
    assert hex_dump(b"GET /\x00\xff") == (
        "0000  47 45 54 20 2f 00 ff" + " " * 30 + "GET /··"
    )
    assert np.all([len(hex_dump(bytes(16))) == dump_columns(WIDE)])
