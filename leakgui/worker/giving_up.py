"""How long work in the worker says how far it is, and how it is given up."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, in bytes."""
Cancelled = Callable[[], bool]


class GivenUp(Exception):
    """Nobody waits for the result any more."""
