"""The part of the report about the difference of two snapshots."""

from __future__ import annotations

import math
from collections.abc import Iterator

from leakgui.export.heap_totals import list_heap_totals
from leakgui.export.heap_words import kind_word
from leakgui.export.markup import Markup, bullet_list, element, joined, table
from leakgui.formatting import (
    format_bytes,
    format_change,
    format_count,
    format_duration,
)
from leakgui.model.difference import Changes, Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.metric import Unit
from leakgui.texts import say, say_count

MOST_ROWS = 25


def difference_section(difference: Difference | None) -> Markup:
    """Return the largest changes between two snapshots."""
    if difference is None:
        return Markup("")
    parts = [
        element(
            "h2",
            say(
                "Difference of snapshots {first} and {last}",
                first=difference.from_number,
                last=difference.to_number,
            ),
        ),
        element("p", _span_of(difference), class_="dim"),
    ]
    for title, changes in (
        (say("Mappings"), difference.mappings),
        (say("Handles"), difference.handles),
        (say("Threads"), difference.threads),
    ):
        parts += [element("h3", title), _changes(changes)]
    parts += _heap(difference)
    if difference.gaps:
        gaps = (
            f"{gap.where}: {gap.reason.value} {gap.detail}" for gap in difference.gaps
        )
        parts += [element("h3", say("Missing")), bullet_list(gaps)]
    return element("section", *parts)


def _heap(difference: Difference) -> Iterator[Markup]:
    """Yield what the whole heap holds, then its groups; nothing that is not known."""
    if difference.heap is not None:
        yield element("h3", say("Native heap"))
        yield _heap_totals(difference.heap)
    for title, changes in (
        (say("Heap by type"), difference.heap_by_type),
        (say("Heap by size"), difference.heap_by_size),
        (say("Lost blocks"), difference.heap_lost),
    ):
        if changes is not None:
            yield element("h3", title)
            yield _changes(changes)


def _heap_totals(heap: HeapDifference) -> Markup:
    rows = (
        (
            total.label,
            *map(format_count, (total.before, total.after)),
            format_change(total.delta, Unit.COUNT),
            *map(format_bytes, (total.before_bytes, total.after_bytes)),
            format_change(total.delta_bytes, Unit.BYTES),
        )
        for total in list_heap_totals(heap)
    )
    heads = (
        *(say("Blocks"), say("Before"), say("After"), say("Change")),
        *(say("Bytes before"), say("Bytes after"), say("Change")),
    )
    return table(heads, rows, numbers_from=1)


def _span_of(difference: Difference) -> str:
    seconds = difference.to_elapsed_s - difference.from_elapsed_s
    text = say("{span} lie between them.", span=format_duration(round(seconds)))
    if difference.steps:
        text += " " + say_count(
            "{count} step was marked.", "{count} steps were marked.", difference.steps
        )
    if not difference.has_change:
        noise = format_bytes(difference.noise_bytes)
        text += " " + say("No difference above noise (±{noise}).", noise=noise)
    return text


def _changes(changes: Changes | None) -> Markup:
    if changes is None:
        return element("p", say("n/a: not read"), class_="dim")
    changed = [
        row
        for row in range(len(changes))
        if changes.delta[row] or _finite(changes.delta_bytes[row])
    ]
    if not changed:
        return element("p", say("No change."), class_="dim")
    heads = (
        *(say("What"), say("Kind"), say("Detail")),
        *(say("Before"), say("After"), say("Change"), say("Bytes")),
    )
    shown = table(
        heads, (_change(changes, row) for row in changed[:MOST_ROWS]), numbers_from=3
    )
    left_out = len(changed) - MOST_ROWS
    if left_out <= 0:
        return shown
    more = say_count("{count} more row", "{count} more rows", left_out)
    return joined([shown, element("p", more, class_="dim")])


def _change(changes: Changes, row: int) -> tuple[str, ...]:
    size = float(changes.delta_bytes[row])
    return (
        *(changes.key[row], kind_word(changes.kind[row]), changes.detail[row]),
        format_count(int(changes.before[row])),
        format_count(int(changes.after[row])),
        format_change(int(changes.delta[row]), Unit.COUNT),
        "" if math.isnan(size) else format_change(size, Unit.BYTES),
    )


def _finite(value: float) -> bool:
    return math.isfinite(value) and value != 0
