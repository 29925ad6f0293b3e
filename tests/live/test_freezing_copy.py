"""What is copied of a stopped program is what the program says it has."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from array import array
from pathlib import Path

import pytest

from leakgui.probe.freezing import INJECT, PAUSE, copy_heap, estimate_heap_copy
from leakgui.probe.platform import current
from leakgui.probe.raw_heap import RawHeapCopy
from tests.live.freezing_programs import Program, compile_target, list_tids, read_status

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc"),
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]
PAGE = 4096
MIB = 1 << 20


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    with Program(compile_target("frozen.c", tmp_path_factory.mktemp("frozen"))) as it:
        yield it


@pytest.fixture(scope="module", params=[PAUSE, INJECT])
def copy(target, request):
    with copy_heap(target.key, request.param) as made:
        assert made.level == request.param, made.notes
        yield made


def read(copy: RawHeapCopy, address: int, size: int) -> bytes:
    return os.pread(copy.memory, size, address)


def is_present(copy: RawHeapCopy, address: int) -> bool:
    pages = 0
    for start, end in zip(copy.segments["start"], copy.segments["end"], strict=True):
        if start <= address < end:
            page = pages + (address - start) // PAGE
            return bool(copy.present[page >> 3] >> (page & 7) & 1)
        pages += (end - start) // PAGE
    return False


def pattern(address: int, size: int) -> bytes:
    words = range(address, address + size, 8)
    return array("Q", [word ^ 0x5BD1E995A5A5A5A5 for word in words]).tobytes()


@pytest.mark.parametrize(
    ("name", "size"),
    [("pattern", 3 * MIB), ("shared", 64 << 10), ("anonymous", 64 << 10)],
)
def test_memory_is_copied_byte_for_byte(target, copy, name, size):
    address = target.told[name]
    assert read(copy, address, size) == pattern(address, size)
    assert all(is_present(copy, at) for at in range(address, address + size, PAGE))


def test_a_page_in_a_large_reservation_is_copied_and_nothing_else_of_it(target, copy):
    address = target.told["touched"]
    assert read(copy, address, PAGE) == pattern(address, PAGE)
    assert is_present(copy, address)
    assert not is_present(copy, address + PAGE)


def test_untouched_memory_costs_nothing(target, copy):
    assert copy.copied_bytes < 16 * MIB
    assert os.fstat(copy.memory).st_blocks * 512 < 24 * MIB
    assert len(copy.present) < MIB
    assert not is_present(copy, target.told["sparse"])
    assert not is_present(copy, target.told["only_read"])


def test_relocated_constants_data_and_thread_locals_are_copied(target, copy):
    told = target.told
    pointers = struct.unpack("<2Q", read(copy, told["relocated"], 16))
    assert pointers == (told["points_to"],) * 2
    assert struct.unpack("<2Q", read(copy, told["data"], 16)) == (42, 43)
    assert struct.unpack("<Q", read(copy, told["tls"], 8)) == (0x1234567887654321,)


def test_registers_and_vectors_of_a_running_thread_are_those_it_holds(target, copy):
    row = copy.threads["tid"].index(target.told["holder"])
    general = copy.registers[27 * row : 27 * row + 27]
    assert general[5] == 0x1111111111111111
    assert list(general[3::-1]) == [k * 0x1111111111111111 for k in (2, 3, 4, 5)]
    vectors = copy.vectors[32 * row : 32 * row + 32]
    assert list(vectors[14:16]) == [0x7777777777777777] * 2
    assert vectors[30] == 0x1111111111111111


def test_every_thread_is_there_with_its_name(target, copy):
    assert list(copy.threads["tid"]) == list_tids(target.pid)
    names = copy.threads["name"]
    assert [names.pool[code] for code in names.codes] == ["frozen"] * 5


def test_regions_are_those_of_maps(target, copy):
    lines = [
        line.split(None, 5)
        for line in Path(f"/proc/{target.pid}/maps").read_text().splitlines()
        if "[vsyscall]" not in line
    ]
    ranges = [tuple(int(edge, 16) for edge in line[0].split("-")) for line in lines]
    regions = copy.regions
    assert list(zip(regions["start"], regions["end"], strict=True)) == ranges
    permissions = regions["permissions"]
    assert [permissions.pool[code] for code in permissions.codes] == [
        line[1] for line in lines
    ]
    paths = [regions["path"].pool[code] for code in regions["path"].codes]
    assert paths == [line[5] if len(line) > 5 else "" for line in lines]


def test_resident_sizes_are_those_of_smaps(target, copy):
    shown = {}
    for line in Path(f"/proc/{target.pid}/smaps").read_text().splitlines():
        if "-" in line.split()[0]:
            start = int(line.split("-")[0], 16)
        elif line.startswith("Rss:"):
            shown[start] = int(line.split()[1]) * 1024
    regions = copy.regions
    ours = dict(zip(regions["start"], regions["resident"], strict=True))
    assert {at: size for at, size in shown.items() if at in ours} == ours
    assert abs(copy.resident_bytes - sum(ours.values())) < 4 * MIB


def test_files_are_open_and_the_right_ones(target, copy):
    paths = [copy.modules.pool[code] for code in copy.modules.codes]
    assert copy.executable in paths
    assert any("libc.so" in path for path in paths)
    for path, file in zip(paths, copy.module_files, strict=True):
        assert file >= 0
        assert os.path.samestat(os.fstat(file), Path(path).stat())
        assert os.pread(file, 4, 0) == b"\x7fELF"
    of_region = copy.regions["module"]
    regions = [copy.regions["path"].pool[code] for code in copy.regions["path"].codes]
    for region, module in zip(regions, of_region, strict=True):
        assert (region == paths[module]) if module >= 0 else (region not in paths)


def test_nobody_can_change_the_copy_and_others_can_map_it(copy):
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.pwrite(copy.memory, b"x", 1 << 20)
    with pytest.raises(OSError, match="not permitted"):
        os.open(f"/proc/self/fd/{copy.memory}", os.O_RDWR | os.O_TRUNC)
    assert fcntl.fcntl(copy.memory, 1034) & 0xF == 0xF  # F_GET_SEALS: all four
    start = copy.segments["start"][0]
    view = mmap.mmap(copy.memory, PAGE, mmap.MAP_SHARED, mmap.PROT_READ, offset=start)
    view.close()


def test_figures_are_plausible(target, copy):
    assert 0 < copy.paused_ms < 2000
    assert copy.estimated_ms > 0
    assert (copy.gaps, copy.notes) == ([], [])
    assert copy.key == target.key
    expected = estimate_heap_copy(target.key)
    assert expected.threads == 5
    assert expected.can_fork
    assert abs(expected.copy_bytes - copy.copied_bytes) < MIB


def test_afterwards_nobody_traces_it_and_states_are_as_before(target, copy):
    for tid in list_tids(target.pid):
        assert read_status(target.pid, "TracerPid", tid) == "0"
        running = "R" if tid == target.told["holder"] else "S"
        assert read_status(target.pid, "State", tid)[0] == running


def open_files() -> set[int]:
    return {n for n in range(256) if Path(f"/proc/self/fd/{n}").exists()}


def test_closing_gives_everything_back(target):
    before = open_files()
    made = copy_heap(target.key)
    made.close()
    made.close()
    assert open_files() == before
