"""Who owns blocks like the leaked ones: counted by class, word and size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.naming.names import Names
from leakgui.worker.naming.owning import OFFSETS, count_owned, find_leaked_sizes
from leakgui.worker.naming.slices import type_heap
from leakgui.worker.naming.suspects import LEAST_SHARE, _tie
from tests.unit.worker.naming_scenes import HEAP, MODULE, PAGE, Scene

TABLE = MODULE + 0x100
NAMES = Names(
    table=np.array([TABLE], np.uint64), class_name=("Polygon",), base_name=("Shape",)
)
SUSPECTS = np.array([-1, -1, 0])


def pointers(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


def scene_with(owners: int, others: int, lost: int) -> Scene:
    """Return polygons and others that own 56 bytes each, and lost blocks like them."""
    scene = Scene()
    for _ in range(owners):
        scene.add(pointers(TABLE, scene.add(b"", 56)))
    for _ in range(others):
        scene.add(pointers(0, 0, scene.add(b"", 56)))
    for _ in range(lost):
        scene.add(b"", 56, "direct")
    scene.add(b"", 24, "direct")
    return scene


def tie(scene: Scene) -> tuple[int, int, int, int]:
    image, reach = scene.image(), scene.reach()
    heap = type_heap(image, scene.walk(), NAMES)
    sizes = find_leaked_sizes(heap.blocks, reach.direct)
    owned = count_owned(heap, reach.reachable, SUSPECTS, sizes)
    found = _tie(0, owned, sizes)
    return found.lost, found.offset, found.owned, found.owned_by_all


def test_a_class_that_alone_owns_such_blocks_is_tied_to_them() -> None:
    assert tie(scene_with(owners=10, others=0, lost=7)) == (7, 8, 10, 10)


def test_so_is_one_that_owns_most_of_them() -> None:
    assert tie(scene_with(owners=10, others=9, lost=7)) == (7, 8, 10, 19)


def test_one_among_many_is_not() -> None:
    assert LEAST_SHARE == 0.5
    assert tie(scene_with(owners=10, others=11, lost=7)) == (0, -1, 0, 0)


def test_one_that_owns_none_is_not() -> None:
    assert tie(scene_with(owners=0, others=5, lost=7)) == (0, -1, 0, 0)


def test_a_block_with_two_owners_counts_once() -> None:
    scene = Scene()
    both = scene.add(b"", 56)
    for _ in range(3):
        scene.add(pointers(TABLE, both))
    scene.add(b"", 56, "direct")
    assert tie(scene) == (1, 8, 1, 1)


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(st.integers(0, 16 * PAGE).map(lambda at: HEAP + at), max_size=80),
        max_size=12,
    ),
    st.sets(st.integers(0, 15), max_size=8),
)
def test_any_pointers_are_counted_within_bounds(
    contents: list[list[int]], absent: set[int]
) -> None:
    scene = Scene(absent=sorted(absent))
    for content in contents:
        scene.add(pointers(TABLE, *content), 648)
        scene.add(b"", 56, "direct")
    image, reach = scene.image(), scene.reach()
    heap = type_heap(image, scene.walk(), NAMES)
    sizes = find_leaked_sizes(heap.blocks, reach.direct)
    owned = count_owned(heap, reach.reachable | reach.direct, SUSPECTS, sizes)
    assert owned.by_class.shape == (1, OFFSETS, len(sizes.size))
    assert int(owned.by_all.sum()) <= len(contents)
