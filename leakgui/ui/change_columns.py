"""The columns of a difference: before, after, change, per step, share of all growth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor

from leakgui.formatting import format_change, format_percent, format_value
from leakgui.model.difference import Changes, Difference
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import (
    write_bytes,
    write_bytes_change,
    write_count,
    write_count_change,
    write_exact_bytes,
    write_text,
)
from leakgui.ui.columns_model import Column, in_words

Colour = Callable[[float], QColor | None]
_STATUS = ("same", "＋ new", "− gone", "grown", "shrunk")


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("ChangeColumns", text)


def only_changed(changes: Changes) -> Changes:
    """Return the rows whose count or size differs."""
    keep = (changes.delta != 0) | (np.nan_to_num(changes.delta_bytes) != 0)
    if keep.all():
        return changes
    chosen: dict[str, Any] = {}
    for entry in fields(changes):
        column = getattr(changes, entry.name)
        if isinstance(column, TextColumn):
            chosen[entry.name] = TextColumn(column.codes[keep], column.pool)
        else:
            chosen[entry.name] = column[keep]
    return Changes(**chosen)


def change_columns(
    changes: Changes,
    steps: int,
    colour: Colour,
    sizes: str = "RSS",
    kind_word: Callable[[str], str] = write_text,
) -> list[Column]:
    """Return the columns of a table of changes; sizes only where they are known."""
    has_sizes = not np.isnan(changes.delta_bytes).all()
    columns = [
        Column(title=tr("Status"), values=_status(changes)),
        Column(title=tr("Kind"), values=in_words(changes.kind, kind_word)),
        Column(title=tr("What"), values=changes.key, write=write_text),
        *_counts(changes, colour),
    ]
    if has_sizes:
        columns += _sizes(changes, colour, sizes)
    grown = changes.delta_bytes if has_sizes else changes.delta.astype(np.float64)
    if steps:
        write = write_bytes_change if has_sizes else _write_per_step
        columns.append(Column(title=tr("Per step"), values=grown / steps, write=write))
    columns.append(_share(grown))
    columns.append(Column(title=tr("Detail"), values=changes.detail, write=write_text))
    return columns


def _counts(changes: Changes, colour: Colour) -> list[Column]:
    return [
        Column(
            title=tr("Before"), values=changes.before, write=write_count, has_sum=True
        ),
        Column(
            title=tr("After"), values=changes.after, write=write_count, has_sum=True
        ),
        Column(
            title=tr("Change"),
            values=changes.delta,
            write=write_count_change,
            colour=colour,
            has_sum=True,
        ),
    ]


def _sizes(changes: Changes, colour: Colour, what: str) -> list[Column]:
    def size(title: str, name: str) -> Column:
        values = getattr(changes, name)
        return Column(
            title=title,
            values=values,
            write=write_bytes,
            exact=write_exact_bytes,
            has_sum=True,
        )

    return [
        size(tr("{what} before").format(what=what), "before_bytes"),
        size(tr("{what} after").format(what=what), "after_bytes"),
        Column(
            title=tr("{what} change").format(what=what),
            values=changes.delta_bytes,
            write=write_bytes_change,
            exact=write_exact_bytes,
            colour=colour,
            has_sum=True,
        ),
    ]


def _status(changes: Changes) -> TextColumn:
    moved = np.where(
        changes.delta != 0, changes.delta, np.nan_to_num(changes.delta_bytes)
    )
    codes = np.zeros(len(changes), dtype=np.uint32)
    codes[moved > 0] = 3
    codes[moved < 0] = 4
    codes[(changes.before == 0) & (changes.after > 0)] = 1
    codes[(changes.before > 0) & (changes.after == 0)] = 2
    return TextColumn(codes, tuple(tr(word) for word in _STATUS))


def _share(grown: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Column:
    positive = np.clip(np.nan_to_num(grown), 0.0, None)
    total = float(positive.sum())
    share = positive / total if total else np.full(len(grown), np.nan)
    return Column(
        title=tr("Share"),
        values=share,
        write=lambda value: format_percent(float(value)) if value > 0 else "",
        meaning=tr("Share of all growth in this table"),
    )


def _write_per_step(value: float) -> str:
    return f"{float(value):+.2f}"


def _signed_percent(share: float) -> str:
    return f"{'−' if share < 0 else '+'}{format_percent(abs(share))}"


def counter_figure(difference: Difference, keys: Sequence[str]) -> str:
    """Return ``USS +1.20 MiB (+3.1 %)`` for the first of the metrics that is known."""
    for key in keys:
        before, after = difference.counters.get(key, (None, None))
        if before is None or after is None:
            continue
        metric = METRIC_BY_KEY[key]
        change = after - before
        share = f" ({_signed_percent(change / before)})" if before and change else ""
        now = format_value(after, metric.unit)
        return f"{metric.label} {now}: {format_change(change, metric.unit)}{share}"
    return ""
