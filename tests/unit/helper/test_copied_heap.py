"""A copied heap on its way: numbers are checked, the rest is handed on closed."""

from __future__ import annotations

import io
import math
import os
import socket
from array import array
from pathlib import Path

import pytest

from leakgui.errors import HelperFailed, ProcessGone, Unsupported
from leakgui.helper.copied_heap import CopiedHeap, unpack_estimate
from leakgui.helper.packing import pack_heap_copy
from leakgui.helper.server import HelperServer
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Gap, GapReason
from leakgui.probe.ownership import Owner
from leakgui.probe.raw import text_column
from leakgui.probe.raw_heap import RawEstimate, RawHeapCopy
from leakgui.wire.frames import Frame
from leakgui.wire.passing import (
    MOST_FILES,
    Parcel,
    PipeEnds,
    SocketEnd,
    receive_parcel,
    send_parcel,
)

KEY = ProcessKey(812, 5000)


def copied(modules: int = 3) -> RawHeapCopy:
    """Every other module could be opened."""
    return RawHeapCopy(
        key=KEY,
        level="pause",
        paused_ms=1.5,
        estimated_ms=2.0,
        copied_bytes=4096,
        resident_bytes=8192,
        taken_unix_s=12.0,
        executable="/bin/x",
        memory=os.memfd_create("test"),
        module_files=[
            -1 if number % 2 else os.open("/dev/null", os.O_RDONLY)
            for number in range(modules)
        ],
        modules=text_column(f"/lib/{number}" for number in range(modules)),
        segments={"start": array("Q", [4096]), "end": array("Q", [8192])},
        present=array("B", [1]),
        regions={"start": array("Q", [4096]), "path": text_column(["[heap]"])},
        threads={"tid": array("q", [812]), "name": text_column(["x"])},
        registers=array("Q", range(27)),
        vectors=array("Q", range(32)),
        gaps=[("memory", "unreadable", "why")],
        notes=["a note"],
    )


class OneHeap:
    """A platform with one process that can be copied."""

    name = "one"
    failure: Exception | None = None

    def __init__(self) -> None:
        self.given: list[RawHeapCopy] = []
        self.levels: list[str] = []
        self.owners: list[Owner | None] = []

    def find_key(self, pid):
        return KEY

    def estimate_heap_copy(self, key):
        if self.failure:
            raise self.failure
        return RawEstimate(
            copy_bytes=1, paused_ms=2.0, fork_paused_ms=1.0, threads=3, needs_bytes=4,
            can_fork=False, cannot_fork_reason="no",
        )  # fmt: skip

    def copy_heap(self, key, level, progress=None, owner=None):
        self.owners.append(owner)
        if self.failure:
            raise self.failure
        self.levels.append(level)
        self.given.append(copied())
        return self.given[-1]


def ask(platform, *requests, served=None) -> list[Parcel]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = SocketEnd(ours)
        for number, header in enumerate(requests):
            send_parcel(end, {"id": number, **KEY._asdict(), **header})
        ours.shutdown(socket.SHUT_WR)
        assert HelperServer(SocketEnd(theirs), platform, served).serve() == 0
        return [receive_parcel(end) for _ in requests]


def test_a_copy_passes_with_its_files_and_is_closed_here():
    platform = OneHeap()
    (parcel,) = ask(platform, {"verb": "copy-heap", "level": "inject"})
    assert platform.levels == ["inject"]
    assert platform.given[0].memory == -1
    assert len(parcel.files) == 3
    with CopiedHeap(parcel) as heap:
        assert (heap.key, heap.level) == (KEY, Level.PAUSE)
        assert (heap.paused_ms, heap.estimated_ms) == (1.5, 2.0)
        assert (heap.copied_bytes, heap.resident_bytes) == (4096, 8192)
        assert heap.gaps == (
            Gap(where="memory", reason=GapReason.UNREADABLE, detail="why"),
        )
        assert heap.notes == ("a note",)
        assert parcel.header["module_fd_places"] == [1, -1, 2]
        names = {place.name for place in parcel.frame.places}
        assert {"segment.start", "present", "region.path.pool", "module.path"} <= names
        assert {"thread.registers", "thread.vectors", "thread.tid"} <= names
    assert parcel.files == []


def test_more_modules_than_can_pass_are_named_without_their_files():
    with copied(3) as copy:
        template = copy.module_files[0]
        files = [os.dup(template) for _ in range(MOST_FILES + 5)]
        copy.module_files += files
        answer = pack_heap_copy(copy)
        assert len(answer.files) == MOST_FILES
        places = answer.header["module_fd_places"]
        assert max(places) == MOST_FILES - 1
        assert places[-1] == -1


