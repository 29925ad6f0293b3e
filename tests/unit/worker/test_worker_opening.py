"""From a parcel to an image: everything is checked, nothing is left open."""

from __future__ import annotations

import fcntl
import gc
import os
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import HelperFailed
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.worker.image import Image
from leakgui.worker.opening import (
    ADDRESS_END,
    MOST_SEGMENTS,
    close_image,
    find_key,
    open_image,
)
from tests.unit.worker.parcels import (
    ALL_SEALS,
    KEY,
    PAGE,
    START,
    memory,
    raw_copy,
    received,
)


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


def mappings() -> int:
    return Path("/proc/self/maps").read_text().count("memfd:copied")


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    gc.collect()
    before = open_files(), mappings()
    yield
    gc.collect()
    assert (open_files(), mappings()) == before


def opened(parcel) -> Image:
    try:
        return open_image(parcel.frame, parcel.header, parcel.files)
    finally:
        parcel.close()


def test_everything_is_where_it_was():
    image = opened(received())
    assert image.read(0x1000, 4) == b"AAAA"
    assert image.read(START, 4) == b"BBBB"
    assert image.read_word(START + PAGE) is None
    assert len(image.words) == 3 * PAGE // 8
    assert not image.words.flags.writeable
    assert [image.is_present(place) for place in (0, 512, 1024)] == [True, False, True]
    assert image.threads.stack_pointer.tolist() == [19]
    assert image.threads.fs_base.tolist() == [21]
    assert (image.pid, image.executable) == (812, "/bin/x")
    assert (image.level, image.paused_ms) == (Level.INJECT, 1.5)
    assert (image.copied_bytes, image.resident_bytes) == (2 * PAGE, 3 * PAGE)
    assert image.is_whole
    assert [module.path for module in image.modules] == ["/lib/a", "/lib/b"]
    assert image.modules[0].fd == -1
    os.fstat(image.modules[1].fd)
    assert image.regions.path.as_list() == ["", "/lib/b", "[vsyscall]"]
    close_image(image)
    close_image(image)


def test_memory_stays_as_long_as_anything_of_it_is_used():
    image = opened(received())
    piece = image.words[1024:1030]
    close_image(image)
    del image
    gc.collect()
    assert mappings() == 2
    assert hex(piece[0]) == "0x" + "42" * 8
    del piece


def test_gaps_in_memory_make_it_not_whole():
    for where, is_whole in (("memory", False), ("modules", True)):
        image = opened(received(gaps=[[where, "unreadable", ""]]))
        assert image.is_whole is is_whole
        close_image(image)


def test_an_empty_copy_is_an_empty_image():
    raw = raw_copy()
    raw.segments = {"start": array("Q"), "end": array("Q")}
    raw.present = array("B")
    image = opened(received(raw))
    assert len(image.words) == 0
    close_image(image)


@pytest.mark.parametrize(
    "seals",
    [
        0,
        *(
            ALL_SEALS & ~seal
            for seal in (fcntl.F_SEAL_SHRINK, fcntl.F_SEAL_GROW, fcntl.F_SEAL_WRITE)
        ),
    ],
)
def test_memory_that_somebody_could_change_is_refused(seals):
    raw = raw_copy()
    os.close(raw.memory)
    raw.memory = memory({}, seals)
    with pytest.raises(HelperFailed, match="sealed"):
        opened(received(raw))


def test_memory_that_is_too_short_is_refused_not_a_signal():
    raw = raw_copy()
    os.close(raw.memory)
    raw.memory = memory({}, size=START)
    with pytest.raises(HelperFailed, match="shorter"):
        opened(received(raw))


