"""What is said of single blocks, of the ways to them, and of roots."""

from __future__ import annotations

import numpy as np
import pytest

from leakgui.model.block import BlockDetail
from leakgui.worker.describing import describe_block, tabulate_holders
from leakgui.worker.holding import find_holders
from leakgui.worker.interpreting import Found, Interpreted, interpret
from leakgui.worker.marking import mark
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.names import Names
from leakgui.worker.root_names import RootNames
from leakgui.worker.roots import RootKind
from tests.unit.worker.drawn_heap import DrawnHeap, draw
from tests.unit.worker.naming_scenes import MODULE, Scene

NO_NAMES = Names(table=np.zeros(0, np.uint64), class_name=(), base_name=())


def describe(heap: DrawnHeap, name: str) -> BlockDetail:
    modules = Modules(heap.image)
    reach = mark(heap.image, heap.walk, heap.roots)
    found = Found(
        walk=heap.walk, roots=heap.roots, reach=reach, names=NO_NAMES, modules=modules
    )
    unknown = interpret(heap.image).heap
    seen = Interpreted(image=heap.image, heap=unknown, found=found)
    detail = describe_block(seen, heap.address[name])
    assert detail is not None
    return detail


def test_a_path_of_a_thousand_blocks_is_told_by_its_ends() -> None:
    chain = "root -> n0\n" + "\n".join(f"n{at} -> n{at + 1}" for at in range(999))
    path = describe(draw(chain), "n999").path
    assert path[0].startswith("global 0x")
    assert path[1:3] == ("40 B+0", "40 B+0")
    assert path[11:13] == ("… 980 more …", "40 B+0")
    assert path[-1] == "40 B"
    assert len(path) == 23


def test_of_a_lost_block_it_is_told_what_hangs_on_it_alone() -> None:
    heap = draw("root -> r\na -> own -> more\na -> shared\nb -> shared")
    found = {name: describe(heap, name) for name in ("r", "a", "b", "own", "shared")}
    assert {
        name: (one.retained, one.retained_bytes) for name, one in found.items()
    } == {"r": (0, 0), "a": (3, 120), "b": (1, 40), "own": (2, 80), "shared": (1, 40)}


def test_holders_say_how_many_blocks_hang_beside_the_one_shown() -> None:
    heap = draw("\n".join(f"root -> b{number}" for number in range(30)))
    reach = mark(heap.image, heap.walk, heap.roots)
    rows, _ = find_holders(heap.image, heap.walk, heap.roots, reach, lambda *_: "g")
    holders = tabulate_holders(heap.image, heap.walk, NO_NAMES, rows or ())
    assert holders.path.as_list() == ["g → 40 B and 29 more beside it"]


@pytest.mark.parametrize(
    ("kind", "tid", "text"),
    [
        (RootKind.THREAD_LOCAL, -1, "thread-local memory of a thread that has ended"),
        (RootKind.STACK, 12, "stack of thread 12"),
        (RootKind.REGISTER, 0, "register rbx of the main thread"),
        (RootKind.MEMORY, -1, "memory at 0x5"),
        (RootKind.GLOBAL, -1, "global 0x5"),
    ],
)
def test_roots_have_names(kind: RootKind, tid: int, text: str) -> None:
    image = Scene().image()
    assert RootNames(image, Modules(image)).describe(5, kind, tid, -1) == text


def test_roots_of_one_owner_are_told_by_it() -> None:
    image = Scene().image()
    owner = RootNames(image, Modules(image)).owner
    stack = owner(MODULE, RootKind.STACK, 3, -1)
    assert stack == owner(5, RootKind.REGISTER, 3, -1)
    assert stack != owner(MODULE, RootKind.STACK, 4, -1)
    assert stack != owner(MODULE, RootKind.THREAD_LOCAL, 3, -1)
    memory = owner(MODULE, RootKind.MEMORY, -1, -1)
    assert memory == owner(MODULE + 4096, RootKind.MEMORY, -1, -1)
    assert memory is not None
    assert owner(MODULE, RootKind.GLOBAL, -1, 0) is None  # no symbols there
