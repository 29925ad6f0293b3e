"""Small rows that a session keeps beside the readings."""

from __future__ import annotations

from typing import NamedTuple


class ClosedHandle(NamedTuple):
    """A handle that was open for a while; times are elapsed seconds."""

    kind: str
    target: str
    first_seen_s: float
    last_seen_s: float
