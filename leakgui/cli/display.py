"""Tell whether a window can be shown, without asking Qt, which would abort."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path

from leakgui.cli.qt_libraries import (
    OFFSCREEN,
    WAYLAND,
    X11,
    Library,
    find_missing,
    install_line,
)
from leakgui.errors import Unsupported
from leakgui.probe.platform import current
from leakgui.texts import say

_PATIENCE_S = 2.0


def require_display(environment: Mapping[str, str] | None = None) -> None:
    """Return quietly where a window can be shown; raises ``Unsupported`` else."""
    if current().name != "linux":
        return
    environment = os.environ if environment is None else environment
    missing = find_missing(needed_libraries(environment))
    if missing:
        raise Unsupported(
            say(
                "The window needs libraries that are not installed: {names}.",
                names=", ".join(library.file for library in missing),
            ),
            install_line(missing),
        )
    problem = find_problem(environment)
    if problem:
        raise Unsupported(
            problem,
            say(
                "Start leakgui in a desktop session (or with ssh -X), or do without:\n"
                "leakgui record PID -o F.leak, then leakgui judge F.leak"
            ),
        )


def needed_libraries(environment: Mapping[str, str]) -> tuple[Library, ...]:
    """Return what Qt needs for the kind of screen that is there."""
    if _brings_its_own_screen(environment):
        return OFFSCREEN
    is_wayland = environment.get("WAYLAND_DISPLAY") and not environment.get("DISPLAY")
    return (*OFFSCREEN, *(WAYLAND if is_wayland else X11))


def _brings_its_own_screen(environment: Mapping[str, str]) -> bool:
    """Return whether Qt was told to use offscreen, vnc or the like."""
    chosen = environment.get("QT_QPA_PLATFORM", "").split(":", maxsplit=1)[0]
    return bool(chosen) and chosen != "xcb" and not chosen.startswith("wayland")


def find_problem(environment: Mapping[str, str]) -> str:
    """Return why there is no screen, in a sentence; empty where there is one."""
    if _brings_its_own_screen(environment):
        return ""
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if wayland and _answers(_wayland_address(wayland, environment)):
        return ""
    if x11 and any(_answers(address) for address in _x11_addresses(x11)):
        return ""
    if not wayland and not x11:
        return say("There is no display: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    return say("The display {name} does not answer.", name=x11 or wayland)


def _wayland_address(name: str, environment: Mapping[str, str]) -> str:
    return str(Path(environment.get("XDG_RUNTIME_DIR", "/")) / name)


def _x11_addresses(name: str) -> list[str | tuple[str, int]]:
    """Return where the server of ``[HOST]:NUMBER[.SCREEN]`` listens, X(7)."""
    found = re.fullmatch(r"(?:unix)?(.*?):(\d{1,5})(?:\.\d+)?", name)
    if found is None:
        return []
    host, number = found.group(1), int(found.group(2))
    if host and not host.startswith("/"):
        return [(host, 6000 + number)]
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  # the fixed place of X servers
    return [path, "\0" + path]


def _answers(address: str | tuple[str, int]) -> bool:
    """Return whether something accepts a connection there."""
    try:
        if isinstance(address, tuple):
            socket.create_connection(address, timeout=_PATIENCE_S).close()
            return True
        with socket.socket(socket.AF_UNIX) as asking:
            asking.settimeout(_PATIENCE_S)
            asking.connect(address)
        return True
    except (OSError, OverflowError, ValueError):
        return False
