"""What is searched for pointers, what it is called, and what is left out."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest

from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Image, Module, Regions, ThreadStates, lay_out
from leakgui.worker.roots import RootKind, Roots, find_roots
from leakgui.worker.roots.thread_locals import count_static_bytes
from leakgui.worker.walked import Walk
from tests.unit.worker.drawn_heap import Plan, lay_out_plan

PAGE = 4096
LIBC = "/usr/lib/libc.so.6"
# start, pages, permissions, path, copied
REGIONS = [
    (0x1000_0000, 1, "r-xp", LIBC, 0),
    (0x1000_1000, 1, "r--p", LIBC, 1),
    (0x1000_2000, 2, "rw-p", LIBC, 1),
    (0x1000_4000, 1, "rw-p", "", 1),  # its .bss
    (0x2000_0000, 8, "rw-p", "[heap]", 1),
    (0x3000_0000, 2, "rw-p", "", 1),
    (0x4000_0000, 8, "rw-p", "", 1),  # the stack of thread 11
    (0x5000_0000, 8, "rw-p", "", 1),  # the stack of an ended thread
    (0x6000_0000, 1, "rw-s", "/dev/shm/table", 1),
    (0x7000_0000, 16, "rw-p", "[stack]", 1),
]
TCB, ENDED, MAIN_TCB = 0x4000_7700, 0x5000_7700, 0x3000_1000
STACK_START, ENDED_START = 0x3FFF_F000, 0x4FFF_F000


def scene() -> tuple[Image, Walk]:
    starts = [start for start, *_ in REGIONS]
    ends = [start + pages * PAGE for start, pages, *_ in REGIONS]
    copied = [row for row in range(len(REGIONS)) if REGIONS[row][4]]
    segments = lay_out([starts[row] for row in copied], [ends[row] for row in copied])
    words = np.zeros(sum(ends[row] - starts[row] for row in copied) // 8, np.uint64)
    image = Image(
        words=words,
        present=np.full(len(words) // 512 // 8 + 1, 255, np.uint8),
        segments=segments,
        regions=Regions(
            start=np.array(starts, np.uint64),
            end=np.array(ends, np.uint64),
            permissions=TextColumn.of(row[2] for row in REGIONS),
            offset=np.zeros(len(REGIONS), np.uint64),
            path=TextColumn.of(row[3] for row in REGIONS),
            resident=np.zeros(len(REGIONS), np.uint64),
            module=np.array([0 if row[3] == LIBC else -1 for row in REGIONS]),
            was_copied=np.array([row[4] for row in REGIONS]),
        ),
        threads=threads(0x7000_8000, 0x4000_4000),
        registers=np.arange(54, dtype=np.uint64),
        vectors=np.arange(64, dtype=np.uint64) + np.uint64(1000),
        modules=(Module(path=LIBC, fd=-1),),
    )
    write_control_block(image, MAIN_TCB, 0, 0)
    write_control_block(image, TCB, STACK_START, 0x4000_8000)
    write_control_block(image, ENDED, ENDED_START, 0x5000_8000)
    heap = lay_out_plan(Plan()).walk
    start, end = np.array([0x2000_0000], np.uint64), np.array([0x2000_8000], np.uint64)
    return image, replace(heap, area_start=start, area_end=end)


def threads(main_stack: int, other_stack: int) -> ThreadStates:
    return ThreadStates(
        tid=np.array([10, 11]),
        name=TextColumn.of(["main", "other"]),
        stack_pointer=np.array([main_stack, other_stack], np.uint64),
        fs_base=np.array([MAIN_TCB, TCB], np.uint64),
    )


def put(image: Image, address: int, value: int) -> None:
    image.words[image.find_word(address)] = value


def write_control_block(image: Image, address: int, start: int, end: int) -> None:
    put(image, address, address)
    put(image, address + 8, 0x2000_1010)  # the dtv
    put(image, address + 16, address)
    put(image, address + 0x690, start)
    put(image, address + 0x698, end - start)


def label_of(image: Image, roots: Roots, address: int) -> tuple[str, int, int] | None:
    """Return kind, tid and module of the root at an address."""
    place = image.find_word(address)
    ranges = roots.ranges
    for row in range(len(ranges)):
        if ranges.first_word[row] <= place < ranges.end_word[row]:
            kind = RootKind(int(ranges.kind[row])).name.lower()
            return kind, int(ranges.tid[row]), int(ranges.module[row])
    return None


@pytest.mark.parametrize(
    ("address", "label"),
    [
        (0x1000_1000, ("global", -1, 0)),
        (0x1000_3FF8, ("global", -1, 0)),
        (0x1000_4000, ("global", -1, 0)),
        (0x2000_0000, None),
        (0x2000_7FF8, None),
        (0x3000_0000, ("memory", -1, -1)),
        (MAIN_TCB + 8, ("thread_local", 10, -1)),
        (0x4000_0000, None),
        (0x4000_4000 - 136, None),
        (0x4000_4000 - 128, ("stack", 11, -1)),
        (TCB - 8, ("stack", 11, -1)),
        (TCB, ("thread_local", 11, -1)),
        (0x4000_7FF8, ("thread_local", 11, -1)),
        (0x5000_0000, None),
        (ENDED - 8, None),
        (ENDED, ("thread_local", -1, -1)),
        (0x6000_0000, ("shared", -1, -1)),
        (0x7000_8000 - 136, None),
        (0x7000_8000 - 128, ("stack", 10, -1)),
        (0x7000_FFF8, ("stack", 10, -1)),
    ],
)
def test_what_an_address_is(address: int, label: tuple[str, int, int] | None) -> None:
    image, walk = scene()
    assert label_of(image, find_roots(image, walk), address) == label


def test_registers_and_dtvs_are_loose_roots() -> None:
    image, walk = scene()
    loose = find_roots(image, walk).loose
    registers = loose.kind == RootKind.REGISTER
    assert loose.value[registers].tolist() == [
        *range(27),
        *range(1000, 1032),
        *range(27, 54),
        *range(1032, 1064),
    ]
    assert set(loose.tid[registers][:59].tolist()) == {10}
    assert loose.number[registers][[26, 27, 59]].tolist() == [26, 100, 0]
    dtvs = loose.kind == RootKind.THREAD_LOCAL
    assert loose.value[dtvs].tolist() == [0x2000_1000] * 3
    assert loose.tid[dtvs].tolist() == [10, 11, -1]


def test_a_thread_on_a_stack_of_its_own_making_leaves_nothing_out() -> None:
    image, walk = scene()
    image = replace(image, threads=threads(0x3000_0800, 0x3000_0900))
    roots = find_roots(image, walk)
    for address in (0x3000_0000, 0x4000_0000, 0x7000_0000):
        assert label_of(image, roots, address) is not None


def test_a_live_stack_is_none_of_an_ended_thread() -> None:
    image, walk = scene()
    states = threads(0x7000_8000, 0x5000_4000)
    states = replace(states, fs_base=np.array([MAIN_TCB, ENDED], np.uint64))
    roots = find_roots(replace(image, threads=states), walk)
    assert label_of(image, roots, ENDED - 8) == ("stack", 11, -1)
    assert label_of(image, roots, TCB - 8) is None


def test_a_thread_with_another_fs_base_for_a_while_keeps_its_stack() -> None:
    image, walk = scene()
    states = replace(
        threads(0x7000_8000, 0x4000_4000),
        fs_base=np.array([MAIN_TCB, 0x3000_0040], np.uint64),
    )
    roots = find_roots(replace(image, threads=states), walk)
    assert label_of(image, roots, 0x4000_4000) is not None
    assert label_of(image, roots, TCB - 8) is not None


def test_thread_local_memory_reaches_into_no_block_and_no_dead_stack(tmp_path) -> None:
    path = tmp_path / "module"
    path.write_bytes(
        struct.pack("<6s26xQ14xHH", b"\x7fELF\x02\x01", 64, 56, 1).ljust(64, b"\0")
        + struct.pack("<I36xQQ", 7, 0xF000, 8)
    )
    image, walk = scene()
    mapped = np.array([0x2000_0000, 0x3000_0000], np.uint64)
    walk = replace(
        walk, area_start=mapped, area_end=mapped + np.array([0x8000, 0x800], np.uint64)
    )
    with path.open("rb") as file:
        modules = (Module(path=LIBC, fd=file.fileno()),)
        roots = find_roots(replace(image, modules=modules), walk)
    assert label_of(image, roots, 0x3000_07F8) is None
    assert label_of(image, roots, 0x3000_0800) == ("thread_local", 10, -1)
    assert label_of(image, roots, 0x4000_4000 - 136) is None
    assert label_of(image, roots, 0x4000_4000 - 128) == ("thread_local", 11, -1)


def test_a_stack_that_malloc_gave_is_a_stack() -> None:
    image, walk = scene()
    write_control_block(image, 0x2000_3700, 0x2000_0000, 0x2000_4000)
    states = replace(
        threads(0x7000_8000, 0x2000_2000),
        fs_base=np.array([MAIN_TCB, 0x2000_3700], np.uint64),
    )
    roots = find_roots(replace(image, threads=states), walk)
    assert label_of(image, roots, 0x2000_1000) is None
    assert label_of(image, roots, 0x2000_2000) == ("stack", 11, -1)
    assert label_of(image, roots, 0x2000_3710) == ("thread_local", 11, -1)
    assert label_of(image, roots, 0x2000_4000) is None


def test_memory_behind_data_that_is_only_read_is_no_bss() -> None:
    image, walk = scene()
    regions = image.regions
    texts = [*regions.permissions.as_list()]
    texts[2] = "r--p"
    regions = replace(regions, permissions=TextColumn.of(texts))
    roots = find_roots(replace(image, regions=regions), walk)
    assert label_of(image, roots, 0x1000_4000) == ("memory", -1, -1)


def test_two_stacks_in_one_mapping_are_told_apart() -> None:
    """Since glibc 2.42 no inaccessible page lies between them (madvise guards)."""
    image, walk = scene()
    write_control_block(image, 0x4000_3700, 0x4000_0000, 0x4000_4000)
    write_control_block(image, TCB, 0x4000_4000, 0x4000_8000)
    states = ThreadStates(
        tid=np.array([11, 12]),
        name=TextColumn.of(["one", "two"]),
        stack_pointer=np.array([0x4000_6000, 0x4000_2000], np.uint64),
        fs_base=np.array([TCB, 0x4000_3700], np.uint64),
    )
    roots = find_roots(replace(image, threads=states), walk)
    assert label_of(image, roots, 0x4000_1000) is None
    assert label_of(image, roots, 0x4000_3000) == ("stack", 12, -1)
    assert label_of(image, roots, 0x4000_3780) == ("thread_local", 12, -1)
    assert label_of(image, roots, 0x4000_5000) is None
    assert label_of(image, roots, 0x4000_7000) == ("stack", 11, -1)


def test_a_pointer_to_itself_is_not_yet_a_control_block() -> None:
    image, walk = scene()
    write_control_block(image, 0x3000_0400, 0, 0)
    put(image, 0x3000_0400 + 0x698, 1 << 62)
    roots = find_roots(image, walk)
    assert label_of(image, roots, 0x3000_0000) == ("memory", -1, -1)


def test_absent_pages_hold_no_control_block() -> None:
    image, walk = scene()
    present = image.present.copy()
    page = image.find_word(ENDED) // 512
    present[page >> 3] &= ~np.uint8(1 << (page & 7))
    roots = find_roots(replace(image, present=present), walk)
    assert label_of(image, roots, ENDED - 8) == ("memory", -1, -1)


@pytest.mark.parametrize(
    "value", [0, 5, 0x3000_1FF8, 0x3000_1FF9, 1 << 47, (1 << 64) - 1]
)
def test_thread_states_that_lie(value: int) -> None:
    image, walk = scene()
    states = ThreadStates(
        tid=np.array([10, 11]),
        name=TextColumn.of(["", ""]),
        stack_pointer=np.array([value, 0x7000_8000], np.uint64),
        fs_base=np.array([value, value], np.uint64),
    )
    roots = find_roots(replace(image, threads=states), walk)
    first, end = roots.ranges.first_word, roots.ranges.end_word
    assert (first[1:] >= end[:-1]).all()
    assert (first >= 0).all()
    assert (end <= len(image.words)).all()


def test_thread_local_bytes_of_a_module(tmp_path) -> None:
    header = struct.pack("<6s26xQ14xHH", b"\x7fELF\x02\x01", 64, 56, 2).ljust(64, b"\0")
    load = struct.pack("<I36xQQ", 1, 999, 4096)
    local = struct.pack("<I36xQQ", 7, 40, 8)
    sizes = []
    for number, content in enumerate([header + load + local, b"no ELF", header, b""]):
        path = tmp_path / str(number)
        path.write_bytes(content)
        with path.open("rb") as file:
            sizes.append(count_static_bytes([Module(path="", fd=file.fileno())]))
    assert sizes == [48, 0, 0, 0]
    assert count_static_bytes([Module(path="", fd=-1)]) == 0
