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

Identity = tuple[int, str | int]
"""Number and inode, or target where it has none: a number alone is used again at
once, and a socket is told in other words once it is connected."""


class HandleHistory:
    """Compares each listing of handles with the one before it.

    ``update`` is called by one thread; the rest may be asked by others.
    """

    def __init__(self) -> None:
        self._open: Mapping[Identity, tuple[str, str, float]] = {}
        self._last_s = 0.0
        self._closed: deque[ClosedHandle] = deque(maxlen=MOST_CLOSED)

    def update(
        self, elapsed_s: float, handles: Iterable[SeenHandle]
    ) -> list[ClosedHandle]:
        """Take a listing and return what was closed since the one before.

        ``last_seen_s`` is the time of the listing before: it was closed after that.
        """
        before = self._open
        now = {}
        for handle in handles:
            identity = (handle.number, handle.inode or handle.target)
            known = before.get(identity)
            first_seen_s = elapsed_s if known is None else known[2]
            now[identity] = (handle.kind, handle.target, first_seen_s)
        closed = [
            ClosedHandle(*row, self._last_s)
            for identity, row in before.items()
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
        """Return the table of a snapshot with ``first_seen_s`` filled in."""
        known = self._open
        rows = zip(
            handles.number.tolist(),
            handles.inode.tolist(),
            handles.target.as_list(),
            strict=True,
        )
        found = (known.get((number, inode or target)) for number, inode, target in rows)
        first_seen_s = [np.nan if one is None else one[2] for one in found]
        return replace(handles, first_seen_s=np.array(first_seen_s, dtype=np.float64))
