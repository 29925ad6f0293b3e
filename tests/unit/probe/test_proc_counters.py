"""status, io, smaps_rollup and maps: what is absent stays absent."""

from __future__ import annotations

import os
import threading

from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import METRIC_BY_KEY, Tier
from leakgui.probe.counters import (
    count_mappings,
    parse_io,
    parse_rollup,
    parse_status,
    reading_of_stat,
)
from leakgui.probe.process_stat import parse_stat
from leakgui.probe.procfs import parse_kib, parse_number, ticks_per_s

STATUS = b"""\
Name:\tcat\\nVmRSS:\t99 kB
Umask:\t0022
State:\tR (running)
VmPeak:\t    3060 kB
VmSize:\t    3061 kB
VmHWM:\t    1640 kB
VmRSS:\t    1641 kB
RssAnon:\t     112 kB
RssFile:\t    1528 kB
RssShmem:\t       1 kB
VmData:\t     360 kB
VmStk:\t     132 kB
VmSwap:\t       0 kB
Threads:\t1
"""
ROLLUP = b"""\
5572b0c52000-7ffe0a5f4000 ---p 00000000 00:00 0                          [rollup]
Rss:                1528 kB
Pss:                 200 kB
Pss_Dirty:           104 kB
Shared_Clean:       1424 kB
Private_Clean:         8 kB
Private_Dirty:       104 kB
Private_Hugetlb:    2048 kB
Swap:                  0 kB
"""
AMOUNT = st.integers(0, 2**50)


def test_status_gives_bytes():
    assert parse_status(STATUS) == {
        "vms_bytes": 3061 * 1024,
        "rss_bytes": 1641 * 1024,
        "anon_bytes": 112 * 1024,
        "file_bytes": 1528 * 1024,
        "shmem_bytes": 1024,
        "data_bytes": 360 * 1024,
        "stack_bytes": 132 * 1024,
        "swap_bytes": 0,
    }


def test_every_key_is_a_metric_of_the_counters():
    for key in parse_status(STATUS):
        assert METRIC_BY_KEY[key].tier is Tier.COUNTERS


def test_a_kernel_thread_has_no_memory_and_not_zero_memory():
    assert parse_status(b"Name:\tkthreadd\nThreads:\t1\n") == {}


@given(AMOUNT)
def test_status_values_are_kept_exactly(kib):
    assert parse_status(b"VmRSS:\t%8d kB\n" % kib) == {"rss_bytes": kib * 1024}


@given(st.binary(max_size=500))
def test_no_text_breaks_the_parsers(text):
    for reading in (parse_status(text), parse_io(text), parse_rollup(text)):
        assert all(value >= 0 for value in reading.values())
    parse_kib(text)
    parse_number(text)


def test_numbers_without_end_are_no_numbers():
    endless = b"9" * 10_000
    assert parse_status(b"VmRSS: " + endless + b" kB\n") == {}
    assert parse_kib(b"MemTotal: " + endless + b" kB\n") == {}
    assert parse_number(endless) is None


def test_numbers_are_ascii_only():
    assert parse_number("１２".encode()) is None
    assert parse_number(b"max\n") is None
    assert parse_number(b" 12\n") == 12


@given(st.dictionaries(st.from_regex(r"[A-Z][a-z_]{1,20}", fullmatch=True), AMOUNT))
def test_tables_in_kib_read_back(amounts):
    text = b"".join(b"%s:   %d kB\n" % (k.encode(), v) for k, v in amounts.items())
    assert parse_kib(text) == {k: v * 1024 for k, v in amounts.items()}


def test_io_gives_what_was_asked_for():
    assert parse_io(b"rchar: 6976\nwchar: 0\nread_bytes: 0\n") == {"read_bytes": 6976}
    assert parse_io(b"wchar: 0\n") == {}


def test_uss_is_what_is_private_huge_pages_included():
    expected = {"pss_bytes": 200 * 1024, "uss_bytes": (8 + 104 + 2048) * 1024}
    assert parse_rollup(ROLLUP) == expected


def test_uss_is_unknown_when_a_part_is():
    assert parse_rollup(b"Pss: 200 kB\nPrivate_Clean: 8 kB\n") == {
        "pss_bytes": 200 * 1024
    }


def test_processor_time_is_in_milliseconds():
    stat = parse_stat(
        b"1 (x) S 0 1 1 0 -1 0 0 0 0 0 250 50 0 0 20 0 7 0 9 4096 1 0 1 1 0\n"
    )
    expected = {"threads": 7, "cpu_ms": 300 * 1000 / ticks_per_s()}
    assert reading_of_stat(stat) == expected


def counted(text: bytes, page: int = 4096) -> dict[str, float]:
    """Count a maps text that comes in pages, as procfs gives it."""
    reading, writing = os.pipe()

    def write() -> None:
        for at in range(0, len(text), page):
            os.write(writing, text[at : at + page])
        os.close(writing)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        return count_mappings(reading)
    finally:
        thread.join()
        os.close(reading)


LINE = b"%x-%x rw-p 00000000 00:00 0 %s\n"


def test_mappings_are_lines_and_the_heap_is_what_is_called_heap():
    text = LINE % (0x1000, 0x3000, b"  [heap]") + LINE % (0x8000, 0x9000, b"")
    assert counted(text) == {"mappings": 2, "heap_bytes": 0x2000}


def test_no_heap_is_zero_and_nothing_at_all_is_unknown():
    assert counted(LINE % (0x8000, 0x9000, b"")) == {"mappings": 1, "heap_bytes": 0}
    assert counted(b"") == {}


def test_a_file_called_heap_is_no_heap():
    text = LINE % (1, 2, b"/tmp/a [heap]") + LINE % (1, 2, b"/x\r1-99 r 0 0 0 [heap]")
    assert counted(text)["heap_bytes"] == 0


@given(st.integers(1, 120), st.integers(0, 119), st.integers(1, 200))
def test_a_heap_line_cut_between_pages_is_found(lines, at, page):
    rows = [LINE % (n << 12, (n + 1) << 12, b"/lib/x.so") for n in range(lines)]
    rows.insert(min(at, lines), LINE % (0x5000, 0x9000, b"     [heap]"))
    expected = {"mappings": lines + 1, "heap_bytes": 0x4000}
    assert counted(b"".join(rows), page) == expected


@given(st.binary(max_size=300))
def test_no_maps_text_breaks_the_count(text):
    reading = counted(text)
    assert reading.get("mappings", 0) == text.count(b"\n")
