"""Classes are found by their type information, and nothing else becomes a class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.naming.classes import find_names
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from tests.unit.worker.naming_scenes import (
    HEAP,
    KIND_INFO,
    KIND_NAME,
    KIND_TABLE,
    MODULE,
    PAGE,
    Scene,
    write_class,
)

BIRD, DUCK = MODULE + 0x400, MODULE + 0x600


def names_of(scene: Scene) -> Names:
    image = scene.image()
    return find_names(image, scene.walk(), Modules(image))


def scene_with(table: int) -> Scene:
    scene = Scene()
    scene.add(table.to_bytes(8, "little"))
    return scene


def test_class_and_base_are_named() -> None:
    scene = scene_with(DUCK + 16)
    write_class(scene, BIRD, b"N3zoo4BirdE")
    write_class(scene, DUCK, b"N3zoo4DuckE", base=BIRD + 0x40)
    names = names_of(scene)
    assert names.table.tolist() == [DUCK + 16]
    assert names.class_name == ("zoo::Duck",)
    assert names.base_name == ("zoo::Bird",)
    image = scene.image()
    assert names.type_at(image, 2, 24)[0] == "zoo::Duck"


def test_a_table_within_an_object_is_not_its_class() -> None:
    scene = scene_with(DUCK + 16)
    write_class(scene, DUCK, b"N3zoo4DuckE", top=-16)
    assert names_of(scene).class_name == ()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (DUCK + 8, [0]),
        (DUCK + 8, [(1 << 64) - 8]),
        (DUCK + 8, [HEAP]),
        (DUCK + 8, [DUCK + 0x41]),
        (DUCK + 8, [MODULE + 4 * PAGE - 8]),
        (DUCK + 0x40, [0]),
        (DUCK + 0x40, [KIND_TABLE + 8]),
        (DUCK + 0x48, [0]),
        (DUCK + 0x48, [(1 << 64) - 1]),
        (DUCK + 0x60, [0]),
        (DUCK + 0x60, [0x1F1F1F1F]),
        (KIND_INFO + 8, [KIND_NAME + 1]),
        (KIND_TABLE - 8, [DUCK + 0x40]),
    ],
)
def test_what_is_no_table_is_no_class(address: int, words: list[int]) -> None:
    scene = scene_with(DUCK + 16)
    write_class(scene, DUCK, b"N3zoo4DuckE")
    assert names_of(scene).class_name == ("zoo::Duck",)
    scene.write(address, *words)
    assert names_of(scene).class_name == ()


def test_a_table_in_the_heap_is_no_class() -> None:
    scene = scene_with(HEAP + 0x400)
    assert names_of(scene).class_name == ()


def test_a_name_of_a_megabyte_is_cut() -> None:
    scene = Scene(module_bytes=300 * PAGE)
    scene.add((DUCK + 16).to_bytes(8, "little"))
    write_class(scene, DUCK, b"3" + b"a" * (1 << 20))
    (name,) = names_of(scene).class_name
    assert len(name) <= 240


def test_a_base_that_leads_nowhere_or_to_itself_is_empty() -> None:
    for base, expected in ((0x1234, ""), (DUCK + 0x40, "zoo::Duck"), (1 << 63, "")):
        scene = scene_with(DUCK + 16)
        write_class(scene, DUCK, b"N3zoo4DuckE", base=base)
        assert names_of(scene).base_name == (expected,)


@settings(max_examples=60)
@given(st.data())
def test_any_module_gives_an_answer(data: st.DataObject) -> None:
    scene = Scene(heap_bytes=PAGE, module_bytes=PAGE)
    places = st.integers(0, PAGE // 8 - 1).map(lambda word: MODULE + word * 8)
    words = st.one_of(places, st.sampled_from([0, (1 << 64) - 1, 1 << 63, HEAP]))
    for place in range(MODULE, MODULE + 0x600, 8):
        if data.draw(st.booleans()):
            scene.write(place, data.draw(words))
    write_class(scene, BIRD, b"4Bird", base=data.draw(words))
    scene.write(data.draw(places), data.draw(words))
    for _ in range(20):
        scene.add(data.draw(words).to_bytes(8, "little"))
    names = names_of(scene)
    assert (np.diff(names.table.astype(np.int64)) > 0).all()
    assert all(name.isprintable() for name in names.class_name)
