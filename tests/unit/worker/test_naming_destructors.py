"""What code tells about releasing memory, and a table about destructors."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.elf.unwinding import starts_in_entries, starts_in_table
from leakgui.worker.naming import demangling
from leakgui.worker.naming.classes import find_names
from leakgui.worker.naming.destructors import Destructors
from leakgui.worker.naming.machine_code import (
    Code,
    next_jump,
    read_code,
    slot_of_stub,
)
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.releasing import is_releasing
from leakgui.worker.naming.suspects import find_suspects
from leakgui.worker.naming.type_information import TypeInformation
from tests.unit.worker.naming_scenes import MODULE, PAGE, Scene, write_class

AT = 0x40_0000


def distance(to: int, after: int) -> bytes:
    return (to - after).to_bytes(4, "little", signed=True)


def test_every_four_bytes_are_tried_as_a_distance() -> None:
    call = b"\x53\xe8" + distance(0x41_0000, AT + 6) + b"\xc3"
    code = Code(AT, call)
    assert 0x41_0000 in code.distant_targets().tolist()
    assert code.targets_of(0xE8) == [0x41_0000]
    assert code.targets_of(0xE9) == []
    assert Code(AT, b"\xe8\0").distant_targets().tolist() == []


def test_stubs_lead_through_a_word() -> None:
    scene = Scene(module_permissions="r-xp")
    modules = Modules(scene.image())
    slot = MODULE + 0x3000
    for at, prefix in ((0x100, b""), (0x200, b"\xf3\x0f\x1e\xfa"), (0x300, b"\xf2")):
        head = prefix + b"\xff\x25"
        after = MODULE + at + len(head) + 4
        scene.write_text(MODULE + at, head + distance(slot, after))
    scene.write_text(MODULE + 0x400, b"\xe9" + distance(slot, MODULE + 0x405))
    modules = Modules(scene.image())
    found = [slot_of_stub(modules, MODULE + at) for at in (0x100, 0x200, 0x300)]
    assert found == [slot] * 3
    assert slot_of_stub(modules, MODULE + 0x500) is None
    assert slot_of_stub(modules, MODULE - 5) is None
    assert next_jump(modules, MODULE + 0x400) == slot
    assert next_jump(modules, MODULE + 0x100) is None
    assert read_code(modules, MODULE) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_ZdlPv", True),
        ("_ZdlPvmSt11align_val_t", True),
        ("free", True),
        ("_ZN3FoodlEPv", True),
        ("freeze", False),
        ("_Znwm", False),
    ],
)
def test_what_releases_memory(name: str, expected: bool) -> None:
    assert is_releasing(name) is expected


def test_functions_begin_where_unwinding_says() -> None:
    table = bytes((1, 0x1B, 0x03, 0x3B)) + bytes(4) + (3).to_bytes(4, "little")
    rows = np.array([[-16, 0], [-64, 0], [32, 0]], "<i4").tobytes()
    assert starts_in_table(table + rows, 0x1000).tolist() == [0xFC0, 0xFF0, 0x1020]
    assert len(starts_in_table(table + rows[:7], 0x1000)) == 0
    assert len(starts_in_table(b"\2" + table[1:] + rows, 0x1000)) == 0
    shared = (8).to_bytes(4, "little") + bytes(8)
    entry = (12).to_bytes(4, "little") + b"\x10\0\0\0" + distance(0x800, 0x1014)
    entries = shared + entry + bytes(4) + bytes(4)
    assert starts_in_entries(entries, 0x1000).tolist() == [0x800]


@given(st.binary(max_size=200))
def test_any_unwinding_data_ends(data: bytes) -> None:
    assert len(starts_in_table(data, 0)) <= 200
    assert len(starts_in_entries(data, (1 << 64) - 1)) <= 200


LONG = "A" * 1200


@pytest.mark.parametrize(
    ("name", "certainty"),
    [
        ("_ZNK3Foo4areaEv", "certain"),
        ("__cxa_pure_virtual", "certain"),
        ("_ZN3Foo3barEv.isra.0", "certain"),
        ("_ZN3FooD0Ev", None),
        ("_ZN3FooD2Ev.cold", None),
        ("_ZN3FooD0B5cxx11Ev", None),
        ("_ZN3FooD0Ev@@FOO_1.0", None),
        # These no demangler at hand understands: too long, or too new.
        (f"_ZN{len(LONG)}{LONG}D0Ev", None),
        (f"_ZN{len(LONG)}{LONG}4areaEv", None),
        ("_ZN3FooIiQstE3barD0Ev", None),
        ("_ZN1AITkSt8integraliED0Ev", None),
        ("_ZNW3modW1a3FooD0Ev", None),
        ("_ZNW3modW1a3Foo4areaEv", None),
    ],
)
def test_only_names_that_are_understood_make_certain(
    name: str, certainty: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(module_permissions="r-xp")
    table = write_class(scene, MODULE + 0x400, b"3Foo")
    scene.write(table, MODULE + 0x1000, 1)
    modules = Modules(scene.image())
    file = SimpleNamespace(symbols=object(), slots={}, dynamic_symbols=None)
    monkeypatch.setattr(modules, "locate", lambda _: (file, 0))
    monkeypatch.setattr(modules, "functions_at", lambda _: (name,))
    destructors = Destructors(modules, TypeInformation(modules))
    monkeypatch.setattr(destructors._releasing, "releases", lambda _: None)
    assert destructors.missing_in(table) == certainty


def test_without_a_demangler_names_make_nothing_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(demangling, "_demangle", None)
    test_only_names_that_are_understood_make_certain(
        "_ZNK3Foo4areaEv", None, monkeypatch
    )


def test_without_code_nothing_is_claimed() -> None:
    scene = Scene(module_permissions="r-xp")
    base, derived = MODULE + 0x400, MODULE + 0x600
    write_class(scene, base, b"5Shape")
    table = write_class(scene, derived, b"7Polygon", base=base + 0x40)
    scene.write(table, MODULE + 0x1000, MODULE + 0x1100)
    scene.add(table.to_bytes(8, "little"))
    scene.add(b"", 56, "direct")
    image = scene.image()
    modules = Modules(image)
    names = find_names(image, scene.walk(), modules)
    assert names.base_name == ("Shape",)
    suspects = find_suspects(image, scene.walk(), scene.reach(), names, modules)
    assert len(suspects) == 0


@settings(max_examples=50)
@given(st.binary(min_size=64, max_size=256), st.lists(st.integers(0, 511), max_size=20))
def test_any_table_gives_an_answer(code: bytes, slots: list[int]) -> None:
    scene = Scene(heap_bytes=PAGE, module_bytes=PAGE, module_permissions="r-xp")
    scene.write_text(MODULE + 0x800, code)
    table = write_class(scene, MODULE + 0x200, b"3Foo", base=MODULE + 0x240)
    scene.write(table, *(MODULE + slot * 8 + 1 for slot in slots))
    modules = Modules(scene.image())
    destructors = Destructors(modules, TypeInformation(modules))
    for at in (table, MODULE + PAGE - 8, 0, (1 << 64) - 8):
        assert destructors.missing_in(at) is None
