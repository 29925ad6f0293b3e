"""Which command gives rights, and what is said about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from leakgui.helper import elevation
from leakgui.helper.elevation import (
    ElevationKind,
    Surroundings,
    find_elevation,
    is_of_root,
    look_around,
)

HELPER = (sys.executable, "-I", "-B", "-m", "leakgui.helper")


def around(*programs: str, **more: object) -> Surroundings:
    found = {name: f"/usr/bin/{name}" for name in programs}
    return Surroundings(
        **{
            "environment": {},
            "my_id": 1000,
            "find_program": found.get,
            "has_agent": False,
            "has_terminal": False,
            "installed": Path("/nonexistent"),
            **more,
        }
    )


@pytest.fixture(params=[False, True])
def is_editable(request, monkeypatch) -> bool:
    monkeypatch.setattr(elevation, "is_of_root", lambda _: not request.param)
    return request.param


def test_in_a_desktop_polkit_asks(is_editable):
    found = find_elevation(around("pkexec", "sudo", has_agent=True, has_terminal=True))
    assert found.kind is ElevationKind.PKEXEC
    assert found.command == ("/usr/bin/pkexec", *HELPER)
    assert found.is_editable is is_editable


def test_without_one_sudo_asks_and_forgets_what_was_said_before(is_editable):
    found = find_elevation(around("pkexec", "sudo", has_terminal=True))
    assert found.kind is ElevationKind.SUDO
    afresh = ("-k",) if is_editable else ()
    assert found.command == ("/usr/bin/sudo", *afresh, "--", *HELPER)
    assert "terminal" in found.explanation


def test_sudo_asks_in_a_window_where_somebody_named_one(is_editable):
    named = around("sudo", environment={"SUDO_ASKPASS": "/usr/bin/ssh-askpass"})
    assert find_elevation(named).command[:2] == ("/usr/bin/sudo", "-A")


def test_polkit_asks_in_a_terminal_where_there_is_no_sudo(is_editable):
    found = find_elevation(around("pkexec", has_terminal=True))
    assert found.kind is ElevationKind.PKEXEC


@pytest.mark.parametrize(
    "nothing",
    [
        around("pkexec", "sudo"),
        around(has_agent=True, has_terminal=True),
        around("pkexec", "sudo", has_agent=True, has_terminal=True, my_id=0),
    ],
)
def test_where_nobody_could_ask_there_is_no_way(nothing):
    assert find_elevation(nothing) is None


def test_it_says_what_is_run_and_what_can_be_changed(is_editable):
    found = find_elevation(around("sudo", has_terminal=True))
    assert " ".join(found.command) in found.explanation
    assert ("Beware" in found.explanation) is is_editable


def test_an_installed_helper_is_preferred_if_only_root_can_change_it(
    tmp_path, is_editable
):
    installed = tmp_path / "leakgui-helper"
    installed.write_text("#!/bin/sh\n")
    found = find_elevation(around("pkexec", has_agent=True, installed=installed))
    assert (found.command[1:] == (str(installed),)) is not is_editable


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of root")
def test_what_only_root_can_change(tmp_path):
    assert is_of_root(Path("/bin/sh"))
    assert not is_of_root(Path("/nonexistent"))
    mine = tmp_path / "file"
    mine.write_text("")
    mine.chmod(0o644)
    assert is_of_root(mine)  # the folder above is sticky, or root's
    link = tmp_path / "link"
    link.symlink_to(mine)
    assert is_of_root(link)
    mine.chmod(0o666)
    assert not is_of_root(mine)
    assert not is_of_root(link)
    mine.chmod(0o644)
    os.chown(tmp_path, 1, 0)
    assert not is_of_root(mine)


def test_looking_around_finds_this_machine():
    here = look_around()
    assert here.my_id == os.geteuid()
    assert here.find_program("sh")


def test_an_agent_needs_a_desktop(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert look_around().has_agent is False
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(
        elevation, "_AGENTS", (Path("/proc/self/comm").read_text().strip(),)
    )
    assert look_around().has_agent is True
