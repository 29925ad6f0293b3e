"""Threads: names that lie, stack pointers, and stacks that are none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.probe.mapping_rows import MappingRows
from leakgui.probe.mappings import Ranges
from leakgui.probe.threads import (
    MainStack,
    SeenThread,
    parse_syscall,
    parse_task_stat,
    tabulate_threads,
)

MAPS = b"""\
10000-20000 rw-p 00000000 00:00 0          [heap]
7000000-7800000 rw-p 00000000 00:00 0
8000000-c000000 rw-p 00000000 00:00 0
7ff0000-7ff8000 rw-p 00000000 00:00 0
f0000000-f0021000 rw-p 00000000 00:00 0    [stack]
"""
MAIN = MainStack(size_bytes=132 * 1024, limit_bytes=8 << 20)


def thread(tid: int, pointer: int | None) -> SeenThread:
    return SeenThread(tid, "worker", "S", "", pointer, False)


def stacks(*threads: SeenThread) -> tuple[list[float], list[float]]:
    rows = MappingRows()
    rows.add_maps(b"\n".join(sorted(MAPS.splitlines(), key=_start)))
    table = tabulate_threads(list(threads), 1, Ranges.of(rows), MAIN)
    return list(table["stack_used"]), list(table["stack_limit"])


def _start(line: bytes) -> int:
    return int(line.split(b"-")[0], 16)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (b"7 (cat) R 1 2", ("cat", "R")),
        (b"7 (a) S (b) Z 1", ("a) S (b", "Z")),
        (b"7 (two\nlines) D 1", ("two\nlines", "D")),
        (b"7 (\xff) S 1", ("\udcff", "S")),
        (b"7 () S 1", ("", "S")),
        (b"7 (cat)", None),
        (b"", None),
    ],
)
def test_a_name_ends_at_the_last_bracket(text, read):
    assert parse_task_stat(text) == read


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b"0 0x3 0x7 0x2 0x0 0xf 0x0 0x7ffe92cda558 0x7fdb6106e2ad\n", 0x7FFE92CDA558),
        (b"-1 0x7ffe92cda558 0x7fdb6106e2ad\n", 0x7FFE92CDA558),
        (b"running\n", None),
        (b"-1 0x0 0x0\n", None),
        (b"0 0x3\n", None),
        (b"-1 0xzz 0x0\n", None),
        (b"", None),
    ],
)
def test_the_stack_pointer_is_last_but_one(text, pointer):
    assert parse_syscall(text) == pointer


@given(st.binary(max_size=200))
def test_no_text_breaks_the_parsers(text):
    parse_task_stat(text)
    parse_syscall(text)


def test_used_is_from_the_pointer_to_the_end_and_the_limit_is_the_mapping():
    used, limit = stacks(thread(2, 0x77FF000))
    assert (used, limit) == ([0x1000], [0x800000])


def test_the_limit_of_the_main_stack_is_the_rlimit():
    used, limit = stacks(thread(1, 0xF0020000))
    assert (used, limit) == ([0x1000], [8 << 20])


def test_a_running_main_thread_falls_back_to_vmstk():
    used, limit = stacks(thread(1, None))
    assert (used, limit) == ([132 * 1024], [8 << 20])


def test_a_running_thread_is_unknown():
    used, limit = stacks(thread(2, None))
    assert math.isnan(used[0])
    assert math.isnan(limit[0])


@pytest.mark.parametrize("pointer", [0x10010, 0x5, 0xFFFFFFFFFFFFFFFF])
def test_a_pointer_into_a_heap_or_nowhere_is_no_stack(pointer):
    used, _ = stacks(thread(2, pointer))
    assert math.isnan(used[0])


def test_a_mapping_with_two_threads_is_no_stack_of_one():
    used, _ = stacks(thread(2, 0x9000000), thread(3, 0xA000000), thread(4, 0x7FF7000))
    assert math.isnan(used[0])
    assert math.isnan(used[1])
    assert used[2] == 0x1000


def test_without_mappings_only_the_main_stack_is_known():
    table = tabulate_threads([thread(1, 5), thread(2, 5)], 1, None, MAIN)
    assert table["stack_used"][0] == 132 * 1024
    assert math.isnan(table["stack_used"][1])
