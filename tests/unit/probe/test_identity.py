"""Names, command lines and groups, as programs and containers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.probe.group_tree import parse_groups
from leakgui.probe.identity import (
    LONGEST_COMMAND,
    full_name,
    group_name,
    parse_command,
    parse_user,
    user_name,
)

ID = "71bca0f7d0e137199f0979ce7fdbcd9f71bca0f7d0e137199f0979ce7fdbcd9f"


def test_arguments_are_between_zeros():
    assert parse_command(b"/bin/cat\0-n\0\0x y\0") == ["/bin/cat", "-n", "", "x y"]
    assert parse_command(b"") == []
    assert parse_command(b"nginx: worker\0\0\0\0") == ["nginx: worker"]


@given(st.binary(max_size=2 * LONGEST_COMMAND))
def test_no_command_line_is_longer_than_shown(text):
    joined = "\0".join(parse_command(text))
    assert len(joined.encode("utf-8", "surrogateescape")) <= LONGEST_COMMAND
    full_name("x" * 15, parse_command(text))


def test_a_name_that_was_cut_is_completed():
    assert full_name("gnome-terminal-", ["/usr/libexec/gnome-terminal-server"]) == (
        "gnome-terminal-server"
    )
    assert full_name("exactly-15-byte", ["/bin/other"]) == "exactly-15-byte"
    assert full_name("cat", ["/bin/category"]) == "cat"


@given(st.binary(max_size=200))
def test_no_status_breaks_the_user(text):
    assert parse_user(text) >= -1


def test_users_have_names_or_numbers():
    assert user_name(0) == "root"
    assert user_name(3_999_999_999) == "3999999999"
    assert user_name(-1) == ""
    assert parse_user(b"Uid:\t1000\t0\t0\t0\n") == 1000


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", ""),
        (f"/docker/{ID}", f"container {ID[:12]}"),
        (f"/system.slice/docker-{ID}.scope", f"container {ID[:12]}"),
        (f"/kubepods/pod1/cri-containerd-{ID}.scope", f"container {ID[:12]}"),
        (f"/process_api/{ID[:32]}", f"container {ID[:12]}"),
        ("/system.slice/ssh.service", "ssh.service"),
        ("/user.slice/user@1000.service/app.slice/app-x-5.scope", "app-x-5.scope"),
        ("/user.slice/user@1000.service/app.slice", "user@1000.service"),
    ],
)
def test_groups_are_named_by_their_deepest_part(path, name):
    assert group_name({"": path}) == name


@given(st.binary(max_size=200))
def test_no_groups_break_the_name(text):
    group_name(parse_groups(b"0::" + text))
