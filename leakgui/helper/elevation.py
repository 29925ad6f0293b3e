"""Which command would start the helper with administrator rights.

The same helper, asked in the same way; it then still looks only at processes of the
user who asked (``leakgui.helper.rights``). Whether to do so is asked by the front end.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import leakgui
from leakgui.helper.verbs import PROTOCOL
from leakgui.texts import say

INSTALLED = Path(f"/usr/local/libexec/leakgui-helper-{PROTOCOL}")
"""A copy that only root can change, see ``packaging/polkit``; by protocol, so that an
older copy is not asked what it does not know."""

START_TIMEOUT_S = 180.0
"""Until somebody has found and typed a password."""

_AGENTS = ("polkit-", "gnome-shell", "cinnamon", "phosh", "lxpolkit", "xfce-polkit",
           "lxqt-policykit", "mate-polkit", "soteria", "hyprpolkit")  # fmt: skip
"""How the programs begin that show polkit's question in a desktop."""
_TERMINAL = "/dev/tty"


class ElevationKind(StrEnum):
    """Who gives the rights."""

    PKEXEC = "pkexec"
    SUDO = "sudo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elevation:
    """A way to more rights, for ``HelperClient``; nothing is started by having it."""

    kind: ElevationKind
    command: tuple[str, ...]
    explanation: str
    """What will be run, why, and what to beware of: some sentences, to be shown."""
    is_editable: bool
    """The user can change the program that would get the rights."""
    start_timeout_s: float = START_TIMEOUT_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What decides which way there is."""

    environment: Mapping[str, str] = field(repr=False)
    my_id: int
    find_program: Callable[[str], str | None]
    has_agent: bool
    """Something shows polkit's question on this user's desktop."""
    has_terminal: bool
    installed: Path = INSTALLED


def find_elevation(around: Surroundings | None = None) -> Elevation | None:
    """Return how to start the helper with rights; None where no way is known.

    For root there is none: what is refused to root, no password allows.
    """
    around = around or look_around()
    if around.my_id == 0:
        return None
    helper, is_editable = _choose_helper(around)
    found = _choose_way(around, is_editable=is_editable)
    if found is None:
        return None
    kind, way, where = found
    return Elevation(
        kind=kind,
        command=(*way, *helper),
        explanation=_explain((*way, *helper), where, is_editable=is_editable),
        is_editable=is_editable,
    )


def _choose_way(
    around: Surroundings, *, is_editable: bool
) -> tuple[ElevationKind, tuple[str, ...], str] | None:
    """Return who gives the rights, how, and where the password is asked for."""
    pkexec, sudo = around.find_program("pkexec"), around.find_program("sudo")
    window, terminal = say("in a window"), say("in the terminal")
    # -k: a password that was given for something else does not count.
    afresh = ("-k",) if is_editable else ()
    if pkexec and around.has_agent:
        return ElevationKind.PKEXEC, (pkexec,), window
    if sudo and around.environment.get("SUDO_ASKPASS"):
        return ElevationKind.SUDO, (sudo, "-A", *afresh, "--"), window
    if sudo and around.has_terminal:
        return ElevationKind.SUDO, (sudo, *afresh, "--"), terminal
    if pkexec and around.has_terminal:  # it asks by itself where nobody else does
        return ElevationKind.PKEXEC, (pkexec,), terminal
    return None


def look_around() -> Surroundings:
    """Return what there is on this machine, for this user, in this session."""
    my_id = getattr(os, "geteuid", lambda: 0)()  # nobody to ask elsewhere
    return Surroundings(
        environment=os.environ,
        my_id=my_id,
        find_program=shutil.which,
        has_agent=_has_agent(my_id),
        has_terminal=_has_terminal(),
    )


def _choose_helper(around: Surroundings) -> tuple[tuple[str, ...], bool]:
    """Return the command without rights, and whether the user can change it."""
    if around.installed.is_file() and is_of_root(around.installed):
        return (str(around.installed),), False
    python = os.path.abspath(sys.executable)  # noqa: PTH100  # a link stays a link
    # -B: root leaves no files between the user's.
    program = (python, "-I", "-B", "-m", "leakgui.helper")
    code = (Path(program[0]), Path(sys.prefix), Path(leakgui.__file__))
    return program, not all(is_of_root(path) for path in code)


def is_of_root(path: Path) -> bool:
    """Return whether only root can change a file, or put another in its place."""
    real = path.resolve()
    return all(
        _is_fixed(place) for place in {*_with_parents(path), *_with_parents(real)}
    )


def _with_parents(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)


def _is_fixed(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    # A link's own bits say nothing, and in a sticky folder others' files are safe.
    is_open = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
    return found.st_uid == 0 and (path.is_symlink() or not is_open)


def _has_agent(my_id: int) -> bool:
    """Return whether a desktop of this user runs what shows polkit's question."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "comm").read_text(encoding="utf-8", errors="replace")
            is_mine = folder.stat().st_uid == my_id
        except OSError:  # it has ended
            continue
        if is_mine and name.startswith(_AGENTS):
            return True
    return False


def _has_terminal() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC))
    except OSError:
        return False
    return True


def _explain(command: tuple[str, ...], where: str, *, is_editable: bool) -> str:
    texts = [
        say(
            "The system lets only an administrator look into this process. leakgui can"
            " start its helper with these rights; the password is asked for {where}.",
            where=where,
        ),
        say("This will be run: {command}", command=shlex.join(command)),
        say("It looks only at processes of yours, and ends with leakgui."),
    ]
    if is_editable:
        texts.append(
            say(
                "Beware: these files can be changed without a password. A copy that"
                " only root can change is installed by packaging/polkit/install.py."
            )
        )
    return "\n".join(texts)
