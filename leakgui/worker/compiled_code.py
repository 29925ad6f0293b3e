"""Where the worker keeps its compiled kernels: compiling them takes a minute."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import platformdirs

from leakgui import __version__

VARIABLE = "NUMBA_CACHE_DIR"
"""Where numba looks (numba's reference manual, environment variables)."""
SOURCES = ("allocators/glibc", "blocks", "holding", "marking", "naming", "roots")
"""The packages of compiled functions, some of them compiled into one another."""


def fingerprint() -> str:
    """Return a name for the sources of the kernels as they are now."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for package in SOURCES:
        for source in sorted((here / package).glob("*.py")):
            state = source.stat()
            digest.update(f"{source} {state.st_mtime_ns} {state.st_size}".encode())
    return digest.hexdigest()[:16]


class CompiledCode:
    """A folder of this user's own, made when a worker is first started.

    Numba runs what it finds there, so nobody else may write in it.
    """

    def __init__(self) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def environment(self) -> Mapping[str, str]:
        """Return the environment for a worker."""
        if os.environ.get(VARIABLE):
            return os.environ
        return {**os.environ, VARIABLE: str(self._find_folder())}

    def is_cold(self) -> bool:
        """Return whether the kernels have still to be compiled.

        Told by a mark that is made after a heap was searched: each kernel is compiled
        when it is first used, so single files in the folder say little.
        """
        return not self._mark().exists()

    def note_compiled(self) -> None:
        """Remember that all kernels have been used once."""
        mark = self._mark()
        with suppress(OSError):
            mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark.touch()

    def close(self) -> None:
        """Remove the folder if it was one for this time only."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

    def _mark(self) -> Path:
        chosen = self.environment()[VARIABLE]
        name = f"compiled.{sys.implementation.cache_tag}"
        return Path(chosen) / fingerprint() / name

    def _find_folder(self) -> Path:
        if self._temporary is None:
            kept = platformdirs.user_cache_path("leakgui", appauthor=False)
            folder = kept / f"numba-{__version__}"
            if _is_usable(folder):
                return folder
            self._temporary = tempfile.TemporaryDirectory(prefix="leakgui-numba-")
        return Path(self._temporary.name)


def _is_usable(folder: Path) -> bool:
    """Return whether a folder is there, or could be made, and is ours to write in."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    is_ours = found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return is_ours and os.access(folder, os.W_OK | os.X_OK)
