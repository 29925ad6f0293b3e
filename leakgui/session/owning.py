"""At most one writer for a session file."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
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

FileId = tuple[int, int]
"""Device and inode: one file, whatever it is called."""

_guard = threading.Lock()
_owned: dict[FileId, int] = {}
"""Descriptors of the files that this process writes. Closing any other descriptor of
such a file would drop SQLite's locks (sqlite.org/howtocorrupt.html, 2.2): the next
program that opens and closes it then deletes the ``-wal`` that we still write to."""


def read_first(path: Path, most: int) -> bytes:
    """Return the first bytes of a file, ours or not; raises ``OSError``."""
    with _guard:
        descriptor = _owned.get(_file_id(path.stat()))
        if descriptor is not None:
            return os.pread(descriptor, most, 0)
        with path.open("rb") as file:
            return file.read(most)


class Ownership:
    """Held from before the file is opened until after it is closed.

    flock(2) is used because it does not mix with the POSIX locks that SQLite takes
    on the same file, and because the kernel takes it back when we are killed.
    """

    def __init__(self, path: Path) -> None:
        """Take it; raises ``BadUsage`` where a writer has it, and ``OSError``."""
        with _guard:
            self._file_id = _file_id(path.stat())
            if self._file_id in _owned:
                raise _taken(path)
            self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
            try:
                self._lock(path)
            except BaseException:
                os.close(self._descriptor)
                raise
            if HAS_LOCKS:
                _owned[self._file_id] = self._descriptor

    def release(self) -> None:
        """Give it back; may be called again."""
        with _guard:
            if self._descriptor >= 0:
                _owned.pop(self._file_id, None)
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
            raise _taken(path) from error


def _file_id(stat: os.stat_result) -> FileId:
    return stat.st_dev, stat.st_ino


def _taken(path: Path) -> BadUsage:
    return BadUsage(
        say("{file} is being recorded now.", file=printable(path.name)),
        say("Choose another file, or end that recording first."),
    )
