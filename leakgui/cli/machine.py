"""Facts about this machine that decide what leakgui can do on it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import leakgui
from leakgui.cli.display import find_problem, needed_libraries
from leakgui.cli.qt_libraries import find_missing, install_line
from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import Language
from leakgui.helper.elevation import find_elevation
from leakgui.texts import say

_YAMA = {
    "0": "0: any process of the same user may be attached to",
    "1": "1: only children may be attached to; reading counters is not affected",
    "2": "2: only administrators may attach; reading counters is not affected",
    "3": "3: nobody may attach; reading counters is not affected",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the answer."""

    key: str
    label: str
    value: str
    is_fine: bool = True
    advice: str = ""
    """The command that would make it fine; may be empty."""


def look_at_machine(
    environment: Mapping[str, str], root: Path = Path("/")
) -> list[Fact]:
    """Return what decides what works here; nothing is changed."""
    return [
        Fact("leakgui", "leakgui", leakgui.__version__),
        Fact("kernel", say("Kernel"), _kernel()),
        _cgroup(root),
        _yama(root),
        _rights(),
        _compiler(Language.C, "gcc libc6-dev"),
        _compiler(Language.CXX, "g++"),
        _qt_libraries(environment),
        _display(environment),
    ]


def _kernel() -> str:
    system = os.uname()
    return f"{system.sysname} {system.release} {system.machine}"


def _cgroup(root: Path) -> Fact:
    """Tell the versions apart by what is mounted, cgroups(7)."""
    folder, label = root / "sys/fs/cgroup", say("Control groups")
    if (folder / "cgroup.controllers").exists():
        return Fact("cgroup", label, say("version 2"))
    if (folder / "unified/cgroup.controllers").exists():
        return Fact("cgroup", label, say("version 1 with 2 beside it"))
    if (folder / "memory").exists():
        return Fact("cgroup", label, say("version 1"))
    return Fact("cgroup", label, say("none: limits of containers are unknown"))


def _yama(root: Path) -> Fact:
    """Read ``ptrace_scope`` (Documentation/admin-guide/LSM/Yama.rst)."""
    label = say("Yama")
    try:
        scope = (root / "proc/sys/kernel/yama/ptrace_scope").read_text().strip()
    except OSError:
        return Fact("yama", label, say("not active"))
    return Fact("yama", label, say(_YAMA.get(scope, scope)))


def _rights() -> Fact:
    """Say how the helper would get more rights, where the system refuses it some."""
    label = say("Administrator rights")
    if os.geteuid() == 0:
        return Fact("rights", label, say("leakgui runs as root"))
    found = find_elevation()
    if found is None:
        return Fact("rights", label, say("neither pkexec nor sudo could ask for them"))
    return Fact("rights", label, shlex.join(found.command))


def _compiler(language: Language, package: str) -> Fact:
    key = "cc" if language is Language.C else "cxx"
    label = say("{language} compiler", language=language.value.upper())
    path = find_compiler(language)
    if path:
        return Fact(key, label, path)
    return Fact(
        key,
        label,
        say("none: some practice targets cannot be built"),
        is_fine=False,
        advice=f"sudo apt-get install -y --no-install-recommends {package}",
    )


def _qt_libraries(environment: Mapping[str, str]) -> Fact:
    missing = find_missing(needed_libraries(environment))
    label = say("Libraries of the window")
    if not missing:
        return Fact("qt-libraries", label, say("all there"))
    names = ", ".join(library.file for library in missing)
    return Fact(
        "qt-libraries",
        label,
        say("missing: {names}", names=names),
        is_fine=False,
        advice=install_line(missing),
    )


def _display(environment: Mapping[str, str]) -> Fact:
    problem = find_problem(environment)
    label = say("Display")
    if problem:
        return Fact("display", label, problem, is_fine=False)
    name = next(
        (
            environment[key]
            for key in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY")
            if environment.get(key)
        ),
        "",
    )
    return Fact("display", label, name)
