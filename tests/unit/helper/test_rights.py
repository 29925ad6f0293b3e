"""Whom a helper with rights serves."""

from __future__ import annotations

import os
import pwd

import pytest

from leakgui.helper import rights
from leakgui.helper.rights import clean_environment, find_served_owner, lower_priority


class From:
    """The way to a client of this user and group."""

    def __init__(self, owner: tuple[int, int] | None) -> None:
        self.owner = owner

    def find_owner(self) -> tuple[int, int] | None:
        return self.owner


@pytest.mark.parametrize(
    ("client", "environment", "me", "served"),
    [
        ((1000, 7), {}, 1000, None),  # no rights: the system decides
        ((1000, 7), {}, 0, (1000, 7)),
        ((1000, 7), {"SUDO_UID": "0"}, 0, (1000, 7)),
        ((0, 0), {}, 0, None),
        # A socket of some service of root's, given to pkexec:
        ((0, 0), {"PKEXEC_UID": "4711"}, 0, (4711, 4711)),
        ((0, 0), {"SUDO_UID": "4711", "SUDO_GID": "12"}, 0, (4711, 12)),
        ((1000, 7), {"SUDO_UID": "4711", "SUDO_GID": "12"}, 0, (4711, 12)),
        ((4711, 7), {"SUDO_UID": "4711", "SUDO_GID": "12"}, 0, (4711, 7)),
        (None, {"SUDO_UID": "4711", "SUDO_GID": "12"}, 0, (4711, 12)),
        (None, {"PKEXEC_UID": "4711", "SUDO_UID": "0"}, 0, (4711, 4711)),
        (None, {"SUDO_UID": "0"}, 0, None),
        (None, {"SUDO_UID": "me"}, 0, None),
        (None, {}, 0, None),
        (None, {"SUDO_UID": "4711"}, 1000, None),
    ],
)
def test_whom_it_serves(client, environment, me, served):
    assert find_served_owner(From(client), environment, me) == served


def test_the_group_of_a_user_who_did_not_say_it():
    nobody = pwd.getpwnam("nobody")
    said = {"PKEXEC_UID": str(nobody.pw_uid)}
    found = find_served_owner(From((0, 0)), said, 0)
    assert found == (nobody.pw_uid, nobody.pw_gid)


def test_what_was_said_about_us_is_not_said_to_a_helper():
    said = {"PKEXEC_UID": "1", "SUDO_UID": "2", "SUDO_GID": "3", "HOME": "/"}
    assert clean_environment(said) == {"HOME": "/"}


def test_a_priority_is_only_lowered(monkeypatch):
    seen = []
    monkeypatch.setattr(os, "getpriority", lambda *_: rights.NICENESS + 7)
    monkeypatch.setattr(os, "setpriority", lambda *given: seen.append(given[-1]))
    lower_priority()
    assert seen == [rights.NICENESS + 7]
