"""A difference of two snapshots as CSV.

Texts of strangers (paths, thread names) may begin with a character that spreadsheets
take for a formula: ``= + - @``, a tab or a carriage return. Such a text gets an
apostrophe before it, which spreadsheets hide and other programs can strip (OWASP,
"CSV Injection"). Numbers are never changed.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from leakgui.export.heap_totals import list_heap_totals
from leakgui.export.masking import Masker
from leakgui.export.writing import write_text
from leakgui.formatting import printable
from leakgui.model.difference import Changes, Difference
from leakgui.model.heap import HeapDifference

label = "CSV table of differences"
suffix = ".csv"

HEADER = (
    *("section", "key", "kind", "detail", "before", "after", "delta"),
    *("before_bytes", "after_bytes", "delta_bytes"),
)
SECTIONS = (
    *("mappings", "handles", "threads"),
    *("heap_by_type", "heap_by_size", "heap_lost"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_difference(difference: Difference, path: Path, *, mask: bool = False) -> None:
    """Write one row for each change; raises ``WriteFailed``.

    Rows keep the order of the difference: in each section the largest growth first.
    Bytes that are unknown or make no sense are empty cells.
    """
    masker = Masker()
    shown = masker.difference(difference) if mask else difference
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(HEADER)
    table.writerows(_counters(shown))
    if shown.heap is not None:
        table.writerows(_totals(shown.heap))
    for section in SECTIONS:
        changes = getattr(shown, section)
        if changes is not None:
            table.writerows(_changes(section, changes))
    write_text(path, text.getvalue())


def safe_cell(text: str) -> str:
    """Return text of a stranger that no spreadsheet takes for a formula."""
    text = printable(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _counters(difference: Difference) -> Iterator[tuple[str, ...]]:
    """Yield the metrics; their values stand in the columns of their unit."""
    for key, (before, after) in difference.counters.items():
        delta = None if before is None or after is None else after - before
        values = tuple(_number(value) for value in (before, after, delta))
        unknown = ("", "", "")
        is_bytes = key.endswith("_bytes")
        columns = (*unknown, *values) if is_bytes else (*values, *unknown)
        yield ("counters", key, "metric", "", *columns)


def _totals(heap: HeapDifference) -> Iterator[tuple[str, ...]]:
    """Yield what the whole heap holds, in use and free, and what of it is lost."""
    for total in list_heap_totals(heap):
        counts = (total.before, total.after, total.delta)
        sizes = (total.before_bytes, total.after_bytes, total.delta_bytes)
        yield ("heap", total.key, "total", "", *map(str, (*counts, *sizes)))


def _changes(section: str, changes: Changes) -> Iterator[tuple[str, ...]]:
    texts = (changes.key, changes.kind, changes.detail)
    counts = (changes.before, changes.after, changes.delta)
    sizes = (changes.before_bytes, changes.after_bytes, changes.delta_bytes)
    for row in range(len(changes)):
        yield (
            section,
            *(safe_cell(column[row]) for column in texts),
            *(str(int(column[row])) for column in counts),
            *(_number(float(column[row])) for column in sizes),
        )


def _number(value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return ""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
