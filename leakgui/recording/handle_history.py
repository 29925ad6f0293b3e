"""Since when a handle is open, and which were closed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from leakgui.model.snapshot import Handles
from leakgui.probe.handles import SeenHandle
from leakgui.session.rows import ClosedHandle

MOST_CLOSED = 10_000

Identity = tuple[int, str, int]
"""Number, target and inode: a number alone is used again at once."""


class HandleHistory:
    """Compares each listing of handles with the one before it.

    ``update`` is called by one thread; the rest may be asked by others.
    """

    def __init__(self) -> None:
        self._open: Mapping[Identity, tuple[str, float]] = {}
        self._closed: deque[ClosedHandle] = deque(maxlen=MOST_CLOSED)
        self._last_s = 0.0

    def update(
        self, elapsed_s: float, handles: Iterable[SeenHandle]
    ) -> list[ClosedHandle]:
        """Take a listing and return what was closed since the one before.

        ``last_seen_s`` is the time of the listing before: it was closed after that.
        """
        before = self._open
        now = {}
        for handle in handles:
            identity = (handle.number, handle.target, handle.inode)
            now[identity] = before.get(identity) or (handle.kind, elapsed_s)
        closed = [
            ClosedHandle(kind, identity[1], first_seen_s, self._last_s)
            for identity, (kind, first_seen_s) in before.items()
            if identity not in now
        ][-MOST_CLOSED:]
        self._open, self._last_s = now, elapsed_s
        self._closed.extend(closed)
        return closed

    def restore(self, closed: Iterable[ClosedHandle]) -> None:
        """Take what an earlier part of the recording saw."""
        self._closed.extend(closed)

    def closed(self) -> tuple[ClosedHandle, ...]:
        """Return the newest 10,000 closed handles, oldest first."""
        return tuple(self._closed.copy())

    def date(self, handles: Handles) -> Handles:
        """Return the table of a snapshot with ``first_seen_s`` filled in.

        A socket can be told in other words there; then number and inode decide.
        """
        known = self._open
        by_inode = {(n, i): first for (n, _, i), (_, first) in known.items() if i}
        rows = zip(
            handles.number.tolist(),
            handles.target.as_list(),
            handles.inode.tolist(),
            strict=True,
        )
        first_seen_s = [
            known[identity][1]
            if identity in known
            else by_inode.get((identity[0], identity[2]), np.nan)
            for identity in rows
        ]
        return replace(handles, first_seen_s=np.array(first_seen_s, dtype=np.float64))
