"""Copying pages, here of this very process, and what is not readable of them."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from array import array
from collections.abc import Iterator

import pytest

from leakgui.probe.freezing import copying, pagemap
from leakgui.probe.freezing.copying import Destination
from leakgui.probe.freezing.pagemap import PRESENT, PageMap, Runs, clip, list_pages
from leakgui.probe.freezing.reading import (
    ReadBatch,
    read_memory_file,
    read_process,
)
from leakgui.probe.platform import current
from leakgui.probe.procfs import opened_file

pytestmark = pytest.mark.skipif(
    current().name != "linux" or os.uname().machine != "x86_64",
    reason="copies on Linux with x86-64",
)
PAGE = 4096


@pytest.fixture
def memory() -> Iterator[int]:
    file = os.memfd_create("copy")
    os.ftruncate(file, 1 << 47)
    yield file
    os.close(file)


class Area:
    """Pages of this process, and where they lie."""

    def __init__(self, pages: int) -> None:
        self.map = mmap.mmap(-1, pages * PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.map.madvise(mmap.MADV_NOHUGEPAGE)
        self.start = ctypes.addressof(ctypes.c_char.from_buffer(self.map))
        self.end = self.start + pages * PAGE

    def fill(self, page: int) -> bytes:
        data = os.urandom(PAGE)
        self.map[page * PAGE : (page + 1) * PAGE] = data
        return data

    def run(self, begin: int, end: int) -> tuple[int, int]:
        return self.start + begin * PAGE, self.start + end * PAGE


def runs_of(*pieces: tuple[int, int]) -> Runs:
    return Runs(
        array("Q", [begin for begin, _ in pieces]),
        array("Q", [end for _, end in pieces]),
        array("Q", [PRESENT] * len(pieces)),
    )


def test_pages_that_hold_something_are_found_both_ways():
    area = Area(64)
    for page in (3, 4, 5, 40):
        area.fill(page)
    assert area.map[50 * PAGE] == 0  # read: this is the kernel's zero page
    bounds = [(area.start, area.end)]
    with opened_file("/proc/self/pagemap") as file:
        listed = list_pages(file, bounds)
    expected = [area.run(3, 6), area.run(40, 41)]
    assert list(zip(listed.start, listed.end, strict=True))[:2] == expected
    found = clip(PageMap(os.getpid()).find_runs(bounds), bounds)
    assert list(zip(found.start, found.end, strict=True))[:2] == expected


@pytest.mark.parametrize("at_once", [1 << 15, 2000, 600, 512, 500, 3])
def test_each_of_many_runs_is_found_once(monkeypatch, at_once):
    monkeypatch.setattr(pagemap, "_RUNS_AT_ONCE", at_once)
    area, runs = Area(6000), 2000
    for page in range(0, 3 * runs, 3):
        area.fill(page)
    wanted = [area.run(page, page + 1) for page in range(0, 3 * runs, 3)]
    found = PageMap(os.getpid()).find_runs([(area.start, area.end)])
    edges = [edge for run in zip(found.start, found.end, strict=True) for edge in run]
    assert edges == sorted(edges)
    inside = clip(found, [(area.start, area.end)])
    assert list(zip(inside.start, inside.end, strict=True)) == wanted


@pytest.fixture(params=["process", "file"])
def read(request) -> Iterator[ReadBatch]:
    if request.param == "process":
        yield read_process(os.getpid())
    else:
        with opened_file("/proc/self/mem") as file:
            yield read_memory_file(file)


@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_copy_lies_at_the_addresses_of_the_original(memory, read, is_prepared):
    area = Area(4096)
    filled = {page: area.fill(page) for page in (0, 7, 8, 1000, 4095)}
    runs = runs_of(*(area.run(page, page + 1) for page in filled))
    destination = Destination(memory)
    if is_prepared:
        destination.prepare([(area.start, area.end)], runs, lambda _: None)
    else:
        destination.cover([(area.start, area.end)])
    assert destination.copy(read, runs) == []
    for page, data in filled.items():
        assert os.pread(memory, PAGE, area.start + page * PAGE) == data
    assert os.fstat(memory).st_blocks * 512 == PAGE * len(filled)


def test_many_small_and_some_long_runs_are_all_copied(memory, read, monkeypatch):
    monkeypatch.setattr(copying, "_LONGEST_PIECE", 5 * PAGE)
    monkeypatch.setattr(copying, "_MOST_BYTES_AT_ONCE", 64 * PAGE)
    area = Area(6000)
    for page in range(6000):
        area.map[page * PAGE : page * PAGE + 2] = page.to_bytes(2, "little")
    pieces = [area.run(page, page + 1) for page in range(0, 4000, 2)]
    pieces.append(area.run(4100, 6000))
    destination = Destination(memory)
    destination.cover([(area.start, area.end)])
    assert destination.copy(read, runs_of(*pieces)) == []
    for begin, end in pieces:
        for address in range(begin, end, PAGE):
            page = (address - area.start) // PAGE
            assert os.pread(memory, 2, address) == page.to_bytes(2, "little")
    assert os.pread(memory, 2, area.start + PAGE) == b"\0\0"


def test_unreadable_pages_are_told_and_the_rest_is_copied(memory):
    read = read_process(os.getpid())  # the other way reads what is protected, too
    area = Area(8)
    filled = [area.fill(page) for page in range(8)]
    protect = ctypes.CDLL(None).mprotect
    for page in (2, 3, 6):
        assert protect(ctypes.c_void_p(area.start + page * PAGE), PAGE, 0) == 0
    destination = Destination(memory)
    destination.cover([(area.start, area.end)])
    failed = destination.copy(read, runs_of(area.run(0, 8)))
    assert failed == [area.run(2, 4), area.run(6, 7)]
    for page in (0, 1, 4, 5, 7):
        assert os.pread(memory, PAGE, area.start + page * PAGE) == filled[page]
    protect(ctypes.c_void_p(area.start), 8 * PAGE, 3)


def test_a_range_that_is_gone_is_given_up_in_one_step(memory, monkeypatch):
    read = read_process(os.getpid())
    monkeypatch.setattr(copying, "_MOST_FAILED_PAGES", 4)
    area = Area(64)
    bounds = (area.start, area.end)
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(area.start), 64 * PAGE, 0)
    destination = Destination(memory)
    destination.cover([bounds])
    assert destination.copy(read, runs_of(bounds)) == [bounds]
    ctypes.CDLL(None).mprotect(ctypes.c_void_p(area.start), 64 * PAGE, 3)


def test_a_process_that_is_gone_is_said_so(memory):
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    area = Area(1)
    destination = Destination(memory)
    destination.cover([(area.start, area.end)])
    with pytest.raises(ProcessLookupError):
        destination.copy(read_process(child), runs_of((area.start, area.end)))


def many_pieces(memory: int, monkeypatch) -> tuple[Area, Runs, Destination]:
    monkeypatch.setattr(copying, "_MOST_BYTES_AT_ONCE", PAGE)
    monkeypatch.setattr(copying, "_copiers", lambda: 2)
    area = Area(200)
    destination = Destination(memory)
    destination.cover([(area.start, area.end)])
    pieces = [area.run(page, page + 1) for page in range(0, 200, 2)]
    return area, runs_of(*pieces), destination


def test_whatever_ends_one_copying_thread_is_told(memory, monkeypatch):
    area, runs, destination = many_pieces(memory, monkeypatch)
    begun = threading.Event()

    def read(batch: copying.Batch) -> int:
        if threading.current_thread() is threading.main_thread():
            assert begun.wait(10)  # until the other has its part
            return int(batch.remote[1])
        begun.set()
        raise MemoryError

    with pytest.raises(MemoryError):
        destination.copy(read, runs)
    assert area.map[0] == 0


def test_without_more_threads_one_copies_all(memory, monkeypatch):
    area, runs, destination = many_pieces(memory, monkeypatch)

    def refuse(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    data = area.fill(198)
    assert destination.copy(read_process(os.getpid()), runs) == []
    assert os.pread(memory, PAGE, area.start + 198 * PAGE) == data


def test_covering_again_maps_only_what_is_new(memory):
    destination = Destination(memory)
    for ranges in (
        [(1 << 30, (1 << 30) + PAGE)],
        [((1 << 30) - 8 * PAGE, (1 << 30) + 8 * PAGE), (1 << 40, (1 << 40) + PAGE)],
        [(1 << 30, (1 << 30) + 8 * PAGE)],
    ):
        destination.cover(ranges)
    spans = [(span.begin, span.end) for span in destination._spans]
    assert spans == [
        ((1 << 30) - 8 * PAGE, 1 << 30),
        (1 << 30, (1 << 30) + PAGE),
        ((1 << 30) + PAGE, (1 << 30) + 8 * PAGE),
        (1 << 40, (1 << 40) + PAGE),
    ]
