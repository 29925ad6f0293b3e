"""How long work in the worker says how far it is, and how it is given up."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, in bytes."""
Cancelled = Callable[[], bool]


class GivenUp(Exception):
    """Nobody waits for the result any more."""


def say_nothing(done: int, total: int) -> None:
    """Be the ``Progress`` of one who doesn't want to know."""


def never() -> bool:
    """Be the ``Cancelled`` of one who will wait."""
    return False


def stop_if(cancelled: Cancelled) -> None:
    """Raise ``GivenUp`` when nobody waits any more."""
    if cancelled():
        raise GivenUp
