"""A real program's heap, spoilt: what is said of it, and workers that crash."""

from __future__ import annotations

import os
import signal
import threading
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed
from leakgui.model.process import ProcessKey
from leakgui.probe.raw import text_column
from leakgui.probe.raw_heap import RawHeapCopy
from leakgui.worker.client import WorkerClient
from leakgui.worker.image import Image
from leakgui.worker.interpreting import interpret
from tests.unit.worker.hostile_checks import check
from tests.unit.worker.hostile_images import Spoiler, close_spoilt
from tests.unit.worker.hostile_scenes import copy_real
from tests.unit.worker.parcels import Copied, memory, received

pytestmark = [pytest.mark.live, pytest.mark.needs_tool("g++")]

SPOILT, SENT = 60, 6
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def spoiler(tmp_path_factory: pytest.TempPathFactory) -> Spoiler:
    return Spoiler(copy_real(tmp_path_factory.mktemp("zoo")))


def as_copied(image: Image) -> Copied:
    """Return an image as the helper would have sent it."""
    starts = image.segments.start.tolist()
    first = [*image.segments.first_word.tolist(), len(image.words)]
    pages = {
        start: image.words[first[row] : first[row + 1]].tobytes()
        for row, start in enumerate(starts)
    }
    regions = image.regions
    raw = RawHeapCopy(
        key=ProcessKey(image.pid, 1),
        level="pause",
        paused_ms=1.0,
        estimated_ms=1.0,
        copied_bytes=len(image.words) * 8,
        resident_bytes=image.resident_bytes,
        taken_unix_s=1.0,
        executable=image.executable,
        memory=memory(pages),
        module_files=[os.dup(module.fd) for module in image.modules],
        modules=text_column(module.path for module in image.modules),
        segments={
            "start": array("Q", starts),
            "end": array("Q", image.segments.end.tolist()),
        },
        present=array("B", image.present[: (len(image.words) // 512 + 7) // 8]),
        regions={
            "start": array("Q", regions.start.tolist()),
            "end": array("Q", regions.end.tolist()),
            "permissions": text_column(regions.permissions.as_list()),
            "offset": array("Q", regions.offset.tolist()),
            "path": text_column(regions.path.as_list()),
            "resident": array("Q", regions.resident.tolist()),
            "module": array("q", regions.module.tolist()),
            "was_copied": array("q", regions.was_copied.tolist()),
        },
        threads={
            "tid": array("q", image.threads.tid.tolist()),
            "name": text_column(image.threads.name.as_list()),
        },
        registers=array("Q", image.registers.tolist()),
        vectors=array("Q", image.vectors.tolist()),
    )
    return Copied(received(raw))


def test_what_is_said_of_a_spoilt_program_can_be(spoiler: Spoiler) -> None:
    understood, lost = 0, None
    for seed in range(SPOILT):
        image = spoiler.spoil(seed)
        found = interpret(image, lost if seed % 2 else None)
        check(found)
        understood += found.found is not None
        lost = found.lost
        close_spoilt(image, spoiler.image)
    assert understood > SPOILT // 4


def test_a_real_worker_lives_through_spoilt_heaps(spoiler: Spoiler) -> None:
    with WorkerClient() as client:
        client.warm_up()
        first = client.pid
        for seed in range(SENT):
            image = spoiler.spoil(seed)
            with as_copied(image) as copied:
                heap = client.interpret(copied, confirm=seed % 2 == 1)
            assert heap.composition is not None
            client.describe_block(int(spoiler.addresses[seed]))
            close_spoilt(image, spoiler.image)
        assert client.pid == first


@pytest.mark.parametrize("deadly", [signal.SIGSEGV, signal.SIGBUS, signal.SIGKILL])
def test_one_that_dies_says_so_and_the_next_request_works(
    spoiler: Spoiler, deadly: signal.Signals
) -> None:
    with WorkerClient() as client, as_copied(spoiler.image) as copied:
        whole = client.interpret(copied)
        first = client.pid
        assert first is not None
        killer = threading.Thread(target=kill_at_work, args=(first, deadly))

        def begun(_done: int, _total: int) -> None:
            if killer.ident is None:
                killer.start()

        with pytest.raises(HelperFailed) as raised:
            interpret_until_it_fails(client, copied, begun)
        killer.join()
        word = "memory" if deadly is signal.SIGKILL else deadly.name
        assert word in raised.value.message
        again = client.interpret(copied)
        assert client.pid not in {None, first}
        assert again.blocks == whole.blocks
        assert again.leaked == whole.leaked


def interpret_until_it_fails(
    client: WorkerClient, copied: Copied, begun: Callable[[int, int], None]
) -> None:
    """Ask again and again: once may be done before the signal comes."""
    while True:
        client.interpret(copied, begun)


def kill_at_work(pid: int, deadly: signal.Signals) -> None:
    """End a worker by a signal; wait until it is gone."""
    os.kill(pid, deadly)
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s and Path(f"/proc/{pid}/stat").exists():
        time.sleep(0.01)
