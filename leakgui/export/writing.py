"""Write a file beside its place and move it there, so that a failure loses nothing."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from leakgui.errors import WriteFailed
from leakgui.formatting import printable
from leakgui.texts import say

_NEW_FILE_MODE = 0o666


def write_bytes(path: Path, content: bytes) -> None:
    """Replace a file; raises ``WriteFailed`` and leaves the old one as it was."""
    write_parts(path, (content,))


def write_text(path: Path, text: str) -> None:
    """Replace a file by UTF-8 text; raises ``WriteFailed``.

    Names that are not Unicode become question marks: a file for others is valid.
    """
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_parts(path: Path, parts: Iterable[bytes]) -> None:
    """Replace a file piece by piece; raises ``WriteFailed``.

    A symbolic link keeps pointing where it did and its target is replaced. What is
    no regular file (a pipe, ``/dev/stdout``) is written to as it is.
    """
    try:
        with _place_for(path) as file:
            for part in parts:
                file.write(part)
    except OSError as error:
        raise WriteFailed(
            say(
                "{path} could not be written: {reason}.",
                path=printable(str(path)),
                reason=error.strerror or type(error).__name__,
            ),
            say("What stood there before is unchanged. Choose another folder or disk."),
        ) from error


@contextmanager
def _place_for(path: Path) -> Iterator[BinaryIO]:
    known = _mode_of(path)
    if known is not None and not stat.S_ISREG(known):
        # A folder fails here with the system's own reason.
        with path.open("wb") as file:
            yield file
        return
    mode = stat.S_IMODE(known) if known is not None else _mode_of_new_files()
    with _beside(path.resolve(), mode) as file:
        yield file


def _mode_of(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _mode_of_new_files() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return _NEW_FILE_MODE & ~mask


@contextmanager
def _beside(path: Path, mode: int) -> Iterator[BinaryIO]:
    """Yield a file in the same folder that takes the place of ``path`` at the end."""
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".leakgui-", suffix=".new")
    beside = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(mode)
        os.replace(beside, path)  # noqa: PTH105  # replaces on every system
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