def test_another_file_is_no_memory(tmp_path):
    (tmp_path / "file").write_text("x")
    raw = raw_copy()
    os.close(raw.memory)
    raw.memory = os.open(tmp_path / "file", os.O_RDONLY)
    with pytest.raises(HelperFailed, match="memory file"):
        opened(received(raw))


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ([0x1000, START], [0x3000, START]),  # empty
        ([0x1000, START], [0x3000, START - PAGE]),  # backwards
        ([START, 0x1000], [START + PAGE, 0x3000]),  # unsorted
        ([0x1000, 0x2000], [0x3000, 0x3000]),  # overlapping
        ([0x1000, 0x2000], [0x2000, 0x3000]),  # two that are one
        ([0x1001, START], [0x3001, START + PAGE]),  # parts of pages
        ([0x1000, START], [0x3800, START + PAGE]),
        ([0x1000, ADDRESS_END], [0x3000, ADDRESS_END + PAGE]),
        ([0x1000, (1 << 64) - PAGE], [0x3000, 0]),
        ([0x1000], [0x3000 + 16 * PAGE]),  # more pages than bits
        ([0x1000, START], [0x3000, START + (1 << 40)]),
        ([0x1000, START], [0x3000]),
    ],
)
def test_segments_that_cannot_be_are_refused(starts, ends):
    changed = {"segment.start": array("Q", starts), "segment.end": array("Q", ends)}
    with pytest.raises(HelperFailed):
        opened(received(columns=changed))


def test_more_segments_than_the_kernel_maps_are_refused():
    count = MOST_SEGMENTS + 1
    starts = array("Q", range(0, count * 2 * PAGE, 2 * PAGE))
    ends = array("Q", (start + PAGE for start in starts))
    present = bytes((count + 7) // 8)
    changed = {"segment.start": starts, "segment.end": ends, "present": present}
    with pytest.raises(HelperFailed):
        opened(received(columns=changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"present": b""},
        {"present": b"ab"},
        {"present": array("Q", [1])},
        {"thread.registers": array("Q", range(26))},
        {"thread.registers": array("d", [0.0] * 27)},
        {"thread.vectors": array("Q", range(64))},
        {"thread.tid": array("q", [1, 2])},
        {"thread.tid": None},
        {"module.path": None},
        {"module.path": array("I", [0, 9])},
        {"region.module": array("q", [-1, 2, -1])},
        {"region.module": array("q", [-2, 1, -1])},
        {"region.end": array("Q", [0x1000, START + PAGE, (1 << 64) - 1])},
        {"region.start": array("Q", [START, 0x1000, 0xFFFFFFFFFF600000])},
        {"region.was_copied": None},
        {"segment.start": None},
    ],
)
def test_columns_that_cannot_be_are_refused(changed):
    with pytest.raises(HelperFailed):
        opened(received(columns=changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"level": "kill"},
        {"pid": None},
        {"pid": "812"},
        {"paused_ms": "1"},
        {"paused_ms": True},
        {"resident_bytes": 1.5},
        {"copied_bytes": None},
        {"gaps": 5},
        {"gaps": [5]},
        {"gaps": [[]]},
        {"module_fd_places": None},
        {"module_fd_places": [-1]},
        {"module_fd_places": [-1, 0]},
        {"module_fd_places": [-1, 2]},
        {"module_fd_places": [-1, -2]},
        {"module_fd_places": [-1, True]},
        {"module_fd_places": [1, 1]},
        {"module_fd_places": ["1", "1"]},
    ],
)
def test_headers_that_cannot_be_are_refused(changed):
    with pytest.raises(HelperFailed):
        opened(received(**changed))


def test_a_copy_without_files_is_refused():
    parcel = received()
    parcel.close()
    with pytest.raises(HelperFailed):
        opened(parcel)


def test_whose_copy_it_is():
    assert find_key({"pid": 812, "start_ticks": 5000}) == KEY
    assert find_key(KEY._asdict()) == ProcessKey(812, 5000)
    for wrong in ({}, {"pid": 1}, {"pid": True, "start_ticks": 1}):
        with pytest.raises(HelperFailed):
            find_key(wrong)


_EDGES = st.lists(
    st.integers(0, 40).map(lambda page: page * PAGE) | st.integers(0, (1 << 64) - 1),
    min_size=2,
    max_size=2,
)


@given(_EDGES, _EDGES, st.binary(max_size=4))
def test_any_segments_are_opened_or_refused(starts, ends, present):
    changed = {
        "segment.start": array("Q", starts),
        "segment.end": array("Q", ends),
        "present": present,
    }
    try:
        image = opened(received(columns=changed))
    except HelperFailed:
        return
    assert int(image.words[-1]) >= 0
    close_image(image)
