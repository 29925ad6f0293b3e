"""Every shape is classified as Valgrind does, but for what is known and explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import valgrind_shapes as shapes
from leakgui.helper.client import HelperClient
from leakgui.worker.client import WorkerClient

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("gcc", "g++", "valgrind")]


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[HelperClient, WorkerClient]]:
    with HelperClient() as helper, WorkerClient() as worker:
        helper.start()  # now: what a test leaves running is a failure of that test
        worker.warm_up()
        yield helper, worker


@pytest.mark.parametrize("name", shapes.find_shapes())
def test_shape_is_classified_like_valgrind_does(
    name: str, tmp_path: Path, engine: tuple[HelperClient, WorkerClient]
) -> None:
    program = shapes.build(name, tmp_path)
    with shapes.standing_still(program) as pid:
        ours = shapes.ask_leakgui(pid, *engine)
    assert ours == shapes.expected(name, shapes.ask_valgrind(program))


def test_every_difference_belongs_to_a_shape() -> None:
    names = {*shapes.DIFFERENCES, *shapes.WITHOUT_CACHE}
    assert names <= set(shapes.find_shapes())
