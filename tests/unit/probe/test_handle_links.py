"""Link texts of /proc/PID/fd: each kind, and names that imitate another."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import HANDLE_KINDS, METRIC_BY_KEY
from leakgui.probe.handles import (
    SeenHandle,
    classify,
    has_tcp_table,
    list_handles_at,
    read_kinds,
    reading_of,
    see_handle,
    socket_target,
)
from leakgui.probe.sockets import Socket

CASES = {
    "/tmp/a b.log": ("file", "/tmp/a b.log", 0),
    "/tmp/x (deleted)": ("file", "/tmp/x (deleted)", 0),
    "/dev/shm/block": ("file", "/dev/shm/block", 0),
    "/dev/null": ("device", "/dev/null", 0),
    "/dev/pts/3": ("device", "/dev/pts/3", 0),
    "/memfd:wayland (deleted)": ("memfd", "memfd:wayland", 0),
    "/memfd: (deleted)": ("memfd", "memfd:", 0),
    "/memfd:plain file": ("file", "/memfd:plain file", 0),
    "socket:[1146]": ("socket", "socket", 1146),
    "pipe:[10154]": ("pipe", "pipe", 10154),
    "anon_inode:[eventfd]": ("eventfd", "eventfd", 0),
    "anon_inode:[eventpoll]": ("epoll", "eventpoll", 0),
    "anon_inode:inotify": ("inotify", "inotify", 0),
    "anon_inode:[timerfd]": ("timerfd", "timerfd", 0),
    "anon_inode:[signalfd]": ("signalfd", "signalfd", 0),
    "anon_inode:[io_uring]": ("other", "io_uring", 0),
    "anon_inode:bpf-map": ("other", "bpf-map", 0),
    "pidfd:[77]": ("other", "pidfd", 77),
    "net:[4026531840]": ("other", "net", 4026531840),
    "/dmabuf:": ("other", "dmabuf:", 0),
    "(unreachable)/x": ("file", "(unreachable)/x", 0),
    "": ("other", "", 0),
}


@pytest.mark.parametrize("link", CASES)
def test_each_kind_is_told(link):
    assert classify(link) == CASES[link]


@pytest.mark.parametrize(
    "link", ["/tmp/socket:[5]", "/socket:[5]", "/tmp/x\nsocket:[5]", "/pipe:[1]"]
)
def test_a_path_that_imitates_a_socket_is_a_file(link):
    assert classify(link) == ("file", link, 0)


@given(st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_every_text_has_a_kind_of_the_table(link):
    kind, _, inode = classify(link)
    assert kind in HANDLE_KINDS
    assert inode >= 0


@given(st.integers(0, 2**64 - 1))
def test_inodes_are_kept(inode):
    assert classify(f"pipe:[{inode}]") == ("pipe", "pipe", inode)


def test_a_number_too_long_is_no_inode():
    assert classify(f"pipe:[{'9' * 5000}]")[0] == "other"


def test_a_connection_names_both_ends():
    tcp = Socket("tcp", "127.0.0.1:80", "10.0.0.1:555", "CLOSE_WAIT")
    target = "tcp 127.0.0.1:80 → 10.0.0.1:555"
    expected = SeenHandle(5, "socket", target, 9, "CLOSE_WAIT", "10.0.0.1:555")
    assert see_handle(5, "socket:[9]", {9: tcp}) == expected


def test_an_unknown_socket_keeps_its_inode_out_of_the_text():
    assert see_handle(5, "socket:[9]", {}) == SeenHandle(
        5, "socket", "socket", 9, "", ""
    )


def test_a_pipe_with_the_number_of_a_socket_is_no_socket():
    seen = see_handle(5, "pipe:[9]", {9: Socket("tcp", "a", "b", "LISTEN")})
    assert seen == SeenHandle(5, "pipe", "pipe", 9, "", "")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Socket("unix", "/run/x.sock", "", "LISTEN"), "unix /run/x.sock"),
        (Socket("unix", "@hidden", "", ""), "unix @hidden"),
        (Socket("unix", "", "", "CONNECTED"), "unix (unnamed)"),
        (Socket("udp", "0.0.0.0:53", "", ""), "udp 0.0.0.0:53"),
        (Socket("netlink", "route", "", ""), "netlink route"),
    ],
)
def test_sockets_are_named(found, text):
    assert socket_target(found) == text


def handle(kind: str, state: str = "") -> SeenHandle:
    return SeenHandle(1, kind, "x", 0, state, "")


def test_every_kind_is_counted_and_none_is_a_known_zero():
    reading = reading_of([handle("file"), handle("file")], has_states=True)
    assert reading["handles_file"] == 2
    assert reading["handles_memfd"] == 0
    assert {f"handles_{kind}" for kind in HANDLE_KINDS} <= set(reading)
    assert set(reading) <= set(METRIC_BY_KEY)


def test_states_are_counted_or_unknown():
    handles = [handle("socket", "CLOSE_WAIT"), handle("socket", "ESTABLISHED")]
    assert reading_of(handles, has_states=True)["sockets_close_wait"] == 1
    assert reading_of(handles, has_states=True)["sockets_established"] == 1
    assert "sockets_close_wait" not in reading_of(handles, has_states=False)


@pytest.fixture
def process(tmp_path):
    """Make a /proc/PID of links and socket tables; return it as a descriptor."""
    opened = []

    def make(links: list[str], tcp: bytes | None = None) -> int:
        (tmp_path / "fd").mkdir()
        for number, link in enumerate(links):
            (tmp_path / "fd" / str(number)).symlink_to(link)
        if tcp is not None:
            (tmp_path / "net").mkdir()
            (tmp_path / "net" / "tcp").write_bytes(tcp)
        opened.append(os.open(tmp_path, os.O_RDONLY))
        return opened[-1]

    yield make
    for descriptor in opened:
        os.close(descriptor)


TCP = (
    b"head\n 0: 0100007F:07E8 0100007F:1000 08 0:0 00:0 0 0 0 548 1\n"
    b" 1: 0100007F:07E8 0100007F:1000 08 0:0 00:0 0 0 0 999 1\n"
)


def test_only_sockets_of_the_process_are_counted(process):
    folder = process(["socket:[548]", "pipe:[999]", "/tmp/x"], TCP)
    reading = read_kinds(folder)
    assert (reading["sockets_close_wait"], reading["handles_pipe"]) == (1, 1)
    handles = list_handles_at(folder)
    assert reading_of(handles, has_states=has_tcp_table(folder)) == reading


def test_states_are_unknown_without_tables(process):
    folder = process(["socket:[548]"])
    reading = read_kinds(folder)
    assert reading["handles_socket"] == 1
    assert "sockets_close_wait" not in reading
    assert not has_tcp_table(folder)
    assert list_handles_at(folder) == [SeenHandle(0, "socket", "socket", 548, "", "")]


def test_without_sockets_their_states_are_a_known_zero(process):
    assert read_kinds(process(["/tmp/x"]))["sockets_close_wait"] == 0


def test_handles_come_by_number_and_not_by_letter(process):
    handles = list_handles_at(process(["/tmp/x"] * 12))
    assert [handle.number for handle in handles] == list(range(12))


def test_a_handle_closed_after_the_listing_is_left_out(process, monkeypatch):
    folder = process(["/tmp/x"])
    monkeypatch.setattr("leakgui.probe.handles.list_names", lambda _: ["7", "0"])
    assert [handle.number for handle in list_handles_at(folder)] == [0]