def test_an_estimate_passes():
    (parcel,) = ask(OneHeap(), {"verb": "estimate-heap"})
    found = unpack_estimate(parcel)
    assert (found.copy_bytes, found.paused_ms, found.threads) == (1, 2.0, 3)
    assert (found.can_fork, found.cannot_fork_reason) == (False, "no")


@pytest.mark.parametrize("level", [None, "", "kill", 1, ["pause"]])
def test_no_other_level_is_known(level):
    platform = OneHeap()
    (parcel,) = ask(platform, {"verb": "copy-heap", "level": level})
    assert parcel.header["reply"] == "error"
    assert platform.levels == []


@pytest.mark.parametrize("verb", ["estimate-heap", "copy-heap"])
@pytest.mark.parametrize("kind", [Unsupported, ProcessGone, HelperFailed])
def test_refusals_pass_and_the_next_request_is_served(verb, kind):
    platform = OneHeap()
    platform.failure = kind("what", "how")
    request = {"verb": verb, "level": "pause"}
    parcels = ask(platform, request, {"verb": "hello"})
    assert parcels[0].header["error"] == kind.__name__
    assert parcels[1].header["protocol"] == PROTOCOL
    assert parcels[1].header["can_pass_files"] is True


@pytest.mark.parametrize("verb", ["snapshot", "estimate-heap", "copy-heap"])
def test_for_one_user_only_that_users_processes_are_looked_at(verb, monkeypatch):
    here = KEY._replace(pid=os.getpid())
    platform = OneHeap()
    monkeypatch.setattr(platform, "find_key", lambda _: here)
    request = {"verb": verb, "level": "pause", "pid": here.pid}
    (parcel,) = ask(platform, request, served=Owner(os.getuid() + 1, os.getgid()))
    assert parcel.header["error"] == "AccessDenied"
    assert platform.given == []


def test_a_program_that_became_anothers_meanwhile_is_not_handed_over(monkeypatch):
    here = KEY._replace(pid=os.getpid())
    asked = []

    def change(pid, user):
        asked.append(pid)
        if len(asked) > 1:
            raise Unsupported("changed")

    monkeypatch.setattr("leakgui.helper.server.check_owner", change)
    platform = OneHeap()
    monkeypatch.setattr(platform, "find_key", lambda _: here)
    request = {"verb": "copy-heap", "level": "pause", "pid": here.pid}
    (parcel,) = ask(platform, request, served=Owner(5, 6))
    assert parcel.header["reply"] == "error"
    assert platform.given[0].memory == -1
    assert platform.owners == [Owner(5, 6)]  # to be asked again while it stands still


def test_through_a_pipe_nothing_is_stopped():
    platform, sink, source = OneHeap(), io.BytesIO(), io.BytesIO()
    out = PipeEnds(io.BytesIO(), source)
    send_parcel(out, {"id": 1, "verb": "copy-heap", "level": "pause", **KEY._asdict()})
    ends = PipeEnds(io.BytesIO(source.getvalue()), sink)
    assert HelperServer(ends, platform).serve() == 0
    reply = receive_parcel(PipeEnds(io.BytesIO(sink.getvalue()), sink))
    assert "log_input" in reply.header["hint"]
    assert platform.levels == []


def header(**changes: object) -> dict[str, object]:
    good: dict[str, object] = {
        **KEY._asdict(), "level": "pause", "paused_ms": 1.0, "estimated_ms": 1,
        "copied_bytes": 1, "resident_bytes": 1, "taken_unix_s": 1.0, "gaps": [],
        "notes": [],
    }  # fmt: skip
    return {**good, **changes}


@pytest.mark.parametrize(
    "changed",
    [
        {"level": "kill"},
        {"pid": "1"},
        {"pid": True},
        {"pid": -1},
        {"paused_ms": None},
        {"paused_ms": math.inf},
        {"paused_ms": -1.0},
        {"copied_bytes": 1.5},
        {"copied_bytes": 1 << 63},
        {"gaps": [["memory", "weather", ""]]},
        {"gaps": 1},
        {"notes": "text"},
    ],
)
def test_what_is_no_copied_heap_is_refused_and_closed(changed):
    file = os.open("/dev/null", os.O_RDONLY)
    frame = Frame(header(**changed), (), bytearray())
    with pytest.raises(HelperFailed):
        CopiedHeap(Parcel(frame, [file]))
    assert not Path(f"/proc/self/fd/{file}").exists()


def test_a_copy_without_memory_is_refused():
    with pytest.raises(HelperFailed):
        CopiedHeap(Parcel(Frame(header(), (), bytearray()), []))


@pytest.mark.parametrize("missing", ["copy_bytes", "can_fork", "threads"])
def test_an_estimate_that_lacks_something_is_refused(missing):
    (parcel,) = ask(OneHeap(), {"verb": "estimate-heap"})
    del parcel.header[missing]
    with pytest.raises(HelperFailed):
        unpack_estimate(parcel)
