"""Mappings: the layout of proc(5), hostile paths, and records of uneven shape."""

from __future__ import annotations

import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.probe.mapping_rows import (
    SIZE_LABELS,
    MappingRows,
    cut_smaps,
    parse_mapping_line,
)
from leakgui.probe.mappings import Ranges

SIZES = (
    b"Size:                 24 kB\nRss:                  %d kB\n"
    b"Pss:                  %d kB\nShared_Clean:          1 kB\n"
    b"Shared_Dirty:          2 kB\nPrivate_Clean:         3 kB\n"
    b"Private_Dirty:         4 kB\nAnonymous:             5 kB\n"
    b"Swap:                  6 kB\nVmFlags: rd ex mr mw me\n"
)


def record(start: int, path: bytes = b"", rss: int = 24) -> bytes:
    line = b"%x-%x r-xp 00002000 fe:00 260386 %s\n" % (start, start + 0x6000, path)
    return line + SIZES % (rss, rss // 2)


def texts(rows: MappingRows, column: str) -> list[str]:
    codes, pool = rows.table()[column]
    return [pool[code] for code in codes]


def test_a_record_gives_every_column_in_bytes():
    rows = MappingRows()
    rows.add_smaps(record(0x5569C4916000, b"     /usr/bin/head"))
    table = rows.table()
    assert table["start"] == array("Q", [0x5569C4916000])
    assert table["end"] == array("Q", [0x5569C491C000])
    assert table["offset"] == array("Q", [0x2000])
    assert table["inode"] == array("Q", [260386])
    assert texts(rows, "permissions") == ["r-xp"]
    assert texts(rows, "path") == ["/usr/bin/head"]
    kib = {name: table[name][0] // 1024 for name in SIZE_LABELS}
    assert kib == {
        "rss": 24,
        "pss": 12,
        "shared_clean": 1,
        "shared_dirty": 2,
        "private_clean": 3,
        "private_dirty": 4,
        "anonymous": 5,
        "swap": 6,
    }


def test_the_address_of_vsyscall_needs_all_64_bits():
    line = parse_mapping_line(
        b"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]"
    )
    assert line is not None
    assert line.start == 0xFFFFFFFFFF600000
    assert line.path == "[vsyscall]"


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (b"/tmp/two\\012lines", "/tmp/two\nlines"),
        (b"/tmp/gone (deleted)", "/tmp/gone (deleted)"),
        (b"/tmp/a  b ", "/tmp/a  b "),
        (b"/tmp/\xff\xfe", "/tmp/\udcff\udcfe"),
        (b"/SYSV00000000 (deleted)", "/SYSV00000000 (deleted)"),
        (b"", ""),
    ],
)
def test_paths_come_as_the_kernel_writes_them(written, path):
    line = parse_mapping_line(b"1000-2000 rw-p 00000000 00:00 7   " + written)
    assert line is not None
    assert line.path == path


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense",
        b"1000-2000 rw-p",
        b"2000-1000 rw-p 0 00:00 0",
        b"-1-2000 rw-p 0 00:00 0",
        b"1000-1ffffffffffffffff rw-p 0 00:00 0",
        b"1000-2000 rw-p 0 00:00 99999999999999999999999",
    ],
)
def test_what_is_no_mapping_is_counted_and_left_out(line):
    rows = MappingRows()
    rows.add_maps(line + b"\n1000-2000 rw-p 00000000 00:00 0")
    assert (len(rows), rows.unparsable) == (1, 1)


def test_a_record_with_an_extra_line_keeps_its_sizes():
    uneven = record(0x7000, rss=8).replace(b"Swap:", b"ProtectionKey:  0\nSwap:")
    rows = MappingRows()
    rows.add_smaps(record(0x1000, rss=4) + uneven + record(0x10000, rss=12))
    assert [size // 1024 for size in rows.table()["rss"]] == [4, 8, 12]
    assert [size // 1024 for size in rows.table()["swap"]] == [6, 6, 6]


def test_a_size_that_one_record_lacks_is_absent_and_never_zero():
    lacking = record(0x7000).replace(b"Swap:                  6 kB\n", b"")
    rows = MappingRows()
    rows.add_smaps(record(0x1000) + lacking)
    assert "swap" not in rows.table()
    assert len(rows.table()["rss"]) == 2


def test_a_size_that_makes_no_sense_is_absent():
    rows = MappingRows()
    rows.add_smaps(record(0x1000).replace(b"Swap:                  6", b"Swap: six"))
    assert "swap" not in rows.table()


def test_a_record_whose_line_makes_no_sense_takes_its_sizes_with_it():
    broken = record(0x7000, rss=99).replace(b"7000-", b"7000+")
    rows = MappingRows()
    rows.add_smaps(record(0x1000, rss=4) + broken + record(0x20000, rss=8))
    assert [size // 1024 for size in rows.table()["rss"]] == [4, 8]
    assert rows.unparsable == 1


@given(st.lists(st.integers(1, 64), max_size=12), st.integers(1, 700))
def test_blocks_cut_anywhere_give_the_same_columns(sizes, length):
    text = b"".join(
        record(0x10000 * (at + 1), b" /lib/%d" % size, size)
        for at, size in enumerate(sizes)
    )
    whole, pieces, rest = MappingRows(), MappingRows(), b""
    whole.add_smaps(text)
    for begin in range(0, len(text), length):
        block = rest + text[begin : begin + length]
        cut = cut_smaps(block)
        pieces.add_smaps(block[:cut])
        rest = block[cut:]
    pieces.add_smaps(rest)
    assert pieces.table() == whole.table()
    assert len(whole) == len(sizes)


def test_sixty_thousand_records_take_well_under_a_second():
    text = b"".join(record(0x10000 * (at + 1), rss=at % 99) for at in range(60_000))
    took_s = []
    for _ in range(2):
        rows, begun_s = MappingRows(), time.thread_time()
        rows.add_smaps(text)
        took_s.append(time.thread_time() - begun_s)
    assert len(rows) == 60_000
    assert min(took_s) < 0.9  # some 0.3 s on two cores of 2026


@given(st.binary(max_size=400), st.booleans())
def test_no_text_breaks_the_parser(text, is_beside_a_record):
    rows = MappingRows()
    rows.add_smaps(record(0x1000) + text if is_beside_a_record else text)
    rows.add_maps(text)
    lengths = {
        len(column.codes if hasattr(column, "codes") else column)
        for column in rows.table().values()
    }
    assert lengths == {len(rows)}


def test_an_address_finds_the_mapping_that_holds_it():
    rows = MappingRows()
    rows.add_smaps(record(0x10000, b" [stack]") + record(0x20000))
    ranges = Ranges.of(rows)
    found = ranges.find(0x15FFF)
    assert found is not None
    assert (found.start, found.end, found.path) == (0x10000, 0x16000, "[stack]")
    assert ranges.find(0x16000) is None
    assert ranges.find(0xFFF) is None
