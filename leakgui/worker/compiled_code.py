"""Where the worker keeps its compiled kernels: compiling them takes a minute."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from leakgui import __version__

VARIABLE = "NUMBA_CACHE_DIR"
"""Where numba looks (numba's reference manual, environment variables)."""


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

    def close(self) -> None:
        """Remove the folder if it was one for this time only."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = None

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
