"""Small rows that a session keeps beside the readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ClosedHandle(NamedTuple):
    """A handle that was open for a while; times are elapsed seconds."""

    kind: str
    target: str
    first_seen_s: float
    last_seen_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotHeading:
    """What a list of snapshots shows; ``None`` is unknown, never zero."""

    number: int
    name: str
    elapsed_s: float
    taken_unix_s: float
    rss_bytes: float | None
    handles: float | None
    threads: float | None
    note: str = ""
