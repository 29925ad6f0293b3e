"""Link texts of /proc/PID/fd: each kind, and names that imitate another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.model.metric import HANDLE_KINDS, METRIC_BY_KEY
from leakgui.probe.handles import (
    SeenHandle,
    classify,
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
