"""Files beside frames: all arrive, none leaks, whatever the other end sends."""

from __future__ import annotations

import array
import fcntl
import io
import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import HelperFailed
from leakgui.wire.frames import forward_frame, write_frame
from leakgui.wire.passing import (
    FILES_A_MESSAGE,
    MOST_FILES,
    PipeEnds,
    SocketEnd,
    close_files,
    receive_parcel,
    send_parcel,
)


def open_files() -> set[str]:
    return {path.name for path in Path("/proc/self/fd").iterdir() if path.exists()}


class Pair:
    """Both ends, the first one also as the bare socket."""

    def __init__(self) -> None:
        self.bare, other = socket.socketpair()
        self.sender, self.receiver, self._other = SocketEnd(self.bare), None, other
        self.receiver = SocketEnd(other)

    def close(self) -> None:
        self.bare.close()
        self._other.close()


@pytest.fixture
def pair() -> Iterator[Pair]:
    before = open_files()
    made = Pair()
    yield made
    made.close()
    assert open_files() == before


@pytest.fixture
def notes(tmp_path: Path) -> Iterator[list[int]]:
    """Many open files, each with its number in it."""
    files = []
    for number in range(MOST_FILES):
        path = tmp_path / str(number)
        path.write_text(str(number))
        files.append(os.open(path, os.O_RDONLY))
    yield files
    close_files(files)


def read(file: int) -> str:
    return os.pread(file, 100, 0).decode()


@pytest.mark.parametrize("count", [0, 1, 2, 199, 200, 201, 400, 401, MOST_FILES])
def test_each_file_arrives_in_its_place(pair, notes, count):
    send_parcel(pair.sender, {"id": 1}, [("a", b"abc")], notes[:count])
    parcel = receive_parcel(pair.receiver)
    assert parcel.header["files"] == count
    assert [read(file) for file in parcel.files] == [str(n) for n in range(count)]
    assert bytes(parcel.frame.payload) == b"abc"
    assert all(fcntl.fcntl(f, fcntl.F_GETFD) & fcntl.FD_CLOEXEC for f in parcel.files)
    assert read(notes[0]) == "0"
    parcel.close()
    parcel.close()
    assert parcel.files == []


def test_parcels_follow_one_another(pair, notes):
    for number in range(3):
        send_parcel(pair.sender, {"id": number}, (), notes[number : number + 1])
    for number in range(3):
        parcel = receive_parcel(pair.receiver)
        assert [read(file) for file in parcel.files] == [str(number)]
        parcel.close()


def test_a_parcel_can_be_handed_on_unread(pair, notes):
    send_parcel(pair.sender, {"id": 1, "x": 2}, [("a", b"abc")], notes[:2])
    parcel = receive_parcel(pair.receiver)
    send_parcel(
        pair.sender, {"id": 9, "copy": parcel.header}, parcel.frame, parcel.files
    )
    parcel.close()
    again = receive_parcel(pair.receiver)
    assert again.header["copy"]["x"] == 2
    assert again.frame.places == parcel.frame.places
    assert again.frame.payload == parcel.frame.payload
    assert [read(file) for file in again.files] == ["0", "1"]
    again.close()


def test_more_files_than_allowed_are_not_sent(pair, notes):
    with pytest.raises(HelperFailed):
        send_parcel(pair.sender, {"id": 1}, (), [*notes, notes[0]])
    pair.bare.close()
    assert receive_parcel(pair.receiver) is None


def pass_by_hand(end: socket.socket, data: bytes, files: list[int]) -> None:
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))
    end.sendmsg([data], [rights] if files else [])


@pytest.mark.parametrize("announced", [-1, True, 1.0, "1", None, [], MOST_FILES + 1])
def test_a_number_of_files_that_is_none_is_refused(pair, announced):
    write_frame(pair.sender, {"id": 1, "files": announced})
    with pytest.raises(HelperFailed):
        receive_parcel(pair.receiver)


@pytest.mark.parametrize(
    ("announced", "sent"), [(1, 0), (1, 2), (2, 1), (3, 5), (4, 1)]
)
def test_another_number_than_announced_is_refused_and_none_is_kept(
    pair, notes, announced, sent
):
    write_frame(pair.sender, {"id": 1, "files": announced})
    pass_by_hand(pair.bare, b"F", notes[:sent])
    pair.bare.shutdown(socket.SHUT_WR)
    before = open_files()
    with pytest.raises(HelperFailed):
        receive_parcel(pair.receiver)
    assert open_files() == before


