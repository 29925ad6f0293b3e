"""The parts of the resident memory add up, whatever they are."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.model.heap import Composition
from leakgui.model.text_column import TextColumn
from leakgui.worker.image import Regions
from leakgui.worker.naming.composition import KINDS, MAY_BE_NEGATIVE, compose
from tests.unit.worker.naming_scenes import HEAP, PAGE, STATES, Scene


def as_dict(parts: Composition) -> dict[str, int]:
    return dict(zip(parts.kind.as_list(), parts.bytes.tolist(), strict=True))


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from([24, 1032, 5000]), st.sampled_from(STATES))),
    st.sets(st.integers(0, 19)),
    st.integers(0, 40 * PAGE),
    st.lists(st.integers(0, 20 * PAGE), min_size=2, max_size=8, unique=True),
)
def test_parts_add_up(
    blocks: list[tuple[int, str]], absent: set[int], rss: int, edges: list[int]
) -> None:
    scene = Scene(absent=sorted(absent))
    for size, state in blocks[:10]:
        scene.add(b"", size, state)
    edges = sorted(edges)[: len(edges) // 2 * 2]
    walk = dataclasses.replace(
        scene.walk(),
        area_start=np.array(edges[::2], np.uint64) + np.uint64(HEAP),
        area_end=np.array(edges[1::2], np.uint64) + np.uint64(HEAP),
    )
    image = dataclasses.replace(scene.image(), resident_bytes=rss)
    for given_walk, reach in ((walk, scene.reach()), (walk, None), (None, None)):
        parts = compose(image, given_walk, reach)
        assert int(parts.bytes.sum()) == rss
        assert set(parts.kind.as_list()) <= set(KINDS)


def test_no_part_is_below_zero_where_no_mapping_is_known() -> None:
    scene = Scene()
    scene.add(b"", 1032)
    image = scene.image()
    nothing = {
        field.name: getattr(image.regions, field.name)[:0]
        for field in dataclasses.fields(image.regions)
        if field.name not in {"permissions", "path"}
    }
    texts = {"permissions": TextColumn.of([]), "path": TextColumn.of([])}
    unknown = dataclasses.replace(image, regions=Regions(**nothing, **texts))
    parts = as_dict(compose(unknown, scene.walk(), scene.reach()))
    assert min(size for kind, size in parts.items() if kind not in MAY_BE_NEGATIVE) >= 0
    assert sum(parts.values()) == image.resident_bytes
    halved = dataclasses.replace(
        image, regions=dataclasses.replace(image.regions, resident=np.array([1, 0]))
    )
    parts = as_dict(compose(halved, scene.walk(), scene.reach()))
    assert min(size for kind, size in parts.items() if kind not in MAY_BE_NEGATIVE) >= 0
    assert sum(parts.values()) == image.resident_bytes


def test_what_is_swapped_out_is_told_apart_from_what_the_kernel_counts() -> None:
    scene = Scene()
    scene.add(b"", 8 * PAGE + 8, "direct")
    scene.add(b"", 1032)
    image = scene.image()
    # Twelve of the heap's sixteen pages are copied from swap.
    regions = dataclasses.replace(
        image.regions, resident=np.array([4 * PAGE, 4 * PAGE], np.uint64)
    )
    image = dataclasses.replace(image, regions=regions, resident_bytes=8 * PAGE)
    parts = as_dict(compose(image, scene.walk(), scene.reach()))
    assert parts["lost"] == 8 * PAGE + 8
    assert parts["swapped"] == -12 * PAGE
    assert parts["kernel"] == 0
    assert sum(parts.values()) == 8 * PAGE
    assert "swapped" not in as_dict(compose(scene.image(), scene.walk(), None))


def test_blocks_count_by_the_pages_they_are_on() -> None:
    scene = Scene(absent=[1])
    scene.add(b"", 3 * PAGE + 8, "direct")
    scene.add(b"", 1032, "possible")
    scene.add(b"", 1032)
    in_use = 3 * PAGE + 8 + 1032 * 2 - PAGE
    walk = dataclasses.replace(scene.walk(), resident_in_use_bytes=in_use)
    parts = as_dict(compose(scene.image(), walk, scene.reach()))
    assert parts["lost"] == 2 * PAGE + 8
    assert parts["possible"] == 1032
    assert parts["in-use"] == 1032
    assert parts["overhead"] == 15 * PAGE - in_use
    assert parts["kernel"] == 0
    assert parts["files"] == 4 * PAGE


def test_regions_outside_of_what_was_copied_count_too() -> None:
    # A program that is linked statically lies below its heap and all that is copied.
    image = Scene().image()
    regions = Regions(
        start=np.array([0x40_0000, HEAP], np.uint64),
        end=np.array([0x60_0000, HEAP + 16 * PAGE], np.uint64),
        permissions=TextColumn.of(["r-xp", "rw-p"]),
        offset=np.zeros(2, np.uint64),
        path=TextColumn.of(["/bin/true", "[heap]"]),
        resident=np.array([0x3000, 16 * PAGE], np.uint64),
        module=np.array([0, -1], np.int64),
        was_copied=np.array([0, 1], np.int64),
    )
    image = dataclasses.replace(image, regions=regions)
    parts = as_dict(compose(image, Scene().walk(), None))
    assert parts["files"] == 0x3000
    assert parts["overhead"] == 16 * PAGE
    assert parts["kernel"] == PAGE


def test_only_part_of_a_region_may_be_the_allocators() -> None:
    scene = Scene(absent=[3])
    walk = dataclasses.replace(
        scene.walk(),
        area_start=np.array([HEAP + 0x100, HEAP + 3 * PAGE], np.uint64),
        area_end=np.array([HEAP + 0x200, HEAP + 5 * PAGE], np.uint64),
        resident_in_use_bytes=0,
    )
    parts = as_dict(compose(scene.image(), walk, None))
    assert parts["overhead"] == 0x100 + PAGE
    assert parts["other"] == 15 * PAGE - 0x100 - PAGE


@pytest.mark.parametrize(
    ("path", "permissions", "kind"),
    [
        ("[stack]", "rw-p", "stacks"),
        ("/dev/shm/queue", "rw-s", "shared"),
        ("/memfd:pool (deleted)", "rw-s", "shared"),
        ("/SYSV00000000 (deleted)", "rw-s", "shared"),
        ("/usr/share/icons.cache", "r--p", "files"),
        ("", "rw-p", "other"),
        ("[heap]", "rw-p", "other"),
        ("[vdso]", "r-xp", None),
    ],
)
def test_regions_by_what_they_are(path: str, permissions: str, kind: str) -> None:
    image = Scene().image()
    regions = Regions(
        start=np.array([0x1000], np.uint64),
        end=np.array([0x3000], np.uint64),
        permissions=TextColumn.of([permissions]),
        offset=np.zeros(1, np.uint64),
        path=TextColumn.of([path]),
        resident=np.array([0x2000], np.uint64),
        module=np.array([-1], np.int64),
        was_copied=np.zeros(1, np.int64),
    )
    image = dataclasses.replace(image, regions=regions, resident_bytes=0x2000)
    parts = as_dict(compose(image, None, None))
    expected = {kind: 0x2000, "kernel": 0} if kind else {"kernel": 0x2000}
    assert parts == expected
