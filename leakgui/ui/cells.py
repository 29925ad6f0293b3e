"""How numbers of tables are written: one place, so that all tables agree."""

from __future__ import annotations

import math
from typing import SupportsFloat, SupportsInt

from PySide6.QtCore import QCoreApplication

from leakgui.formatting import (
    UNKNOWN,
    format_address,
    format_bytes,
    format_change,
    format_count,
    format_duration,
    printable,
)

MOST_TEXT = 400
# Numbers end where the next column begins: air between them.
ROOMY_CELLS = "QTableView::item { padding: 0 6px; }"


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("Cells", text)


def write_text(value: object) -> str:
    """Write a stranger's text on one line."""
    return printable(str(value), most=MOST_TEXT)


def write_bytes(value: SupportsFloat) -> str:
    """Write a size; nothing for zero, so that sizes stand out."""
    number = float(value)
    return "" if number == 0 else format_bytes(number)


def write_exact_bytes(value: SupportsFloat) -> str:
    """Write every byte, for tooltips."""
    number = float(value)
    if math.isnan(number):
        return UNKNOWN
    return tr("{n} bytes").format(n=format_count(number))


def write_count(value: SupportsFloat) -> str:
    """Write a whole number."""
    return format_count(float(value))


def write_bytes_change(value: SupportsFloat) -> str:
    """Write a change of size with its sign; nothing where it is not known."""
    number = float(value)
    return "" if math.isnan(number) else format_change(number, "bytes")


def write_count_change(value: SupportsFloat) -> str:
    """Write a change of a count with its sign."""
    return format_change(float(value), "count")


def write_address(value: SupportsInt) -> str:
    """Write an address."""
    return format_address(int(value))


def write_age(value: SupportsFloat) -> str:
    """Write a duration; nothing where it is not known."""
    number = float(value)
    return "" if math.isnan(number) else format_duration(number)


def write_number(value: SupportsInt) -> str:
    """Write a whole number without separators: ids and descriptors."""
    return str(int(value))
