"""Random bytes anywhere in a heap: an answer, and never more bytes than there are."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.naming.census import count_blocks
from leakgui.worker.naming.classes import find_names
from leakgui.worker.naming.composition import compose
from leakgui.worker.naming.largest_lost import list_lost
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.suspects import find_suspects
from leakgui.worker.walked import SizeRule
from tests.unit.worker.naming_scenes import HEAP, MODULE, PAGE, Scene, write_class

PAGES = 4
# Sizes of 2**63, pointers into everything, and text, where a header should be.
WORDS = st.sampled_from(
    [
        0,
        1,
        0x21,
        0x1002,
        1 << 63,
        (1 << 64) - 1,
        (1 << 64) - 8,
        HEAP,
        HEAP + 0x30,
        HEAP + PAGES * PAGE - 8,
        MODULE + 0x210,
        MODULE + 0x211,
        MODULE + PAGES * PAGE,
        0x2020202020202020,
        0x0000555555554141,
    ]
)


@settings(max_examples=120)
@given(
    st.lists(st.tuples(st.integers(0, 2 * PAGES * 512 - 1), WORDS), max_size=300),
    st.sets(st.integers(0, PAGES * 256 - 1), max_size=80),
    st.sets(st.integers(0, 2 * PAGES - 1), max_size=4),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_random_memory(
    changes: list[tuple[int, int]],
    granules: set[int],
    absent: set[int],
    order: list[int],
) -> None:
    scene = Scene(
        heap_bytes=PAGES * PAGE,
        module_bytes=PAGES * PAGE,
        module_permissions="r-xp",
        absent=sorted(absent),
    )
    write_class(scene, MODULE + 0x200, b"5Shape", base=MODULE + 0x240)
    words = np.frombuffer(scene.memory, np.uint64)
    for place, value in changes:
        words[place] = value
    image = scene.image()
    bits = [image.new_bits() for _ in range(4)]
    for number, granule in enumerate(sorted(granules)):
        state = bits[order[number % 4]]
        state[granule >> 6] |= np.uint64(1 << (granule & 63))
    direct = [
        g * 2 for g in sorted(granules) if bits[1][g >> 6] >> np.uint64(g & 63) & 1
    ]
    walk = dataclasses.replace(
        scene.walk(),
        starts=bits[0] | bits[1] | bits[2] | bits[3],
        size_rule=(SizeRule.GLIBC_HEADER, SizeRule.GLIBC_LESS_8)[order[0] % 2],
    )
    reach = dataclasses.replace(
        scene.reach(),
        reachable=bits[0],
        direct=bits[1],
        indirect=bits[2],
        possible=bits[3],
        leader_word=np.array(direct, np.int64),
        leader_indirect=np.zeros(len(direct), np.int64),
        leader_indirect_bytes=np.zeros(len(direct), np.uint64),
    )
    modules = Modules(image)
    names = find_names(image, walk, modules)
    groups = count_blocks(image, walk, reach, names)
    assert int(groups.count.sum()) == len(granules)
    assert int(groups.bytes.sum()) <= PAGES * PAGE
    lost = list_lost(image, walk, reach, names)
    assert len(lost) == len(direct)
    assert int(lost.bytes.sum()) <= int(groups.bytes.sum())
    assert len(find_suspects(image, walk, reach, names, modules)) <= 1
    parts = compose(image, walk, reach)
    assert int(parts.bytes.sum()) == image.resident_bytes
