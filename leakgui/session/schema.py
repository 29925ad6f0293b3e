"""The tables of a session file, their version and their history."""

from __future__ import annotations

import sqlite3

APPLICATION_ID = 0x6C65616B
"""``leak`` in ASCII; ``file`` and others tell SQLite files apart by it."""
MAJOR, MINOR = 1, 1
"""A reader refuses a newer major and opens a newer minor, ignoring what is new."""
VERSION = MAJOR * 1000 + MINOR

FIRST_LEVEL, SECOND_LEVEL = 1, 2
"""Values of ``thinned.level``: spans of 10 s, and of 5 min."""

_SNAPSHOT_HEAP = """
-- Snapshots that looked into the native heap: what is known besides the tables in
-- snapshot_column, as JSON (fields of leakgui.model.heap.Heap).
CREATE TABLE snapshot_heap (number INTEGER PRIMARY KEY, facts TEXT NOT NULL);
"""

SCHEMA = f"""
-- History (user_version = major * 1000 + minor):
--   1000  first version
--   1001  snapshot_heap; sections heap.groups, heap.lost, ... in snapshot_column

-- One row: whose recording this is. Texts that are not Unicode are escaped.
CREATE TABLE target (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL,
    start_ticks INTEGER NOT NULL,
    name TEXT NOT NULL,
    command TEXT NOT NULL,
    user TEXT NOT NULL,
    started_unix_s REAL NOT NULL,
    executable TEXT NOT NULL,
    recording_started_unix_s REAL NOT NULL  -- wall clock at elapsed_ms 0
);

-- Side facts: cgroup_path, exit_code, system, leakgui, ...
CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Keys of leakgui.model.metric; a new metric is a new row and needs no migration.
CREATE TABLE metric (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);

-- Readings of the last hour. Time comes first in the key, so that writing appends
-- to one page and thinning empties whole pages, which are then used again.
CREATE TABLE sample (
    elapsed_ms INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (elapsed_ms, metric)
) WITHOUT ROWID;

-- Older readings: spans of 10 s (level 1), after 24 h of 5 min (level 2).
-- from_ms and to_ms are the first and the last reading of the span.
CREATE TABLE thinned (
    level INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    count INTEGER NOT NULL,
    least REAL NOT NULL,
    mean REAL NOT NULL,
    most REAL NOT NULL,
    PRIMARY KEY (level, from_ms, metric)
) WITHOUT ROWID;

CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    elapsed_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    number INTEGER
);

-- metrics is a JSON list; an empty one means all. A gap that grows is replaced.
CREATE TABLE gap (
    from_ms INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    to_ms INTEGER NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (from_ms, metrics)
) WITHOUT ROWID;

-- counters, gaps and facts are JSON.
CREATE TABLE snapshot (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    elapsed_ms INTEGER NOT NULL,
    taken_unix_s REAL NOT NULL,
    was_stopped INTEGER NOT NULL,
    paused_ms REAL NOT NULL,
    cost_ms REAL NOT NULL,
    note TEXT NOT NULL,
    counters TEXT NOT NULL,
    gaps TEXT NOT NULL,
    facts TEXT NOT NULL
);

-- Columns of a snapshot's tables (section: mappings, handles, threads, and heap.groups
-- and others of the native heap): zstandard, little-endian. A text column has codes
-- (<u4) in data and a JSON list in pool. heap.*: peek holds contents of the program's
-- memory.
CREATE TABLE snapshot_column (
    number INTEGER NOT NULL,
    section TEXT NOT NULL,
    name TEXT NOT NULL,
    dtype TEXT NOT NULL,
    rows INTEGER NOT NULL,
    data BLOB NOT NULL,
    pool BLOB,
    PRIMARY KEY (number, section, name)
);

-- The newest 10,000 handles that were seen open and then seen no more.
CREATE TABLE closed_handle (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    first_seen_s REAL NOT NULL,
    last_seen_s REAL NOT NULL
);
{_SNAPSHOT_HEAP}"""
TABLES = frozenset(
    {"target", "fact", "metric", "sample", "thinned", "event", "gap"}
    | {"snapshot", "snapshot_column", "closed_handle", "snapshot_heap"}
)
_ADDED = {1001: frozenset({"snapshot_heap"})}
"""Tables by the version that brought them."""


def tables_of(version: int) -> frozenset[str]:
    """Return the tables that a file of this version has."""
    later = (names for since, names in _ADDED.items() if since > version)
    return TABLES.difference(*later)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Add to an older file what is missing, all or nothing."""
    if version < 1001:
        connection.executescript(
            f"BEGIN IMMEDIATE;{_SNAPSHOT_HEAP}PRAGMA user_version = 1001;COMMIT;"
        )


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, all or none."""
    connection.executescript(
        f"BEGIN;{SCHEMA}"
        f"PRAGMA application_id = {APPLICATION_ID};PRAGMA user_version = {VERSION};"
        "COMMIT;"
    )
