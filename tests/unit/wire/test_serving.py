"""A server of any verbs: every request has one answer, and no bug ends it."""

from __future__ import annotations

import io
import logging
import os
import socket

import pytest

from leakgui.errors import HelperFailed, Unsupported
from leakgui.wire.frames import MOST_HEADER_BYTES, read_frame, write_frame
from leakgui.wire.passing import PipeEnds, SocketEnd, receive_parcel, send_parcel
from leakgui.wire.serving import Answer, Server, find_number


class Owner:
    closed = 0

    def close(self) -> None:
        self.closed += 1


def serve(requests: list[dict[str, object]], verbs) -> tuple[int, list[dict]]:
    source, sink = io.BytesIO(), io.BytesIO()
    for number, header in enumerate(requests):
        write_frame(source, {"id": number, **header})
    code = Server(PipeEnds(io.BytesIO(source.getvalue()), sink), verbs).serve()
    replies, stream = [], io.BytesIO(sink.getvalue())
    while (frame := read_frame(stream)) is not None:
        replies.append(frame.header)
    return code, replies


def test_what_an_answer_holds_open_is_closed_when_it_was_sent():
    owner = Owner()
    verbs = {"x": lambda _: Answer({"reply": "x"}, owner=owner)}
    code, replies = serve([{"verb": "x"}], verbs)
    assert (code, owner.closed) == (0, 1)
    assert [reply["reply"] for reply in replies] == ["x"]


@pytest.mark.parametrize("files", [[], [0]])
def test_an_answer_that_cannot_be_sent_is_an_error_and_is_closed(files):
    owner = Owner()
    header = {"reply": "x", "text": "" if files else "x" * MOST_HEADER_BYTES}
    verbs = {"x": lambda _: Answer(header, (), files, owner)}
    code, replies = serve([{"verb": "x"}, {"verb": "bye"}], verbs)
    assert (code, owner.closed) == (0, 1)
    assert [reply["reply"] for reply in replies] == ["error", "bye"]


def test_what_follows_an_answer_comes_after_it_and_may_fail(log_watch, caplog):
    log_watch.expect("what was to be prepared failed")
    sent = []

    class Watched(io.BytesIO):
        def write(self, data):
            sent.append(bytes(data))
            return len(data)

    def then() -> None:
        sent.append(b"then")
        raise ZeroDivisionError

    source = io.BytesIO()
    write_frame(source, {"id": 1, "verb": "x"})
    write_frame(source, {"id": 2, "verb": "bye"})
    verbs = {"x": lambda _: Answer({"reply": "x"}, then=then)}
    ends = PipeEnds(io.BytesIO(source.getvalue()), Watched())
    with caplog.at_level(logging.ERROR):
        assert Server(ends, verbs).serve() == 0
    place = sent.index(b"then")
    assert b'"reply": "x"' in sent[place - 1]
    assert b'"reply": "bye"' in sent[place + 1]


def test_errors_of_any_kind_are_answers(log_watch):
    log_watch.expect("a request failed")

    def fail(error: Exception):
        def verb(_):
            raise error

        return verb

    verbs = {
        "known": fail(Unsupported("no", "why")),
        "ours": fail(HelperFailed("x" * 100_000)),
        "bug": fail(MemoryError()),
        "system": fail(OSError(5, "input output")),
    }
    code, replies = serve([{"verb": verb} for verb in verbs], verbs)
    assert code == 0
    kinds = [reply["error"] for reply in replies]
    assert kinds == ["Unsupported", "HelperFailed", "HelperFailed", "HelperFailed"]
    assert len(replies[1]["message"]) <= 10_000
    assert "MemoryError" in replies[2]["message"]


def test_files_of_a_request_are_closed_unless_somebody_takes_them():
    ours, theirs = socket.socketpair()
    kept, seen = [], []

    def take(asked):
        seen.extend(asked.files)
        kept.append(asked.files.pop())
        return Answer({"reply": "x"})

    with ours, theirs:
        send_parcel(SocketEnd(ours), {"id": 1, "verb": "x"}, (), [0, 0])
        send_parcel(SocketEnd(ours), {"id": 2, "verb": "bye"})
        assert Server(SocketEnd(theirs), {"x": take}).serve() == 0
        assert receive_parcel(SocketEnd(ours)).header["reply"] == "x"
    os.fstat(kept[0])
    os.close(kept[0])
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(seen[0])


@pytest.mark.parametrize("value", [True, -1, 1.0, "1", None, 1 << 63])
def test_what_is_no_number(value):
    with pytest.raises(HelperFailed):
        find_number({"n": value}, "n")
