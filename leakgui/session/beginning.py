"""Begin a session file, or go on with one."""

from __future__ import annotations

import contextlib
import math
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from leakgui.errors import BadUsage, SessionUnreadable, WriteFailed
from leakgui.formatting import printable
from leakgui.model.process import Target
from leakgui.session.connecting import (
    DATABASE_ERRORS,
    check_format,
    connect_to_read,
    damaged,
    tame,
)
from leakgui.session.doubtful import is_number
from leakgui.session.owning import Ownership
from leakgui.session.schema import VERSION, create_tables, migrate, tables_of
from leakgui.session.snapshot_rows import clean
from leakgui.texts import say

_SAME_START_S = 120.0
"""Start times may differ by this much: the clock was set. A reboot takes longer to
come to the same pid and the same ticks again, but the start time then differs."""

Begun = tuple[sqlite3.Connection, Ownership]


def begin_file(path: Path, target: Target, started_unix_s: float) -> Begun:
    """Make an empty session; raises ``WriteFailed``, also where a file exists."""
    _make(path)
    try:
        return _fill(path, target, started_unix_s)
    except (OSError, *DATABASE_ERRORS) as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise _not_made(path, str(error)) from error


def check_can_begin(path: Path) -> None:
    """Raise ``WriteFailed`` where ``begin_file`` would; leaves no file."""
    _make(path)
    with contextlib.suppress(OSError):
        path.unlink()


def _make(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError as error:
        raise WriteFailed(
            say("{file} exists already.", file=_shown(path)),
            say("Choose another name; recordings are never overwritten."),
        ) from error
    except OSError as error:
        raise _not_made(path, error.strerror) from error


def open_to_append(path: Path, target: Target) -> Begun:
    """Open a session of the same process; raises what ``SessionWriter.append`` says."""
    # First without touching it: a file of another process stays as it is.
    reading = contextlib.closing(connect_to_read(path))
    with reading as connection, contextlib.suppress(*DATABASE_ERRORS):
        _check_same(connection, path, target)
    connection, ownership = open_to_change(path)
    with _closed_on_failure(connection, ownership):
        _check_same(connection, path, target)
    return connection, ownership


def open_to_change(path: Path) -> Begun:
    """Open a healthy session for writing; an older one is brought up to date."""
    connect_to_read(path).close()
    try:
        ownership = Ownership(path)
        connection = _connect(path)
    except (OSError, *DATABASE_ERRORS) as error:
        reason = getattr(error, "strerror", None) or error
        raise WriteFailed(
            say("{file} cannot be written: {reason}", file=_shown(path), reason=reason),
            say("Check your rights to the file and its folder."),
        ) from error
    with _closed_on_failure(connection, ownership):
        check_format(connection, path)
        version = _check_fit_to_write(connection, path)
        _bring_up_to_date(connection, path, version)
    return connection, ownership


def _fill(path: Path, target: Target, started_unix_s: float) -> Begun:
    ownership = Ownership(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with _closed_on_failure(connection, ownership):
        _prepare(connection)
        create_tables(connection)
        row = (
            1,
            *target.key,
            *map(clean, (target.name, target.command, target.user)),
            target.started_unix_s,
            clean(target.executable),
            started_unix_s,
        )
        connection.execute("INSERT INTO target VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    return connection, ownership


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        tame(connection)
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    """Write ahead, and let each commit reach the disk (sqlite.org/pragma.html)."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA journal_size_limit = 8388608")
    connection.execute("PRAGMA busy_timeout = 2000")


def _check_fit_to_write(connection: sqlite3.Connection, path: Path) -> int:
    """Refuse newer, damaged and tampered files: a trigger would act for a stranger.

    Returns the version of the file.
    """
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        names = connection.execute(
            "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'"
        ).fetchall()
        state = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except DATABASE_ERRORS as error:
        raise damaged(path, error) from error
    if version > VERSION or {str(row[0]) for row in names} != tables_of(version):
        raise SessionUnreadable(
            say("{file} was not made by this version of leakgui.", file=_shown(path)),
            say("It can be opened, but not continued. Choose another file."),
        )
    if state != "ok":
        reason = str(state).splitlines()[-1]  # SQLite names the database first
        raise SessionUnreadable(
            say("{file} is damaged: {reason}", file=_shown(path), reason=reason),
            say("It can be opened, but not continued. Choose another file."),
        )
    return int(version)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, version: int) -> None:
    try:
        migrate(connection, version)
    except sqlite3.Error as error:
        raise WriteFailed(
            say("{file} cannot be written: {reason}", file=_shown(path), reason=error),
            say("It can be opened, but not continued. Choose another file."),
        ) from error


def _check_same(connection: sqlite3.Connection, path: Path, target: Target) -> None:
    row = connection.execute(
        "SELECT pid, start_ticks, name, started_unix_s FROM target"
    ).fetchone()
    wanted = (*target.key, clean(target.name))
    is_same = row is not None and tuple(row[:3]) == wanted
    started_s = row[3] if row is not None and is_number(row[3]) else math.inf
    if not is_same or abs(started_s - target.started_unix_s) > _SAME_START_S:
        known = f"{printable(str(row[2]), most=60)} (PID {row[0]})" if row else "?"
        raise BadUsage(
            say(
                "{file} is a recording of {known}, not of this run of {name} (PID "
                "{pid}).",
                file=_shown(path),
                known=known,
                name=printable(target.name, most=60),
                pid=target.key.pid,
            ),
            say("Choose another file; one file holds one run of one process."),
        )


@contextlib.contextmanager
def _closed_on_failure(
    connection: sqlite3.Connection, ownership: Ownership
) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        ownership.release()
        raise


def _not_made(path: Path, reason: str | None) -> WriteFailed:
    return WriteFailed(
        say("{file} cannot be made: {reason}", file=_shown(path), reason=reason),
        say("Choose a folder that exists, that you may write to and that has space."),
    )


def _shown(path: Path) -> str:
    return printable(str(path), most=160)
