"""At most one writer for a session file."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from leakgui.errors import BadUsage
from leakgui.formatting import printable
from leakgui.texts import say

try:
    import fcntl
except ImportError:  # Windows: SQLite's own locks must do
    HAS_LOCKS = False
else:
    HAS_LOCKS = True


class Ownership:
    """Held from before the file is opened until after it is closed.

    flock(2) is used because it does not mix with the POSIX locks that SQLite takes
    on the same file, and because the kernel takes it back when we are killed. The
    descriptor stays open meanwhile: closing it would drop SQLite's locks
    (sqlite.org/howtocorrupt.html, 2.2).
    """

    def __init__(self, path: Path) -> None:
        """Take it; raises ``BadUsage`` where another writer has it, and ``OSError``."""
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        try:
            self._lock(path)
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give it back; may be called again."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def still_names(self, path: Path) -> bool:
        """Return whether the path still leads to the file that is written."""
        try:
            return os.path.samestat(os.fstat(self._descriptor), path.stat())
        except OSError:
            return False

    def _lock(self, path: Path) -> None:
        if not HAS_LOCKS:
            return
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                return  # a file system without locks
            raise BadUsage(
                say("{file} is being recorded now.", file=printable(path.name)),
                say("Choose another file, or end that recording first."),
            ) from error
