"""The worker's server: one heap is kept, anything is answered, nothing stays open."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed
from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap, Level
from leakgui.model.process import ProcessKey
from leakgui.wire.passing import Parcel, SocketEnd, receive_parcel, send_parcel
from leakgui.worker.server import WorkerServer
from leakgui.worker.unpacking import unpack_heap
from leakgui.worker.verbs import PROTOCOL
from tests.unit.worker.parcels import KEY, raw_copy, received

HEAP = Heap(
    allocator="glibc", version="", level=Level.PAUSE, looks=1, paused_ms=(1.0,),
    copied_bytes=1, resident_bytes=2, walked_share=1.0, is_complete=True,
)  # fmt: skip
BLOCK = BlockDetail(
    address=5, usable_bytes=24, state="direct", type_name="", content=b"x",
    pointed_from=(), pointed_from_count=0, points_to=(), points_to_count=0, path=(),
)  # fmt: skip


@dataclass
class Found:
    image: object
    heap: Heap
    lost: object


class OneEngine:
    """Finds the same in every image."""

    def __init__(self) -> None:
        self.loaded = 0
        self.lost_before: list[object] = []
        self.images: list[object] = []
        self.failure: BaseException | None = None

    def load(self) -> None:
        self.loaded += 1

    def interpret(self, image, lost_before, progress):
        self.lost_before.append(lost_before)
        self.images.append(image)
        if self.failure is not None:
            raise self.failure
        progress(50, 100)
        return Found(image, HEAP, f"lost {len(self.images)}")

    def describe_block(self, interpreted, address):
        return BLOCK if address == BLOCK.address else None


@pytest.fixture
def engine() -> OneEngine:
    return OneEngine()


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    def files() -> set[str]:
        return {p.name for p in Path("/proc/self/fd").iterdir() if p.exists()}

    before = files()
    yield
    assert files() == before


def interpret(key: ProcessKey = KEY, **more: object) -> dict[str, object]:
    return {"verb": "interpret", "key": key, **more}


def ask(engine: OneEngine, *requests: dict[str, object]) -> list[Parcel]:
    """Return the answers; progress is left out."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = SocketEnd(ours)
        for number, request in enumerate(requests):
            header = dict(request)
            key = header.pop("key", None)
            changed = header.pop("changed", {})
            if key is None:
                send_parcel(end, {"id": number, **header})
                continue
            parcel = received(raw_copy(key), **changed)
            send_parcel(
                end, {"id": number, "copy": parcel.header, **header},
                parcel.frame, parcel.files,
            )  # fmt: skip
            parcel.close()
        ours.shutdown(socket.SHUT_WR)
        assert WorkerServer(SocketEnd(theirs), engine).serve() == 0
        theirs.close()
        answers = []
        while (answer := receive_parcel(end)) is not None:
            if answer.header["reply"] != "progress":
                answers.append(answer)
        return answers


def test_hello_warms_up(engine):
    (answer,) = ask(engine, {"verb": "hello"})
    assert answer.header["protocol"] == PROTOCOL
    assert engine.loaded == 1


def test_a_heap_comes_back_and_its_blocks_can_be_asked_for(engine):
    heap, block, none = ask(
        engine,
        interpret(),
        {"verb": "block", "address": 5},
        {"verb": "block", "address": (1 << 64) - 1},
    )
    assert unpack_heap(heap.frame).copied_bytes == HEAP.copied_bytes
    assert block.header["block"]["address"] == 5
    assert none.header["block"] is None


@pytest.mark.parametrize("address", [-1, True, None, "5", 1 << 64, 5.0])
def test_what_is_no_address(engine, address):
    answers = ask(engine, interpret(), {"verb": "block", "address": address})
    assert answers[1].header["reply"] == "error"


def test_a_second_look_is_told_what_was_lost_in_the_same_process(engine):
    other = KEY._replace(start_ticks=1)
    ask(
        engine,
        interpret(confirm=True),
        interpret(confirm=True),
        interpret(),
        interpret(other, confirm=True),
        interpret(confirm=True),
        interpret(confirm=1),
    )
    assert engine.lost_before == [None, "lost 1", None, None, None, None]


def test_forgetting_frees_it_and_later_questions_are_refused(engine):
    _, forgot, block = ask(
        engine, interpret(), {"verb": "forget"}, {"verb": "block", "address": 5}
    )
    assert forgot.header["reply"] == "forget"
    assert (block.header["reply"], block.header["error"]) == ("error", "HelperFailed")
    assert block.header["hint"]


@pytest.mark.parametrize(
    "failure",
    [ZeroDivisionError(), MemoryError(), HelperFailed("no"), RecursionError()],
)
def test_an_engine_that_fails_is_an_answer_and_nothing_is_kept(
    engine, failure, log_watch
):
    log_watch.expect("a request failed")
    engine.failure = failure
    heap, block, hello = ask(
        engine, interpret(), {"verb": "block", "address": 5}, {"verb": "hello"}
    )
    assert [heap.header["reply"], block.header["reply"]] == ["error", "error"]
    assert hello.header["reply"] == "hello"
    if isinstance(failure, MemoryError):
        assert "memory" in heap.header["message"]


def test_what_cannot_be_sent_is_an_answer_too(engine, log_watch):
    log_watch.expect("a request failed")
    for heap in (replace(HEAP, notes=("x" * (2 << 20),)), replace(HEAP, notes=[1])):
        engine.interpret = lambda image, *_, heap=heap: Found(image, heap, None)
        (answer,) = ask(engine, interpret())
        assert answer.header["reply"] == "error"


@pytest.mark.parametrize(
    "request_",
    [
        {"verb": "interpret"},
        {"verb": "interpret", "copy": None},
        {"verb": "interpret", "copy": {}},
        {"verb": "interpret", "copy": {"pid": 1, "start_ticks": 1}},
        interpret(changed={"module_fd_places": [-1, 9]}),
        {"verb": "open", "path": "/etc/passwd"},
    ],
)
def test_requests_that_make_no_sense_are_answered(engine, request_):
    bad, hello = ask(engine, request_, {"verb": "hello"})
    assert (bad.header["reply"], hello.header["reply"]) == ("error", "hello")
    assert engine.images == []


def test_a_damaged_copy_does_not_cost_the_engine_a_look(engine):
    answers = ask(engine, interpret(), interpret(changed={"level": "kill"}))
    assert answers[1].header["reply"] == "error"
    assert len(engine.images) == 1
