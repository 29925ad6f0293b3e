"""Long work says how far it is, and stops when nobody wants its answer any more."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, in units of the caller."""
Cancelled = Callable[[], bool]
"""Asked some twenty times a second."""


class GivenUp(Exception):  # noqa: N818  # nothing went wrong
    """``cancelled()`` said that the answer is no longer wanted."""


def say_nothing(done: int, total: int) -> None:
    """Be the ``Progress`` of one who doesn't want to know."""


def never() -> bool:
    """Be the ``Cancelled`` of one who will wait."""
    return False


def stop_if(cancelled: Cancelled) -> None:
    """Raise ``GivenUp`` when the answer is no longer wanted."""
    if cancelled():
        raise GivenUp
