"""Names of blocks in programs of a compiler: plain, stripped, static, without RTTI.

The whole way is gone here but for helper and wire: copy, walk, mark, name.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from leakgui.model.heap import BlockGroups, DestructorSuspects
from leakgui.worker.allocators import find_allocator, walk
from leakgui.worker.image import Image
from leakgui.worker.marking import mark
from leakgui.worker.naming.census import count_blocks
from leakgui.worker.naming.classes import find_names
from leakgui.worker.naming.composition import compose
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.suspects import find_suspects
from leakgui.worker.reached import Reach
from leakgui.worker.roots import find_roots
from leakgui.worker.walked import Walk
from tests.targets.live_image import take_image

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("g++")]

TARGETS = Path(__file__).parents[1] / "targets"
PLAIN = ("-O0",)
STRIPPED = ("-O2", "-s")
STATIC = ("-O2", "-static", "-s")
OWN_LIBRARY = ("-O1", "-static-libstdc++", "-static-libgcc", "-s")
NO_STUBS = ("-O2", "-fno-plt", "-s")
FIXED = ("-O2", "-no-pie", "-fno-pic", "-s")
MARKED_TARGETS = ("-O2", "-fcf-protection=full", "-Wl,-z,ibtplt", "-s")

Build = Callable[[str, tuple[str, ...]], Path]


@dataclass
class Looked:
    """One look at a program."""

    image: Image
    walk: Walk
    reach: Reach
    names: Names
    modules: Modules

    def groups(self) -> BlockGroups:
        return count_blocks(self.image, self.walk, self.reach, self.names)

    def suspects(self) -> DestructorSuspects:
        return find_suspects(
            self.image, self.walk, self.reach, self.names, self.modules
        )


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("programs")

    def compile_once(name: str, flags: tuple[str, ...]) -> Path:
        program = folder / "".join([name, *flags]).replace("/", "_")
        if not program.exists():
            source = str(TARGETS / f"{name}.cpp")
            command = ["g++", *flags, source, "-o", str(program)]
            subprocess.run(command, check=True, capture_output=True, timeout=100)
        return program

    return compile_once


@contextmanager
def running(*command: str) -> Iterator[int]:
    """Start a program and wait until it says that it is ready."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.communicate(timeout=20)


def look(*command: str) -> Looked:
    with running(*command) as pid:
        image = take_image(pid)
    recognised = find_allocator(image)
    assert recognised.is_understood
    walked = walk(image, recognised)
    reach = mark(image, walked, find_roots(image, walked))
    modules = Modules(image)
    names = find_names(image, walked, modules)
    return Looked(image, walked, reach, names, modules)


def counts_by_type(groups: BlockGroups) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in range(len(groups)):
        if groups.type_kind[row] == "class":
            name = groups.type_name[row]
            counts[name] = counts.get(name, 0) + int(groups.count[row])
    return counts


def short(name: str) -> str:
    """Return a name without what differs between compilers' libraries."""
    name = name.split("basic_string", 1)[0].removesuffix("std::__cxx11::")
    return name.split(", ", 1)[0].rstrip("<")


@pytest.mark.parametrize("flags", [PLAIN, STRIPPED, STATIC, FIXED])
def test_every_class_is_named(build: Build, flags: tuple[str, ...]) -> None:
    looked = look(str(build("types_zoo", flags)))
    groups = looked.groups()
    counts = {short(key): value for key, value in counts_by_type(groups).items()}
    assert counts == {
        "zoo::Animal": 100,
        "zoo::Bird": 100,
        "zoo::Cage<int>": 100,
        "zoo::Cage": 100,
        "zoo::Duck": 100,
        "zoo::Mule": 100,
        "(anonymous namespace)::Hidden": 100,
        "main::Local": 100,
        "std::_Sp_counted_ptr_inplace<zoo::Bird": 100,
    }
    bases = dict(zip(looked.names.class_name, looked.names.base_name, strict=True))
    assert bases["zoo::Duck"] == "zoo::Bird"
    assert bases["zoo::Mule"] == "zoo::Horse"
    assert bases["zoo::Animal"] == ""
    peeks = [text for text in groups.peek.as_list() if text.startswith("the quick")]
    assert len(peeks) == 1
    assert 1049 < int(peeks[0].removeprefix("the quick brown fox number ")) < 1100
    assert len(looked.suspects()) == 0


