"""A snapshot as the standard library can hold it: arrays and pools of texts.

What was read becomes ``leakgui.model.snapshot.Snapshot`` on the other side of
the helper's pipe; here NumPy is not allowed.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Progress = Callable[[int, int], None]
"""Told how much of a snapshot is done: rows done, rows in all; both may grow."""

RawGap = tuple[str, str, str]
"""Where, reason (a value of ``leakgui.model.snapshot.GapReason``), detail.

``where`` is one of ``counters``, ``shares``, ``limits``, ``mappings``,
``mapping-sizes``, ``handles``, ``threads``, ``thread-stacks``.
"""


class RawText(NamedTuple):
    """A column of texts: one code a row (``array('I')``) into a pool."""

    codes: array[int]
    pool: list[str]


# Texts, because array.array takes no [int] at run time before Python 3.12.
Column: TypeAlias = "array[int] | array[float]"
RawTable: TypeAlias = "dict[str, Column | RawText]"
"""Equally long columns by the field names of the model's tables.

Type codes: ``Q`` for addresses, sizes and inodes, ``q`` for numbers of handles
and threads, ``d`` for what may be NaN. A column that could not be read is absent.
"""


@dataclass(slots=True, kw_only=True)
class RawSnapshot:
    """One process at one instant, before it is sent."""

    taken_unix_s: float
    """Wall clock when the reading began."""
    counters: dict[str, float] = field(default_factory=dict)
    """Metric values by key; unknown ones are absent."""
    tables: dict[str, RawTable | None] = field(default_factory=dict)
    """``mappings``, ``handles`` and ``threads``; None where one is unreadable."""
    gaps: list[RawGap] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    cost_ms: float = 0.0
    """Wall time from the first reading to the last."""


class TextPool:
    """Collects the texts of one column, equal ones once."""

    def __init__(self) -> None:
        self._code_by_text: dict[str, int] = {}
        self._codes = array("I")

    def add(self, text: str) -> None:
        """Append one row."""
        codes = self._code_by_text
        self._codes.append(codes.setdefault(text, len(codes)))

    def column(self) -> RawText:
        """Return what was collected; the pool is in order of appearance."""
        return RawText(self._codes, list(self._code_by_text))


def text_column(texts: Iterable[str]) -> RawText:
    """Build a column from plain texts, one a row."""
    pool = TextPool()
    for text in texts:
        pool.add(text)
    return pool.column()
