"""Is a missing screen noticed before Qt aborts over it?"""

from __future__ import annotations

import socket

import pytest

from leakgui.cli.display import find_problem, needed_libraries
from leakgui.cli.qt_libraries import (
    LIBRARIES,
    OFFSCREEN,
    WAYLAND,
    X11,
    Library,
    find_missing,
    install_line,
    packages_of,
)

BOOKWORM = 'id=debian\nversion_id="12"\n'
NOBLE = 'id=ubuntu\nid_like=debian\nversion_id="24.04"\n'
SID = "id=debian\n"


def test_nothing_set_is_no_display() -> None:
    assert "no display" in find_problem({})


@pytest.mark.parametrize("platform", ["offscreen", "vnc:size=1x1", "minimal"])
def test_some_platforms_need_none(platform: str) -> None:
    assert find_problem({"QT_QPA_PLATFORM": platform}) == ""
    assert needed_libraries({"QT_QPA_PLATFORM": platform}) == OFFSCREEN


@pytest.mark.parametrize("name", [":54321", "nonsense", "", ":1\0", "unix:54321.0"])
def test_dead_display_does_not_count(name: str) -> None:
    assert find_problem({"DISPLAY": name})


def test_wayland_socket_that_answers(tmp_path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-9"))
        server.listen()
        screen = {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert find_problem(screen) == ""
    assert "does not answer" in find_problem(screen)


def test_libraries_follow_the_screen() -> None:
    assert set(WAYLAND) <= set(needed_libraries({"WAYLAND_DISPLAY": "wayland-0"}))
    assert set(X11) <= set(needed_libraries({"DISPLAY": ":0"}))


def test_missing_libraries_are_found_without_qt() -> None:
    def load(name: str) -> None:
        if name == "libEGL.so.1":
            raise OSError

    assert find_missing(load=load) == (Library("libEGL.so.1", "libegl1"),)


@pytest.mark.parametrize(
    ("release", "package"),
    [(BOOKWORM, "libglib2.0-0"), (NOBLE, "libglib2.0-0t64"), (SID, "libglib2.0-0t64")],
)
def test_package_has_the_name_of_the_release(release: str, package: str) -> None:
    assert packages_of(OFFSCREEN[:1], release) == [package]


def test_one_line_installs_all() -> None:
    line = install_line(LIBRARIES)
    assert line.startswith("sudo apt-get install -y")
    assert all(library.package in line for library in LIBRARIES)
