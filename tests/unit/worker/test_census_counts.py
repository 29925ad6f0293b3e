"""Blocks counted in one pass equal blocks counted one by one."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.naming import census, counting
from leakgui.worker.naming.census import count_blocks
from leakgui.worker.naming.largest_lost import list_lost
from leakgui.worker.naming.names import Names
from leakgui.worker.naming.size_classes import CLASSES, class_of, limits_of
from leakgui.worker.walked import SizeRule
from tests.unit.worker.naming_scenes import MODULE, PAGE, STATES, Scene

TABLE, OTHER_TABLE = MODULE + 0x100, MODULE + 0x200
NAMES = Names(
    table=np.array([TABLE, OTHER_TABLE], np.uint64),
    class_name=("zoo::Duck", "zoo::Duck"),
    base_name=("", ""),
)
CONTENTS = {
    "zoo::Duck": [TABLE.to_bytes(8, "little"), OTHER_TABLE.to_bytes(8, "little")],
    "text": [b"a plain text\0", "grüße aus köln".encode(), b"0123456789" * 20],
    "": [
        b"",
        b"\1\2\3",
        b"short\0\0\0",
        (TABLE + 8).to_bytes(8, "little"),
        b"\xff" * 24,
    ],
}
SIZES = [24, 40, 56, 1032, 1048, 2056]


def test_size_classes_follow_each_other_without_gap() -> None:
    limits = [limits_of(number) for number in range(CLASSES - 8)]
    assert limits[0] == (0, 0)
    for (_, most), (least, _) in pairwise(limits):
        assert least == most + 1


@given(st.integers(0, 2**62))
def test_a_size_lies_in_its_class(size: int) -> None:
    least, most = limits_of(class_of(size))
    assert least <= size <= most
    assert size > 1032 or least == most


blocks = st.lists(
    st.tuples(
        st.sampled_from(sorted(CONTENTS)),
        st.integers(0, 4),
        st.sampled_from(SIZES),
        st.sampled_from(STATES),
    ),
    max_size=60,
)


@settings(max_examples=40)
@given(blocks, st.sampled_from([SizeRule.GLIBC_HEADER, SizeRule.COLUMN]))
def test_groups_are_what_counting_one_by_one_gives(
    made: list[tuple[str, int, int, str]], rule: SizeRule
) -> None:
    scene = Scene(heap_bytes=64 * PAGE)
    expected: Counter[tuple[str, int, str]] = Counter()
    for name, number, size, state in made:
        content = CONTENTS[name][number % len(CONTENTS[name])]
        scene.add(content, size, state)
        least, _ = limits_of(class_of(size))
        expected[name, least, state] += 1
    groups = count_blocks(scene.image(), scene.walk(rule), scene.reach(), NAMES)
    found = {
        (groups.type_name[row], int(groups.least_bytes[row]), groups.state[row]): int(
            groups.count[row]
        )
        for row in range(len(groups))
    }
    assert found == expected
    assert int(groups.bytes.sum()) == sum(size for _, _, size, _ in made)
    assert (np.diff(groups.bytes.astype(np.int64)) <= 0).all()


def test_a_pointer_that_looks_like_text_is_none() -> None:
    scene = Scene()
    # 0x555555550a20 reads " \nUUUU": printable, and an address of the heap.
    scene.add((0x5555_5555_0A20).to_bytes(8, "little"), 40)
    scene.add(b"hello!\0\0", 40)
    groups = count_blocks(scene.image(), scene.walk(), scene.reach(), NAMES)
    assert sorted(groups.type_kind.as_list()) == ["size", "text"]


def test_too_many_groups_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(heap_bytes=64 * PAGE)
    for number in range(60):
        scene.add(b"", 24 + 16 * number, STATES[number % 2])
    whole = sum(size for _, size, _ in scene.blocks)
    monkeypatch.setattr(census, "MOST_ROWS", 20)
    groups = count_blocks(scene.image(), scene.walk(), scene.reach(), NAMES)
    assert len(groups) == 18
    assert [groups.type_name[row] for row in (-2, -1)] == ["(all smaller groups)"] * 2
    assert {groups.state[row] for row in (-2, -1)} == {"reachable", "direct"}
    assert int(groups.count.sum()) == 60
    assert int(groups.bytes.sum()) == whole


def test_what_finds_no_slot_is_counted_all_the_same() -> None:
    # The kernel's own bound, too large to reach with blocks: call it when full.
    part = counting.Slice(*(np.array([value], np.int64) for value in (2, 24, 0)))
    keys, sums = np.zeros(8, np.uint64), np.zeros((12, 4), np.int64)
    state = np.array([1], np.int64)
    groups = counting._count(part, state, keys, sums, counting.MOST_GROUPS)
    assert groups == counting.MOST_GROUPS
    assert sums[8 + 1].tolist() == [1, 24, 2, 2]


def test_a_block_on_a_page_that_was_not_copied_has_a_size_only() -> None:
    scene = Scene(absent=[0])
    scene.memory[0:16] = bytes(8) + (33).to_bytes(8, "little")
    scene.add(TABLE.to_bytes(8, "little"), 24)
    groups = count_blocks(scene.image(), scene.walk(), scene.reach(), NAMES)
    assert groups.type_kind.as_list() == ["size"]


def test_a_peek_is_not_of_the_programs_beginnings() -> None:
    scene = Scene()
    for number in range(20):
        text = b"/usr/lib/locale" if number < 3 else b"value number %d" % number
        scene.add(text + b"\0", 24)
    groups = count_blocks(scene.image(), scene.walk(), scene.reach(), NAMES)
    assert groups.peek.as_list() == ["value number 15"]


def test_the_largest_lost_come_first_with_what_hangs_on_them() -> None:
    scene = Scene()
    scene.add(TABLE.to_bytes(8, "little"), 24, "direct")
    scene.add(b"lost words of some length", 56, "direct")
    scene.add(b"", 40, "direct")
    reach = scene.reach()
    reach.leader_indirect_bytes.flags.writeable = True
    reach.leader_indirect_bytes[0] = 1000
    lost = list_lost(scene.image(), scene.walk(), reach, NAMES)
    assert lost.bytes.tolist() == [24, 56, 40]
    assert lost.type_name.as_list() == ["zoo::Duck", "text", ""]
    assert lost.peek[1] == "lost words of some length"
    assert lost.address.tolist() == [address for address, *_ in scene.blocks]