def test_all_blocks_are_counted_and_all_memory_adds_up(build: Build) -> None:
    looked = look(str(build("types_zoo", STRIPPED)))
    groups = looked.groups()
    assert int(groups.count.sum()) == looked.walk.totals.in_use
    assert int(groups.bytes.sum()) == looked.walk.totals.in_use_bytes
    parts = compose(looked.image, looked.walk, looked.reach)
    assert int(parts.bytes.sum()) == looked.image.resident_bytes
    sizes = dict(zip(parts.kind.as_list(), parts.bytes.tolist(), strict=True))
    assert all(size >= 0 for kind, size in sizes.items() if kind != "kernel")
    assert abs(sizes["kernel"]) < 256 * 1024


def test_without_type_information_sizes_remain(build: Build) -> None:
    looked = look(str(build("types_zoo", ("-O2", "-fno-rtti"))))
    groups = looked.groups()
    assert set(groups.type_kind.as_list()) == {"size", "text"}
    assert any("the quick brown fox number 10" in text for text in groups.peek.pool)


def test_globals_have_names(build: Build) -> None:
    looked = look(str(build("types_zoo", ("-O0", "-g"))))
    program = str(build("types_zoo", ("-O0", "-g")))
    lines = subprocess.run(
        ["nm", program], check=True, capture_output=True, text=True, timeout=20
    ).stdout.splitlines()
    fields = [line.split() for line in lines]
    places = {line[2]: int(line[0], 16) for line in fields if len(line) == 3}
    regions = looked.image.regions
    base = int(regions.start[regions.path.as_list().index(program)])
    name = Path(program).name
    for symbol, offset, expected in (
        ("g_counter", 0, f"g_counter ({name})"),
        ("g_counter", 16, f"g_counter+16 ({name})"),
        ("animals", 8, f"animals+8 ({name})"),  # in .bss
    ):
        found = looked.modules.symbol_at(base + places[symbol] + offset)
        assert found == expected


ALL_FLAGS = [
    (PLAIN, "certain"),
    (("-O2",), "certain"),
    (STRIPPED, "likely"),
    (("-O2", "-static"), "certain"),
    (STATIC, "likely"),
    (OWN_LIBRARY, "likely"),
    (NO_STUBS, "likely"),
    (FIXED, "likely"),
    (MARKED_TARGETS, "likely"),
]


@pytest.mark.parametrize(("flags", "certainty"), ALL_FLAGS)
def test_a_class_without_virtual_destructor_is_tied_to_what_it_lost(
    build: Build, flags: tuple[str, ...], certainty: str
) -> None:
    suspects = look(str(build("types_destructor", flags)), "leaky").suspects()
    assert suspects.class_name.as_list() == ["(anonymous namespace)::Polygon"]
    assert suspects.base_name[0] == "(anonymous namespace)::Shape"
    assert suspects.certainty[0] == certainty
    assert suspects.objects.tolist() == [100]
    assert suspects.lost_bytes_each.tolist() == [56]
    assert suspects.offset.tolist() == [8]
    # A stale word in memory may keep one or another reachable.
    assert 890 <= int(suspects.lost[0]) <= 900
    assert suspects.lost_bytes[0] == suspects.lost[0] * 56
    assert 100 <= int(suspects.owned_by_all[0]) <= 110
    assert int(suspects.owned[0]) <= int(suspects.owned_by_all[0])


@pytest.mark.parametrize("flags", [flags for flags, _ in ALL_FLAGS])
def test_a_virtual_destructor_is_seen(build: Build, flags: tuple[str, ...]) -> None:
    assert len(look(str(build("types_destructor", flags)), "virtual").suspects()) == 0


@pytest.mark.parametrize("flags", [("-O0", "-s"), ("-O1", "-s"), STRIPPED, STATIC])
def test_a_destructor_that_gives_memory_to_a_pool_is_seen(
    build: Build, flags: tuple[str, ...]
) -> None:
    looked = look(str(build("types_pool", flags)))
    assert counts_by_type(looked.groups())["(anonymous namespace)::LongJob"] >= 100
    assert len(looked.suspects()) == 0


@pytest.mark.parametrize("flags", [PLAIN, STRIPPED])
def test_one_that_lost_nothing_is_not_blamed(
    build: Build, flags: tuple[str, ...]
) -> None:
    suspects = look(str(build("types_destructor", flags)), "unharmed").suspects()
    assert suspects.class_name.as_list() == ["(anonymous namespace)::LongPlan"]
    assert suspects.lost.tolist() == [0]
    assert suspects.offset.tolist() == [-1]
