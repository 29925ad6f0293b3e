"""Compile a practice target on first use, into the user's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import platformdirs

from leakgui.demo.catalogue import Language, PracticeTarget
from leakgui.errors import LeakguiError, ToolMissing, WriteFailed
from leakgui.texts import say

HEADER = "practice.h"
FLAGS = ("-O1", "-g", "-fno-omit-frame-pointer")
"""Fast enough to be realistic, and still easy to read in a debugger."""
COMPILERS = {
    Language.C: ("cc", "gcc", "clang"),
    Language.CXX: ("c++", "g++", "clang++"),
}
_PACKAGE = {Language.C: "gcc libc6-dev", Language.CXX: "g++"}
_PATIENCE_S = 120


def find_compiler(language: Language) -> str | None:
    """Return the path of the first compiler for the language, or None."""
    found = (shutil.which(name) for name in COMPILERS.get(language, ()))
    return next((path for path in found if path), None)


def build_target(
    target: PracticeTarget, sources: Path, cache: Path | None = None
) -> Path:
    """Return the program, compiled now unless it is in the cache already.

    The cache is keyed by what goes in: sources, flags and compiler. Raises
    ``ToolMissing`` without a working compiler, ``WriteFailed`` without a cache.
    """
    compiler = find_compiler(target.language)
    if compiler is None:
        raise _no_compiler(target)
    source = sources / target.source
    folder = (cache or _cache()) / _fingerprint(compiler, source, sources / HEADER)
    program = folder / target.name
    if not program.exists():
        _compile(target, [compiler, *FLAGS, "-I", str(sources), str(source)], program)
    return program


def _cache() -> Path:
    return platformdirs.user_cache_path("leakgui", appauthor=False) / "practice"


def _fingerprint(compiler: str, *files: Path) -> str:
    """Return a short name that changes whenever the program would."""
    digest = hashlib.sha256(" ".join((compiler, *FLAGS)).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _compile(target: PracticeTarget, command: list[str], program: Path) -> None:
    """Compile beside and move into place, so that nobody starts half a program."""
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=program.parent) as beside:
            built = Path(beside) / program.name
            _run_compiler(target, [*command, "-o", str(built), "-lpthread"])
            os.replace(built, program)  # noqa: PTH105  # replaces on every system
    except OSError as error:
        raise WriteFailed(
            say("The practice target could not be built: {error}", error=error),
            str(program.parent),
        ) from error


def _run_compiler(target: PracticeTarget, command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace",
            timeout=_PATIENCE_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise LeakguiError(
            say("{compiler} did not finish.", compiler=command[0])
        ) from error
    if done.returncode != 0:
        raise ToolMissing(
            say(
                "{compiler} could not build {name}.",
                compiler=command[0],
                name=target.name,
            ),
            done.stderr.strip()[-500:] or _install_hint(target),
        )


def _no_compiler(target: PracticeTarget) -> ToolMissing:
    return ToolMissing(
        say(
            "{name} is written in {language} and there is no compiler for it here.",
            name=target.name,
            language=target.language.upper(),
        ),
        _install_hint(target),
    )


def _install_hint(target: PracticeTarget) -> str:
    return say("sudo apt install {package}", package=_PACKAGE[target.language])
