"""Open a session file with SQLite, trusting nothing that it says."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from leakgui.errors import SessionUnreadable
from leakgui.formatting import printable
from leakgui.session.owning import read_first
from leakgui.session.schema import APPLICATION_ID, MAJOR, TABLES
from leakgui.texts import say

MAGIC = b"SQLite format 3\0"
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises: messages of SQLite can quote its bytes."""
MOST_CELL_BYTES = 512 << 20
_NEEDED = frozenset({"target", "metric", "sample"})
_WAL_HEADER = b"\x02\x02"
"""Bytes 18 and 19 of a file that was not closed (sqlite.org/fileformat.html, 1.3)."""


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file; raises ``SessionUnreadable``."""
    try:
        head = read_first(path, 100)
    except OSError as error:
        raise SessionUnreadable(
            say(
                "{file} cannot be read: {reason}",
                file=_shown(path),
                reason=error.strerror,
            ),
            say("Check the path and your rights to it."),
        ) from error
    if not head:
        raise SessionUnreadable(
            say("{file} is empty: it has 0 bytes.", file=_shown(path)),
            say("Nothing can be read from it. Was the disk full when it was written?"),
        )
    return head


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a session for reading; raises ``SessionUnreadable``.

    Also works beside a recorder that is writing it, after a crash, and from a
    read-only medium.
    """
    head = read_head(path)
    if not head.startswith(MAGIC):
        raise SessionUnreadable(
            say("{file} is not a recording of leakgui.", file=_shown(path)),
            say("Recordings end in .leak; a table must begin with a header row."),
        )
    try:
        connection = _connect(path, "mode=ro")
    except DATABASE_ERRORS as error:
        connection = _connect_unclosed(path, head, error)
    try:
        check_format(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not a session, or too new; raises ``SessionUnreadable``."""
    try:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        named = connection.execute(
            "SELECT lower(name), type = 'table' AND rootpage > 0 FROM sqlite_schema"
        ).fetchall()
    except DATABASE_ERRORS as error:
        raise damaged(path, error) from error
    if application != APPLICATION_ID:
        raise SessionUnreadable(
            say("{file} is a database, but not of leakgui.", file=_shown(path)),
            say("Choose a file that leakgui recorded."),
        )
    if version // 1000 > MAJOR:
        raise SessionUnreadable(
            say(
                "{file} was written by a newer leakgui (format {found}, this one reads "
                "up to {known}).",
                file=_shown(path),
                found=f"{version // 1000}.{version % 1000}",
                known=f"{MAJOR}.x",
            ),
            say("Open it with that version, or export it there as CSV."),
        )
    if missing := _missing_tables(named):
        raise SessionUnreadable(
            say(
                "{file} is damaged: {tables} missing.",
                file=_shown(path),
                tables=", ".join(missing),
            ),
            say("Nothing of it could be loaded."),
        )


def _missing_tables(named: list[tuple[str, bool]]) -> list[str]:
    """Return tables that are not there, or only a view: asking one can take for ever.

    Indices and triggers have names of their own, so they stand for no table.
    """
    real = {str(name) for name, is_real in named if is_real}
    feigned = {str(name) for name, is_real in named if not is_real}
    return sorted((_NEEDED - real) | (TABLES & feigned))


def damaged(path: Path, error: Exception) -> SessionUnreadable:
    """Say that nothing of a file could be loaded."""
    return SessionUnreadable(
        say(
            "{file} is damaged: {reason}",
            file=_shown(path),
            reason=printable(str(error), most=200),
        ),
        say("Nothing of it could be loaded. Is there a copy?"),
    )


def _connect(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=5.0,
    )
    try:
        tame(connection)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def tame(connection: sqlite3.Connection) -> None:
    """Take from a file of a stranger what it could do to us (sqlite.org/security)."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")
    connection.text_factory = _decode


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _connect_unclosed(path: Path, head: bytes, error: Exception) -> sqlite3.Connection:
    """Open a file that was not closed from a folder that cannot be written to.

    SQLite must make a ``-shm`` file beside it then. Without a ``-wal`` nothing is
    missing and it can be read as it is; with one, the newest readings are in there.
    """
    if head[18:20] != _WAL_HEADER:
        raise damaged(path, error) from error
    beside = path.with_name(path.name + "-wal")
    if beside.exists() and beside.stat().st_size > 0:
        raise SessionUnreadable(
            say(
                "{file} was not closed, and the folder cannot be written to, which is "
                "needed to put in its newest readings.",
                file=_shown(path),
            ),
            say(
                "Copy {file} and {beside} together into a folder of your own and open "
                "it there.",
                file=_shown(path),
                beside=printable(beside.name),
            ),
        ) from error
    try:
        return _connect(path, "mode=ro&immutable=1")
    except DATABASE_ERRORS as again:
        raise damaged(path, again) from again


def _shown(path: Path) -> str:
    return printable(path.name, most=120)