def test_a_second_batch_that_is_wrong_costs_the_first(pair, notes):
    write_frame(pair.sender, {"id": 1, "files": FILES_A_MESSAGE + 5})
    pass_by_hand(pair.bare, b"F", notes[:FILES_A_MESSAGE])
    pass_by_hand(pair.bare, b"F", notes[:4])
    before = open_files()
    with pytest.raises(HelperFailed):
        receive_parcel(pair.receiver)
    assert open_files() == before


@pytest.mark.parametrize("data", [b"", b"G"])
def test_files_need_their_mark(pair, notes, data):
    write_frame(pair.sender, {"id": 1, "files": 1})
    if data:
        pass_by_hand(pair.bare, data, notes[:1])
    pair.bare.shutdown(socket.SHUT_WR)
    with pytest.raises(HelperFailed):
        receive_parcel(pair.receiver)


def test_files_that_come_with_a_frame_are_never_taken(pair, notes):
    sink = io.BytesIO()
    write_frame(sink, {"id": 1})
    pass_by_hand(pair.bare, sink.getvalue(), notes[:3])
    before = open_files()
    parcel = receive_parcel(pair.receiver)
    assert (parcel.header["id"], parcel.files) == (1, [])
    assert open_files() == before


def test_more_files_than_this_process_may_open(pair, notes):
    send_parcel(pair.sender, {"id": 1}, (), notes[:100])
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_files()
    highest = max(int(name) for name in before)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 20, limits[1]))
    try:
        with pytest.raises(HelperFailed) as caught:
            receive_parcel(pair.receiver)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert "ulimit" in caught.value.hint
    assert open_files() == before


def test_who_is_at_the_other_end(pair):
    assert pair.receiver.find_owner() == (os.geteuid(), os.getegid())


def test_one_who_takes_nothing_can_be_given_up(pair):
    class Enough(Exception):
        pass

    def give_up() -> None:
        raise Enough

    pair.sender.while_full = give_up
    with pytest.raises(Enough):
        send_parcel(pair.sender, {"id": 1}, [("a", bytes(10 << 20))])


def test_a_slow_reader_gets_everything(pair):
    received = []
    reading = threading.Thread(
        target=lambda: received.append(receive_parcel(pair.receiver))
    )
    payload = os.urandom(3 << 20)
    reading.start()
    send_parcel(pair.sender, {"id": 1}, [("a", payload)])
    reading.join(10)
    assert bytes(received[0].frame.payload) == payload


def test_a_closed_end_is_an_error_not_a_signal(pair):
    pair._other.close()
    with pytest.raises(BrokenPipeError):
        send_parcel(pair.sender, {"id": 1})


def test_through_pipes_frames_pass_and_files_dont(notes):
    sink = io.BytesIO()
    end = PipeEnds(io.BytesIO(), sink)
    with pytest.raises(HelperFailed):
        send_parcel(end, {"id": 1}, (), notes[:1])
    assert sink.getvalue() == b""
    send_parcel(end, {"id": 1})
    assert receive_parcel(PipeEnds(io.BytesIO(sink.getvalue()), sink)).header["id"] == 1
    announcing = io.BytesIO()
    write_frame(announcing, {"id": 1, "files": 1})
    with pytest.raises(HelperFailed):
        receive_parcel(PipeEnds(io.BytesIO(announcing.getvalue()), sink))
    assert end.find_owner() is None


@given(st.binary(max_size=60), st.integers(0, 3), st.integers(0, 3))
def test_nothing_that_is_sent_leaves_a_file_open(data, announced, sent):
    before = open_files()
    pair = Pair()
    write_frame(pair.sender, {"id": 1, "files": announced})
    pass_by_hand(pair.bare, data or b"F", [0] * sent)
    pair.bare.close()
    try:
        while (parcel := receive_parcel(pair.receiver)) is not None:
            parcel.close()
    except HelperFailed:
        pass
    pair.close()
    assert open_files() == before


def test_forwarding_keeps_columns_of_all_widths():
    sink, again = io.BytesIO(), io.BytesIO()
    columns = [
        ("a", b"xyz"),
        ("b", array.array("Q", [1, 2])),
        ("c", array.array("I", [3])),
    ]
    write_frame(sink, {"id": 1}, columns)
    end = PipeEnds(io.BytesIO(sink.getvalue()), again)
    frame = receive_parcel(end).frame
    forward_frame(again, {"id": 1}, frame)
    assert again.getvalue() == sink.getvalue()
