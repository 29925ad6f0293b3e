"""The server: allowed verbs, checked numbers, and a clean end whatever comes."""

from __future__ import annotations

import io
import logging
import math
import os
import struct
import threading
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import AccessDenied, LeakguiError, ProcessGone, Unsupported
from leakgui.helper.rights import NICENESS
from leakgui.helper.server import HelperServer
from leakgui.helper.verbs import PROTOCOL
from leakgui.model.process import ProcessKey
from leakgui.probe.raw import RawSnapshot, text_column
from leakgui.wire.frames import Frame, read_frame, write_frame
from leakgui.wire.passing import PipeEnds

ALIVE = ProcessKey(812, 5000)


class OneProcess:
    """A system on which one process runs."""

    name = "one"

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def find_key(self, pid):
        if pid != ALIVE.pid:
            raise ProcessGone("no such process", "look again")
        return ALIVE

    def take_raw_snapshot(self, key, progress=None):
        assert key == ALIVE
        if self.failure is not None:
            raise self.failure
        for done in range(1000):
            progress(done, 1000)
        return RawSnapshot(
            taken_unix_s=1.5,
            counters={
                "rss_bytes": 4096.0,
                "pss_bytes": math.nan,
                "uss_bytes": math.inf,
            },
            tables={
                "threads": {"tid": array("q", [812]), "name": text_column(["a"])},
                "handles": None,
            },
            gaps=[("handles", "denied", "not yours")],
        )


@pytest.fixture(autouse=True)
def _is_told(log_watch):
    log_watch.expect("the client is not understood")


def answers(
    data: bytes, failure: Exception | None = None
) -> tuple[int, list[Frame], bytes]:
    sink = io.BytesIO()
    ends = PipeEnds(io.BytesIO(data), sink)
    code = HelperServer(ends, OneProcess(failure)).serve()
    source, frames = io.BytesIO(sink.getvalue()), []
    while (frame := read_frame(source)) is not None:
        frames.append(frame)
    return code, frames, sink.getvalue()


def request(**header: object) -> bytes:
    sink = io.BytesIO()
    write_frame(sink, {"id": 1, **header})
    return sink.getvalue()


def snapshot(**header: object) -> bytes:
    return request(**{"verb": "snapshot", **ALIVE._asdict(), **header})


def test_it_says_hello_and_which_protocol_it_speaks():
    code, frames, _ = answers(request(verb="hello", id=9))
    assert code == 0
    header = frames[0].header
    assert (header["id"], header["reply"]) == (9, "hello")
    assert header["protocol"] == PROTOCOL
    assert header["can_pass_files"] is False


def test_a_snapshot_comes_after_progress_and_holds_what_was_read():
    _, frames, _ = answers(snapshot())
    *progress, last = frames
    assert last.header["reply"] == "snapshot"
    assert last.header["counters"] == {"rss_bytes": 4096.0}
    assert last.header["gaps"] == [["handles", "denied", "not yours"]]
    names = {place.name for place in last.places}
    assert names == {"threads.tid", "threads.name", "threads.name.pool"}
    assert [frame.header["done"] for frame in progress][:1] == [0]
    assert len(progress) < 100  # a thousand calls within a moment are told once


@pytest.mark.parametrize("key", [{"pid": 813}, {"start_ticks": 5001}])
def test_another_process_with_the_same_pid_is_gone(key):
    _, frames, _ = answers(request(**{"verb": "snapshot", **ALIVE._asdict(), **key}))
    assert frames[-1].header["error"] == "ProcessGone"


@pytest.mark.parametrize(
    "wrong",
    [
        {"pid": "812"},
        {"pid": True},
        {"pid": -1},
        {"pid": 812.0},
        {"pid": 1 << 63},
        {"pid": None},
        {"pid": "/etc/passwd"},
        {"start_ticks": [5000]},
    ],
)
def test_only_numbers_name_a_process(wrong):
    code, frames, _ = answers(snapshot(**wrong) + request(verb="hello"))
    assert [frame.header["reply"] for frame in frames] == ["error", "hello"]
    assert code == 0


@pytest.mark.parametrize("verb", ["open", "", None, 7, ["snapshot"], {"a": 1}])
def test_no_other_verb_is_known(verb):
    _, frames, _ = answers(request(verb=verb))
    assert frames[0].header["reply"] == "error"


@pytest.mark.parametrize("kind", [ProcessGone, AccessDenied, Unsupported])
def test_known_errors_cross_with_message_and_hint(kind: type[LeakguiError]):
    _, frames, _ = answers(snapshot(), kind("what happened", "what to do"))
    header = frames[-1].header
    assert (header["error"], header["message"], header["hint"]) == (
        kind.__name__,
        "what happened",
        "what to do",
    )


def test_a_bug_is_logged_and_answered_and_the_next_request_is_served(caplog, log_watch):
    log_watch.expect("a request failed")
    with caplog.at_level(logging.ERROR):
        _, frames, data = answers(
            snapshot() + request(verb="hello"), ZeroDivisionError("secret")
        )
    assert [frame.header["reply"] for frame in frames] == ["error", "hello"]
    assert b"secret" not in data
    assert "ZeroDivisionError" in caplog.text


def test_reading_a_large_map_lets_others_go_first(monkeypatch):
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    seen, before = [], niceness()
    take = OneProcess.take_raw_snapshot

    def look(self, key, progress=None):
        seen.append(niceness())
        return take(self, key, progress)

    monkeypatch.setattr(OneProcess, "take_raw_snapshot", look)
    answers(snapshot())
    assert seen == [max(before, NICENESS)]
    assert niceness() == before


def test_bye_ends_it():
    code, frames, _ = answers(request(verb="bye") + request(verb="hello"))
    assert code == 0
    assert [frame.header["reply"] for frame in frames] == ["bye"]


def test_the_end_of_input_ends_it():
    assert answers(b"") == (0, [], b"")


@pytest.mark.parametrize(
    "data",
    [
        request(verb="hello")[:-1],
        request(verb="hello", id=math.pi),
        request(verb="hello", id=None),
        struct.pack("<I", 0xFFFFFFFF),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_broken_input_ends_it_with_a_code(data):
    code, frames, _ = answers(data)
    assert code == 2
    assert frames == []


def test_a_request_may_not_have_a_payload():
    sink = io.BytesIO()
    write_frame(sink, {"id": 1, "verb": "hello"}, [("a", b"x")])
    assert answers(sink.getvalue())[0] == 2


def test_a_client_that_is_gone_ends_it():
    class Gone(io.BytesIO):
        def write(self, data):
            raise BrokenPipeError

    source = io.BytesIO(snapshot())
    assert HelperServer(PipeEnds(source, Gone()), OneProcess()).serve() == 0


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_break_it(data, is_after_a_request):
    good = request(verb="hello") if is_after_a_request else b""
    code, frames, _ = answers(good + data)
    assert code in {0, 2}
    assert all(frame.header["reply"] in {"hello", "error"} for frame in frames)
