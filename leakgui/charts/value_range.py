"""Which part of a value axis is shown, and when it changes.

A range is kept as long as everything fits and fills at least half of it: an axis
that follows every reading cannot be read and has to be drawn again each time.
"""

from __future__ import annotations

from leakgui.model.metric import Unit

Range = tuple[float, float]

_PADDING = 0.08
_LEAST_FILL = 0.5
_LEAST_BYTES = 256 * 1024.0
_LEAST_COUNT = 4.0
_LEAST_SHARE = 0.01
_NEAR_LIMIT = 1.5
_LIMIT_IN_SIGHT = 3.0


def fitting_range(low: float, high: float, unit: Unit) -> Range:
    """Return the data's range with room around it; a flat line lies in the middle."""
    least = _LEAST_BYTES if unit is Unit.BYTES else _LEAST_COUNT
    least = max(least, abs(high) * _LEAST_SHARE)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    room = (high - low) * _PADDING
    floor = -room / 2  # a line at 0 is drawn above the frame, not on it
    shift = max(0.0, floor - (low - room))
    return max(low - room, floor), high + room + (shift if high < least else 0.0)


def next_range(current: Range | None, low: float, high: float, wanted: Range) -> Range:
    """Keep the current range while the data fits and fills enough of it."""
    if current is None:
        return wanted
    fits = current[0] <= low and high <= current[1]
    fill = (wanted[1] - wanted[0]) / (current[1] - current[0])
    return current if fits and fill >= _LEAST_FILL else wanted


def is_limit_in_sight(limit: float, low: float, high: float) -> bool:
    """Decide whether a limit is drawn as a line, or named by an arrow.

    A limit up to one and a half times the largest visible value is always worth
    its place. One up to three times as high gets it only where the curve keeps a
    third of the height, so that it does not flatten the growth.
    """
    if limit <= high * _NEAR_LIMIT:
        return True
    keeps_shape = (limit - low) <= _LIMIT_IN_SIGHT * (high - low)
    return limit <= high * _LIMIT_IN_SIGHT and keeps_shape
