"""The worker as a process: without rights, replaceable, and gone with its client."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed
from leakgui.model.heap import Heap
from leakgui.worker.client import WorkerClient
from tests.unit.worker.parcels import Copied, received

pytestmark = pytest.mark.live

PATIENCE_S = 30.0

SERVE = """
import sys, time, os
from leakgui.wire.standard_streams import end_with_client, take_over
from leakgui.worker.server import WorkerServer
from leakgui.model.heap import Heap, Level

HEAP = Heap(
    allocator="glibc", version="", level=Level.PAUSE, looks=1, paused_ms=(1.0,),
    copied_bytes=1, resident_bytes=2, walked_share=1.0, is_complete=True,
)

class Found:
    def __init__(self, image):
        self.image, self.heap, self.lost = image, HEAP, "lost"

class Engine:
    def load(self): pass
    def interpret(self, image, lost_before, progress):
        progress(1, 100)
        {step}
        return Found(image)
    def describe_block(self, interpreted, address): return None

end = take_over()
end_with_client(end)
WorkerServer(end, Engine()).serve()
"""
"""The real server with an engine that does one step."""


def files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


@pytest.fixture
def serving() -> Iterator[Callable[..., WorkerClient]]:
    started, before = [], files()

    def start(step: str = "pass") -> WorkerClient:
        code = SERVE.replace("{step}", step)
        started.append(WorkerClient((sys.executable, "-I", "-c", code)))
        return started[-1]

    yield start
    for client in started:
        client.close()
    gc.collect()
    assert files() == before


@pytest.fixture
def copied() -> Iterator[Copied]:
    with Copied(received()) as made:
        yield made


def test_the_real_one_gives_up_its_rights_and_is_the_first_to_go():
    with WorkerClient() as client:
        client.warm_up()
        status = Path(f"/proc/{client.pid}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        for rights in ("CapInh", "CapPrm", "CapEff"):
            assert f"{rights}:\t0000000000000000" in status
        assert Path(f"/proc/{client.pid}/oom_score_adj").read_text().strip() == "500"
        limits = Path(f"/proc/{client.pid}/limits").read_text()
        (core,) = (line for line in limits.splitlines() if "core file" in line)
        assert core.split()[4:6] == ["0", "0"]
        owner = Path(f"/proc/{client.pid}/environ").stat().st_uid
        assert owner == 0  # not dumpable: its files in /proc belong to root


def test_the_real_one_says_of_strange_memory_that_it_is_strange(copied):
    with WorkerClient() as client:
        heap = client.interpret(copied)
        assert heap.allocator == "unknown"
        assert heap.blocks is None
        assert client.describe_block(0x1000) is None


def test_a_heap_is_interpreted_and_the_copy_can_be_closed(serving, copied):
    client, told = serving(), []
    heap = client.interpret(copied, lambda done, total: told.append((done, total)))
    assert isinstance(heap, Heap)
    assert (1, 100) in told
    copied.parcel.close()
    assert client.describe_block(5) is None
    client.forget()
    with pytest.raises(HelperFailed, match="not there"):
        client.describe_block(5)


def test_a_refusal_does_not_cost_the_worker(serving, copied):
    client = serving("raise ZeroDivisionError")
    client.warm_up()
    first = client.pid
    with pytest.raises(HelperFailed, match="ZeroDivisionError"):
        client.interpret(copied)
    assert client.pid == first


@pytest.fixture(autouse=True)
def _bugs_are_logged(log_watch):
    log_watch.expect("^leakgui.worker: ")


def test_one_that_is_killed_fails_once(serving, copied):
    client = serving("os.kill(os.getpid(), 9)")
    for _ in range(2):
        with pytest.raises(HelperFailed, match="memory"):
            client.interpret(copied)
        assert client.pid is None


def test_a_crash_is_a_failure(serving, copied):
    client = serving("import ctypes; ctypes.string_at(8)")
    with pytest.raises(HelperFailed):
        client.interpret(copied)


def test_cancelling_kills_it_and_the_next_request_is_served(serving, copied):
    client = serving("time.sleep(0 if lost_before else 60)")
    begun_s = time.monotonic()
    with pytest.raises(HelperFailed, match="cancelled"):
        client.interpret(copied, cancelled=lambda: time.monotonic() > begun_s + 0.3)
    assert time.monotonic() - begun_s < PATIENCE_S
    with pytest.raises(HelperFailed, match="in time"):
        client.interpret(copied, timeout_s=0.3)


def test_one_that_takes_nothing_can_be_cancelled(copied, log_watch):
    code = (
        "import os, struct, json, time\n"
        "length, = struct.unpack('<I', os.read(0, 4))\n"
        "header = json.loads(os.read(0, length)); os.read(0, 8)\n"
        "text = json.dumps({'id': header['id'], 'reply': 'hello', 'protocol': 1,"
        " 'arrays': []}).encode()\n"
        "os.write(1, struct.pack('<I', len(text)) + text + bytes(8))\n"
        "time.sleep(60)\n"
    )
    large = Copied(received(columns={"present": bytes(8 << 20)}))
    with large, WorkerClient((sys.executable, "-I", "-c", code)) as client:
        begun_s = time.monotonic()
        with pytest.raises(HelperFailed, match="cancelled"):
            client.interpret(large, cancelled=lambda: time.monotonic() > begun_s + 0.5)
        assert time.monotonic() - begun_s < PATIENCE_S


def test_it_ends_at_once_when_its_client_is_killed():
    code = (
        "import sys, threading\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from leakgui.worker.client import WorkerClient\n"
        "from tests.unit.worker.parcels import Copied, received\n"
        f"serve = {SERVE.replace('{step}', 'time.sleep(60)')!r}\n"
        "client = WorkerClient((sys.executable, '-I', '-c', serve))\n"
        "client.warm_up()\n"
        "print(client.pid, flush=True)\n"
        "said = lambda done, total: print('begun', flush=True)\n"
        "client.interpret(Copied(received()), said)\n"
    )
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code, root], stdout=subprocess.PIPE
    ) as parent:
        worker = int(parent.stdout.readline())
        assert parent.stdout.readline() == b"begun\n"
        parent.send_signal(signal.SIGKILL)
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            stat = Path(f"/proc/{worker}/stat").read_text()
        except FileNotFoundError:
            return
        if stat.rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.01)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker lives on")
