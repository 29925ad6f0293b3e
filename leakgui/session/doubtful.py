"""Numbers from a file of a stranger: what they should be, or a ``ValueError``."""

from __future__ import annotations

import math
import sys
from typing import Any

LONGEST_MS = 1e13
"""Some 300 years: times beyond are damage."""
_LATEST_UNIX_S = 1e11
"""The year 5138; calendars end with the year 9999."""


def whole(value: Any) -> int:  # noqa: ANN401  # a cell of SQLite can hold anything
    """Return a whole number; an infinite one is none."""
    try:
        return int(value)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def moment_s(elapsed_ms: Any) -> float:  # noqa: ANN401  # as above
    """Return elapsed milliseconds as seconds."""
    number = whole(elapsed_ms)
    if abs(number) >= LONGEST_MS:
        message = f"{number} ms"
        raise ValueError(message)
    return number / 1000


def wall_clock_s(value: Any) -> float:  # noqa: ANN401  # as above
    """Return a time since 1970 that a calendar has."""
    seconds = float(value)
    if not 0 <= seconds < _LATEST_UNIX_S:
        message = f"{seconds} s since 1970"
        raise ValueError(message)
    return seconds


def duration_ms(value: Any) -> float:  # noqa: ANN401  # as above
    """Return how long something took; NaN where that is not known.

    It is told beside what a file is about, and its damage spoils nothing.
    """
    if type(value) in {int, float} and 0 <= value < LONGEST_MS:
        return float(value)
    return math.nan


def is_number(value: object) -> bool:
    """Return whether it is a finite number that a float can hold."""
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max
