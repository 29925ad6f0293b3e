"""The texts of a column on their way: lines of JSON, each a list of some.

Not one list: parsing it would keep the window's interpreter locked all the while.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

POOL_SUFFIX = ".pool"
"""A text column travels as its codes and, under its name with this, its texts."""

_TEXTS_IN_A_LINE = 1024


def pack_pool(pool: Sequence[str]) -> bytes:
    """Return texts of any kind as bytes."""
    return b"\n".join(
        json.dumps(pool[begin : begin + _TEXTS_IN_A_LINE]).encode("ascii")
        for begin in range(0, len(pool), _TEXTS_IN_A_LINE)
    )


def unpack_pool(data: bytes) -> tuple[str, ...]:
    """Return the texts; raises ``ValueError`` or ``TypeError`` where there are none."""
    pool: list[str] = []
    for line in data.split(b"\n") if data else ():
        pool += json.loads(line)
    if not all(type(entry) is str for entry in pool):
        message = "a pool of something else than texts"
        raise ValueError(message)
    return tuple(pool)
