"""Make ``.venv`` in the checkout, with or without ensurepip, and fill it."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import system_packages

Tell = Callable[[str], None]


class SetupFailed(Exception):
    """The set-up cannot go on; the text says what to do."""


def python_of(root: Path) -> str:
    """Return the Python of the environment."""
    return str(root / ".venv" / "bin" / "python")


def has_module(name: str) -> bool:
    """Return whether this Python has the module, installed a moment ago or before."""
    importlib.invalidate_caches()
    return importlib.util.find_spec(name) is not None


def make_environment(root: Path, tell: Tell) -> None:
    """Make the environment unless there is one that works."""
    if _is_usable(root):
        return
    folder = root / ".venv"
    tell(f"making {folder}")
    make = [sys.executable, "-m", "venv", "--clear", str(folder)]
    if has_module("ensurepip") and _succeeds(make):
        return
    # Debian keeps ensurepip in a package of its own; pip from outside does as well.
    if has_module("pip") and _succeeds([*make, "--without-pip"]):
        return
    line = system_packages.line(["python3-venv"])
    raise SetupFailed(f"{folder} cannot be made. Please run, then try again: {line}")


def _is_usable(root: Path) -> bool:
    """Return whether it starts and has a pip, its own or this Python's."""
    has_own_pip = _succeeds([python_of(root), "-m", "pip", "--version"])
    return has_own_pip or (
        has_module("pip") and _succeeds([python_of(root), "-c", "import sys"])
    )


def install_project(root: Path, extra: str, tell: Tell) -> None:
    """Install the project, editable, unless nothing changed since it was."""
    mark = _fingerprint(root)
    # The environment of the tests has everything that the program needs.
    if any(_read(_stamp(root, kind)) == mark for kind in (extra, "test")):
        return
    tell("installing leakgui and what it needs; the first time takes a minute or two")
    what = f"{root}[{extra}]" if extra else str(root)
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command = [*_pip(root), "install", *quiet, "--editable", what]
    # PIP_USER would send the packages to a place that the environment does not see.
    environment = {**os.environ, "PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
    if subprocess.call(command, env=environment) != 0:
        raise SetupFailed(
            "pip could not install everything: its words are above. It takes proxies "
            "and mirrors from pip.conf and from PIP_ variables."
        )
    _stamp(root, extra).write_text(mark)


def _stamp(root: Path, extra: str) -> Path:
    """Return the file that says for which state the installation was made."""
    return root / ".venv" / f"leakgui-{extra or 'base'}.stamp"


def _read(file: Path) -> str:
    return file.read_text() if file.is_file() else ""


def _pip(root: Path) -> list[str]:
    """Return how pip is called for the environment."""
    if _succeeds([python_of(root), "-m", "pip", "--version"]):
        return [python_of(root), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python_of(root)]


def _fingerprint(root: Path) -> str:
    """Return a text that changes whenever the installation should."""
    digest = hashlib.sha256((root / "pyproject.toml").read_bytes())
    digest.update(f"{root} {sys.version}".encode())
    return digest.hexdigest()


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
