"""Bytes, durations, addresses and rates as text, one way everywhere.

KiB, MiB and GiB (1024) with three significant figures. What is unknown reads
``n/a``. Rates choose the time unit so that the figure lies between 1 and 999.
"""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC, datetime

from leakgui.model.process import Target

UNKNOWN = "n/a"
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_is_decimal = False
_SPANS = (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("day", 86400.0))


def use_decimal_units(on: bool) -> None:  # noqa: FBT001  # the one switch there is
    """Write kB, MB, GB (1000) from now on, or KiB, MiB, GiB (1024); never both."""
    global _is_decimal  # noqa: PLW0603  # one switch for the whole process
    _is_decimal = on


def format_bytes(value: float | None, *, decimal: bool | None = None) -> str:
    """Return ``1.50 MiB``; whole bytes below 1 KiB; ``n/a`` for None and NaN.

    ``decimal`` wins over what ``use_decimal_units`` chose.
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    is_decimal = _is_decimal if decimal is None else decimal
    units, step = (_DECIMAL, 1000.0) if is_decimal else (_BINARY, 1024.0)
    sign, size, index = "−" if value < 0 else "", abs(value), 0
    # 999.5 would be written as 1000 with three figures: go up before that.
    while size >= (999.5 if index else step) and index < len(units) - 1:
        size /= step
        index += 1
    if index == 0:
        return f"{sign}{size:.0f} B"
    return f"{sign}{_three_figures(size)} {units[index]}"


def _three_figures(size: float) -> str:
    if size >= 99.95:
        return f"{size:.0f}"
    return f"{size:.1f}" if size >= 9.995 else f"{size:.2f}"


def format_size_range(least: int, most: int) -> str:
    """Return ``48 bytes`` or ``8.0–9.9 KiB`` for sizes from ... to, both included.

    Both ends are cut off and not rounded, so that neighbours stay apart.
    """
    units, step = (_DECIMAL, 1000) if _is_decimal else (_BINARY, 1024)
    if least == most or least < step:
        ends = dict.fromkeys((least, most))
        return f"{'–'.join(format_count(end) for end in ends)} bytes"
    index, scale = 0, 1
    while least >= scale * step and index < len(units) - 1:
        index, scale = index + 1, scale * step
    low, high = _cut_off(least, scale), _cut_off(most, scale)
    return f"{low}–{high} {units[index]}"


def _cut_off(size: int, scale: int) -> str:
    tenths = size * 10 // scale
    return f"{tenths // 10:,}" if tenths >= 1000 else f"{tenths / 10:.1f}"


def format_count(value: float | None) -> str:
    """Return ``12,345``; ``n/a`` for None and NaN."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{'−' if value < 0 else ''}{abs(value):,.0f}"


def format_value(value: float | None, unit: str) -> str:
    """Return the value of a metric by its unit: ``bytes``, ``count`` or ``ms``."""
    if unit == "bytes":
        return format_bytes(value)
    if unit == "ms" and value is not None:
        return format_duration(value / 1000)
    return format_count(value)


def format_change(value: float | None, unit: str) -> str:
    """Return the value with its sign always written: ``+12``, ``−1.00 KiB``, ``±0``."""
    if value is None or math.isnan(value):
        return UNKNOWN
    if value == 0:
        return "±0"
    return ("+" if value > 0 else "") + format_value(value, unit)


def format_duration(seconds: float | None) -> str:
    """Return ``850 ms``, ``12 s``, ``3 min 20 s``, ``2 h 5 min`` or ``3 days 4 h``."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    if math.isinf(seconds):
        return "never"
    if seconds < 0:
        return "−" + format_duration(-seconds)
    return _positive_duration(seconds)


def _positive_duration(seconds: float) -> str:
    if 0 < seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    whole = round(seconds)
    if seconds < 9.95 and whole != seconds:
        return f"{seconds:.1f} s"
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two_parts(whole, 60, "min", "s")
    if whole < 2 * 86400:
        return _two_parts(whole // 60, 60, "h", "min")
    return _two_parts(whole // 3600, 24, "days", "h")


def _two_parts(whole: int, step: int, large: str, small: str) -> str:
    major, minor = divmod(whole, step)
    return f"{major} {large} {minor} {small}" if minor else f"{major} {large}"


def format_about(seconds: float | None) -> str:
    """Return a forecast with one or two significant figures: ``17 min``, ``9 h``."""
    if seconds is None or math.isnan(seconds):
        return UNKNOWN
    if math.isinf(seconds):
        return "never"
    name, length = next(
        (span for span in reversed(_SPANS) if seconds >= 1.95 * span[1]), _SPANS[0]
    )
    rounded = float(f"{seconds / length:.2g}")
    return f"{rounded:g} {name}{'s' if name == 'day' else ''}"


def format_rate(per_s: float | None, unit: str, *, like: float | None = None) -> str:
    """Return a rate with its sign and the time unit that fits: ``+1.80 MiB/min``.

    The shortest time in which at least 1 MiB, or 1 of what is counted, comes
    together; a day where none is long enough. ``like`` is another rate whose time
    unit is taken, so that the ends of an interval can be compared with its middle.
    """
    if per_s is None or math.isnan(per_s):
        return UNKNOWN
    least = 2.0**20 if unit == "bytes" else 1.0
    chooser = per_s if like is None or math.isnan(like) else like
    name, length = next(
        (span for span in _SPANS if abs(chooser) * span[1] >= least), _SPANS[-1]
    )
    return f"{_rate_amount(per_s * length, unit)}/{name}"


def _rate_amount(amount: float, unit: str) -> str:
    if unit == "bytes":
        return format_change(amount, unit)
    if abs(amount) >= 100:
        return format_change(amount, unit)
    sign = "−" if amount < 0 else "+"
    return f"{sign}{_three_figures(abs(amount)).rstrip('0').rstrip('.') or '0'}"


def format_percent(share: float | None) -> str:
    """Return ``12 %`` for 0.12; one decimal below 10 %."""
    if share is None or math.isnan(share):
        return UNKNOWN
    percent = share * 100
    return f"{percent:.1f} %" if abs(percent) < 9.95 else f"{percent:.0f} %"


def format_address(address: int) -> str:
    """Return an address as ``0x`` and twelve digits or more."""
    return f"0x{address:012x}"


def format_utc(unix_s: float) -> str:
    """Return a wall-clock time as ISO 8601 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(unix_s, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def target_title(target: Target) -> str:
    """Return ``redis-server · PID 4242``; a table of readings does not know the PID."""
    name = printable(target.name, most=60)
    return f"{name} · PID {target.key.pid}" if target.key.pid else name


def printable(text: str, *, most: int = 0) -> str:
    r"""Return text of a stranger fit for one line of a window or terminal.

    Control characters, line breaks and marks that change the direction of writing
    become ``\x1b``-like escapes; text that is not Unicode was decoded with
    surrogates and is escaped too. ``most`` > 0 cuts in the middle.
    """
    if not text.isprintable():
        text = "".join(_escape(letter) for letter in text)
    if most and len(text) > most:
        half = (most - 1) // 2
        text = f"{text[: most - 1 - half]}…{text[len(text) - half :]}"
    return text


def _escape(letter: str) -> str:
    if letter.isprintable() and unicodedata.category(letter) != "Cf":
        return letter
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: one byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
