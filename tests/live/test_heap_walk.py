"""Is every block of a stressed heap found, and nothing invented?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.stressed_heap import StressedHeap, build

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("gcc")]

THREADS = 6
SCANS_WHILE_RUNNING = 8
ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
VARIANTS = {
    "as it is": {},
    "one arena": ONE_ARENA,
    "own mappings": {"STRESS_MMAP_THRESHOLD": "150000"},
    "top pad": {"MALLOC_TOP_PAD_": "5000000"},
    "no tcache": {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"},
    "deep tcache": {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"},
    "huge pages": {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"},
    "perturbed": {"MALLOC_PERTURB_": "165"},
    "no fastbins": {"STRESS_MXFAST": "0"},
    "all fastbins": {
        "STRESS_MXFAST": "160",
        "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
    },
    "trimmed": {"STRESS_TRIM": "1"},
    "foreign sbrk": ONE_ARENA | {"STRESS_SBRK": "5000"},
    "brk ends": ONE_ARENA | {"STRESS_NO_BRK": "3000000"},
    "no brk": ONE_ARENA | {"STRESS_NO_BRK": "0"},
}
# What libc itself asks for: a tcache and a thread descriptor's DTV for each thread,
# and in a static program what the dynamic linker in it needs (link maps, paths).
OWN_SIZES = {
    0x268,
    0x2A8,
    0x318,
    0x248,
    0x258,
    0x288,
    0x298,
    0x2F8,
    0x308,
    0x118,
    0x128,
    0x108,
}
STATIC_SIZES = OWN_SIZES | {0x18, 0x28, 0x38, 0xA8, 0xB8, 0x148, 0x158, 0x4D8, 0x4E8}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("stress")
    return {
        "dynamic": build(folder),
        "static": build(folder, "-static", name="heap_stress_static"),
    }


@pytest.mark.parametrize("kind", ["dynamic", "static"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_nothing_is_missed_or_invented(
    programs: dict[str, Path], kind: str, variant: str
) -> None:
    with StressedHeap([programs[kind]], "once", VARIANTS[variant]) as heap:
        found = heap.compare()
    own = STATIC_SIZES if kind == "static" else OWN_SIZES
    assert found.live > 1000
    assert not found.missing
    assert not found.wrong_sizes
    assert [size for size in found.others if size not in own] == []
    assert len(found.others) <= 2 * (THREADS + 1) + len(STATIC_SIZES)
    assert found.walk.is_complete, found.walk.notes
    assert found.walk.walked_share == 1.0
    assert found.walk.totals.in_use == found.live + len(found.others)


@pytest.mark.parametrize("kind", ["dynamic", "static"])
@pytest.mark.parametrize("variant", ["as it is", "one arena", "own mappings"])
def test_nothing_is_missed_while_it_runs(
    programs: dict[str, Path], kind: str, variant: str
) -> None:
    with StressedHeap([programs[kind]], "run", VARIANTS[variant]) as heap:
        for _ in range(SCANS_WHILE_RUNNING):
            found = heap.compare()
            # A block that a thread is about to give or take back may be seen or not.
            own = STATIC_SIZES if kind == "static" else OWN_SIZES
            strange = [size for size in found.others if size not in own]
            assert not found.missing
            assert not found.wrong_sizes
            assert len(strange) <= 2 * THREADS  # realloc has two for a moment
        assert heap.end() == 0


def test_totals_and_arenas_add_up(programs: dict[str, Path]) -> None:
    options = VARIANTS["own mappings"]
    with StressedHeap([programs["dynamic"]], "once", options) as heap:
        walked = heap.compare().walk
    arenas = walked.arenas
    assert int(arenas.in_use.sum()) == walked.totals.in_use
    assert int(arenas.in_use_bytes.sum()) == walked.totals.in_use_bytes
    assert int(arenas.free_bytes.sum()) == walked.totals.free_bytes
    assert arenas.label[0] == "main"
    assert arenas.label[len(arenas) - 1] == "mapped"
    assert int(arenas.in_use[len(arenas) - 1]) > 0
    assert any(label.startswith("thread ") for label in arenas.label.as_list())
    assert walked.resident_in_use_bytes <= walked.totals.in_use_bytes
    assert 0 < walked.resident_free_bytes <= walked.totals.free_bytes
    areas = (walked.area_end - walked.area_start).sum()
    assert walked.totals.in_use_bytes + walked.totals.free_bytes < int(areas)
    assert (walked.area_start[1:] >= walked.area_end[:-1]).all()
