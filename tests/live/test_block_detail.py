"""One block looked at closely, in programs of known shapes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import valgrind_shapes as shapes
from leakgui.helper.client import HelperClient
from leakgui.model.heap import Heap, Level
from leakgui.probe.platform import current
from leakgui.worker.client import WorkerClient

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("gcc", "g++")]


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[HelperClient, WorkerClient]]:
    with HelperClient() as helper, WorkerClient() as worker:
        helper.start()  # now: what a test leaves running is a failure of that test
        worker.warm_up()
        yield helper, worker


def _interpret(
    name: str, folder: Path, engine: tuple[HelperClient, WorkerClient]
) -> Heap:
    helper, worker = engine
    with (
        shapes.standing_still(shapes.build(name, folder)) as pid,
        helper.copy_heap(current().find_key(pid), Level.PAUSE) as copied,
    ):
        return worker.interpret(copied)


def test_lost_block_has_no_path_and_its_neighbours_are_known(
    tmp_path: Path, engine: tuple[HelperClient, WorkerClient]
) -> None:
    heap = _interpret("list_lost", tmp_path, engine)
    assert heap.lost is not None
    detail = engine[1].describe_block(int(heap.lost.address[0]) + 9)
    assert detail is not None
    assert detail.address == heap.lost.address[0]
    assert (detail.state, detail.path) == ("direct", ())
    assert (detail.pointed_from_count, detail.points_to_count) == (0, 1)
    following = engine[1].describe_block(detail.points_to[0].address)
    assert following is not None
    assert following.state == "indirect"
    assert following.pointed_from[0].address == detail.address


def test_held_block_has_a_path_from_the_global_that_holds_it(
    tmp_path: Path, engine: tuple[HelperClient, WorkerClient]
) -> None:
    heap = _interpret("list_kept", tmp_path, engine)
    assert heap.holders is not None
    row = heap.holders.retained.tolist().index(100)
    assert heap.holders.root[row] == "global kept (list_kept)"
    detail = engine[1].describe_block(int(heap.holders.address[row]))
    assert detail is not None
    assert detail.path[0] == "global kept (list_kept)"
    assert detail.pointed_from[0].place == "global kept (list_kept)"
    assert detail.state == "reachable"


def test_nothing_is_said_of_an_address_outside_of_all_blocks(
    tmp_path: Path, engine: tuple[HelperClient, WorkerClient]
) -> None:
    _interpret("tree", tmp_path, engine)
    for address in (0, 8, 1 << 40, (1 << 64) - 1):
        assert engine[1].describe_block(address) is None


def test_class_is_named_on_the_path(
    tmp_path: Path, engine: tuple[HelperClient, WorkerClient]
) -> None:
    heap = _interpret("no_virtual_destructor", tmp_path, engine)
    assert heap.groups is not None
    assert "Polygon" in heap.groups.type_name.pool
    assert heap.suspects is not None
    row = heap.suspects.class_name.as_list().index("Polygon")
    assert heap.suspects.certainty[row] == "certain"
    assert heap.suspects.lost[row] == 900
    assert heap.suspects.owned[row] == heap.suspects.owned_by_all[row] == 100
