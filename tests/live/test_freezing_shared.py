"""Shared memory that a program inherited and did not touch is seen, or said."""

from __future__ import annotations

import os
import shutil
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing import INJECT, PAUSE, copy_heap, estimate_heap_copy
from leakgui.probe.freezing import shared_files as shared
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.same_file import list_names_of, open_same
from leakgui.probe.platform import current
from leakgui.probe.raw_heap import RawHeapCopy
from tests.live.freezing_programs import Program, compile_target

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc"),
    pytest.mark.skipif(current().name != "linux", reason="copies on Linux"),
]
PAGE = 4096
NAME = f"leakgui-test-{os.getpid()}"
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root may open what has no name"
)


@pytest.fixture(scope="module")
def prefork() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield compile_target("prefork.c", Path(folder))


@pytest.fixture
def name() -> Iterator[str]:
    yield NAME
    Path("/dev/shm", NAME).unlink(missing_ok=True)


def key_of(program: Program) -> ProcessKey:
    return current().find_key(program.told["pid"])


def read(copy: RawHeapCopy, address: int, size: int) -> bytes:
    return os.pread(copy.memory, size, address)


def pattern(address: int, size: int) -> bytes:
    words = range(address, address + size, 8)
    return array("Q", [word ^ 0x5BD1E995A5A5A5A5 for word in words]).tobytes()


def present_bytes(copy: RawHeapCopy, begin: int, end: int) -> int:
    pages, found = 0, 0
    for start, stop in zip(copy.segments["start"], copy.segments["end"], strict=True):
        for page in range(max(start, begin), min(stop, end), PAGE):
            place = pages + (page - start) // PAGE
            found += copy.present[place >> 3] >> (place & 7) & 1
        pages += (stop - start) // PAGE
    return found * PAGE


@needs_root
@pytest.mark.parametrize("level", [PAUSE, INJECT])
@pytest.mark.parametrize("kind", ["anonymous", "memfd", "shm", "deleted"])
def test_what_a_parent_put_into_shared_memory_is_copied(prefork, name, kind, level):
    with Program(prefork, kind, f"/{name}") as program:
        table, size = program.told["table"], program.told["part_bytes"]
        assert program.ask() == {"touched_kib": 0}
        with copy_heap(key_of(program), level) as copy:
            assert (copy.level, copy.gaps, copy.notes) == (level, [], [])
            for part in (table, table + 2 * size):
                assert read(copy, part, size) == pattern(part, size)
            # Holes are neither copied nor filled, and no page table has changed.
            assert present_bytes(copy, table, table + 16 * size) == 2 * size
            expected = estimate_heap_copy(key_of(program))
            assert abs(expected.copy_bytes - copy.copied_bytes) < 1 << 20
        assert program.ask() == {"touched_kib": 0}
        assert held_bytes(program.told) == 2 * size


def held_bytes(told: dict[str, int]) -> int:
    """Return how much memory the whole table takes."""
    begin = told["table"]
    end = begin + 16 * told["part_bytes"]
    file = Path(f"/proc/{told['pid']}/map_files/{begin:x}-{end:x}")
    return file.stat().st_blocks * 512


@pytest.mark.parametrize("kind", ["shm", "open"])
def test_what_has_a_name_or_is_open_is_seen_without_rights(
    prefork, name, kind, monkeypatch
):
    monkeypatch.setattr(shared, "list_names_of", without_rights)
    with Program(prefork, kind, f"/{name}") as program:
        table, size = program.told["table"], program.told["part_bytes"]
        with copy_heap(key_of(program)) as copy:
            assert copy.gaps == []
            assert read(copy, table, size) == pattern(table, size)


def without_rights(pid: int, mapping: object) -> list[tuple[str, int]]:
    return list_names_of(pid, mapping)[1:]


@pytest.mark.parametrize("kind", ["anonymous", "deleted"])
def test_what_cannot_be_opened_is_said(prefork, name, kind, monkeypatch):
    monkeypatch.setattr(shared, "list_names_of", without_rights)
    with Program(prefork, kind, f"/{name}") as program:
        with copy_heap(key_of(program)) as copy:
            ((where, reason, detail),) = copy.gaps
            assert (where, reason) == ("memory", "denied")
            assert "16 MiB of shared memory" in detail
        assert program.ask() == {"touched_kib": 0}


def test_a_file_on_a_disk_is_left_alone(tmp_path):
    """Pages of it that it does not have mapped hold what the disk holds."""
    path = tmp_path / "file"
    path.write_bytes(os.urandom(1 << 20))
    code = (
        "import mmap, sys\n"
        "file = open(sys.argv[1], 'r+b')\n"
        "memory = mmap.mmap(file.fileno(), 0)\n"
        "print('{}', flush=True)\n"
        "input()"
    )
    with (
        Program("python3", "-c", code, path) as program,
        copy_heap(program.key) as copy,
    ):
        assert copy.gaps == []


@needs_root
def test_a_name_of_something_else_is_not_believed(prefork, name):
    """Another file has the name by now."""
    with Program(prefork, "shm", f"/{name}") as program:
        path = Path("/dev/shm", name)
        maps = Path(f"/proc/{program.told['pid']}/maps").read_bytes()
        mapping = next(
            m for m in MapsReader().parse(maps) if m.path_text.startswith(str(path))
        )
        file = open_same(str(path), os.O_NOFOLLOW, mapping)
        assert file >= 0
        os.close(file)
        path.unlink()
        shutil.copy("/etc/passwd", path)
        assert open_same(str(path), os.O_NOFOLLOW, mapping) == -1
