"""Where the ticks of an axis stand and what is written at them.

Nothing here knows Qt. Values are bytes, counts, or seconds since 1970.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_BINARY_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_DECIMAL_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_TIME_STEPS = (
    *(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 56, 112)),
)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Evenly spaced values, in rising order."""

    step: float
    values: tuple[float, ...]


def byte_ticks(low: float, high: float, most: int, *, decimal: bool = False) -> Ticks:
    """Return at most so many ticks at powers of two, or at 1, 2, 5 times tens."""
    if decimal:
        return count_ticks(low, high, most)
    least = max((high - low) / max(most, 1), 1.0)
    return _at_multiples(low, high, 2.0 ** math.ceil(math.log2(least)))


def count_ticks(low: float, high: float, most: int) -> Ticks:
    """Return at most so many ticks at whole 1, 2, 5 times a power of ten."""
    least = max((high - low) / max(most, 1), 1.0)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= least * 0.999999)
    return _at_multiples(low, high, step)


def _at_multiples(low: float, high: float, step: float) -> Ticks:
    first, last = math.ceil(max(low, 0.0) / step), math.floor(high / step)
    return Ticks(step, tuple(step * n for n in range(first, last + 1)))


def byte_labels(ticks: Ticks, *, decimal: bool = False) -> list[str]:
    """Write every tick with one unit, with as many decimals as the step needs."""
    units, base = (_DECIMAL_UNITS, 1000.0) if decimal else (_BINARY_UNITS, 1024.0)
    largest = ticks.values[-1] if ticks.values else 0.0
    index = 0
    while index < len(units) - 1 and _fits(base ** (index + 1), ticks.step, largest):
        index += 1
    unit_bytes = base**index
    decimals = _decimals(ticks.step / unit_bytes)
    return [
        f"{value / unit_bytes:,.{decimals}f} {units[index]}" if value else "0"
        for value in ticks.values
    ]


def _fits(unit_bytes: float, step: float, largest: float) -> bool:
    return largest >= unit_bytes and step * 8 >= unit_bytes


def _decimals(step: float) -> int:
    """Return how many decimals tell two neighbours apart, exactly up to three."""
    return next((n for n in range(3) if (step * 10**n) % 1 == 0), 3)


def count_labels(ticks: Ticks) -> list[str]:
    """Write whole numbers with separators."""
    return [f"{value:,.0f}" for value in ticks.values]


def time_ticks(from_unix_s: float, to_unix_s: float, most: int) -> Ticks:
    """Return ticks at round times of the local clock, seconds since 1970."""
    least = (to_unix_s - from_unix_s) / max(most, 1)
    step = next((step for step in _TIME_STEPS if step >= least), _TIME_STEPS[-1])
    offset = _local(from_unix_s).utcoffset()
    shift = offset.total_seconds() if offset else 0.0
    first = math.ceil((from_unix_s + shift) / step)
    last = math.floor((to_unix_s + shift) / step)
    return Ticks(step, tuple(n * step - shift for n in range(first, last + 1)))


def time_labels(
    values: Sequence[float], step: float, *, with_date: bool = False
) -> list[str]:
    """Write wall-clock times: ``14:03:22``, ``14:03`` or ``11-23 14:03``."""
    return [_time_label(_local(value), step, with_date=with_date) for value in values]


def _time_label(moment: datetime, step: float, *, with_date: bool) -> str:
    if step >= _DAY:
        return f"{moment:%Y-%m-%d}"
    if with_date:
        return f"{moment:%m-%d %H:%M}"
    if step >= _MINUTE:
        return f"{moment:%H:%M}"
    if step >= 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%H:%M:%S}.{moment.microsecond // 100_000}"


def clock(unix_s: float, *, with_date: bool = False) -> str:
    """Write one moment by the local clock to the second."""
    moment = _local(unix_s)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if with_date else f"{moment:%H:%M:%S}"


def time_zone(unix_s: float) -> str:
    """Return the name of the local time zone and its distance: ``CET (UTC+01:00)``."""
    moment = _local(unix_s)
    distance = f"{moment:%z}"
    name = moment.tzname() or "UTC"
    return name if name == "UTC" else f"{name} (UTC{distance[:3]}:{distance[3:5]})"


def _local(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, tz=UTC).astimezone()
