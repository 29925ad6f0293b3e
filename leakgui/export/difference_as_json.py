"""A difference as the object that ``leakgui diff --json`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator

from leakgui.export.heap_totals import list_heap_totals
from leakgui.formatting import printable
from leakgui.model.difference import Changes, Difference
from leakgui.model.heap import HeapDifference
from leakgui.model.snapshot import Gap, GapReason
from leakgui.texts import say

SCHEMA = 1
_HEAP_SECTIONS = ("heap_by_size", "heap_by_type", "heap_lost")
_SECTIONS_WITHOUT_WALK = ("objects_by_type", "containers")


def difference_as_json(difference: Difference) -> dict[str, object]:
    """Return the keys of the command line's contract, schema 1.

    Sections that a recording cannot hold, or that were not read, are None and
    have their reason in ``gaps``.
    """
    return {
        "schema": SCHEMA,
        "from": difference.from_number,
        "to": difference.to_number,
        "mappings": _section(difference.mappings),
        "handles": _section(difference.handles),
        "threads": _section(difference.threads),
        "heap": _totals(difference.heap),
        **{key: _section(getattr(difference, key)) for key in _HEAP_SECTIONS},
        **dict.fromkeys(_SECTIONS_WITHOUT_WALK),
        "gaps": [
            *_gaps(difference),
            *_missing_heap(difference),
            *(_no_walk(key) for key in _SECTIONS_WITHOUT_WALK),
        ],
    }


def _totals(heap: HeapDifference | None) -> dict[str, dict[str, int]] | None:
    """Return blocks and bytes of the whole heap, under the keys of a snapshot."""
    if heap is None:
        return None
    found = {}
    for total in list_heap_totals(heap):
        found[total.key] = {
            "before": total.before, "after": total.after, "delta": total.delta,
        }  # fmt: skip
        found[f"{total.key}_bytes"] = {
            "before": total.before_bytes, "after": total.after_bytes,
            "delta": total.delta_bytes,
        }  # fmt: skip
    return found


def _section(changes: Changes | None) -> list[dict[str, object]] | None:
    return None if changes is None else [_row(changes, i) for i in range(len(changes))]


def _row(changes: Changes, row: int) -> dict[str, object]:
    return {
        "key": printable(changes.key[row]),
        "kind": changes.kind[row],
        "detail": printable(changes.detail[row]),
        "before": int(changes.before[row]),
        "after": int(changes.after[row]),
        "delta": int(changes.delta[row]),
        "before_bytes": _whole(float(changes.before_bytes[row])),
        "after_bytes": _whole(float(changes.after_bytes[row])),
        "delta_bytes": _whole(float(changes.delta_bytes[row])),
    }


def _whole(value: float) -> int | None:
    """Return a number of bytes; unknown is null, for JSON has no NaN."""
    return None if math.isnan(value) else round(value)


def _gaps(difference: Difference) -> list[dict[str, str]]:
    return [
        {
            "where": gap.where,
            "reason": gap.reason.value,
            "detail": printable(gap.detail),
        }
        for gap in difference.gaps
    ]


def _missing_heap(difference: Difference) -> Iterator[dict[str, str]]:
    """Return why each section about the heap is null: what was told of the heap."""
    gap = _heap_gap(difference)
    told = {known.where for known in difference.gaps}
    for section in ("heap", *_HEAP_SECTIONS):
        if getattr(difference, section) is None and section not in told:
            yield {
                "where": section,
                "reason": gap.reason.value,
                "detail": printable(gap.detail),
            }


def _heap_gap(difference: Difference) -> Gap:
    """Return the gap of the heap as a whole, of its blocks, or what can be known."""
    told = {gap.where: gap for gap in reversed(difference.gaps)}
    for where in ("heap", "heap.groups"):
        if where in told:
            return told[where]
    reason = GapReason.UNREADABLE
    if difference.heap is not None:
        detail = say("Not both of the snapshots say of which kind the blocks are.")
    elif difference.heap_by_type is not None:
        detail = say("What is lost is not known in both of the snapshots.")
    else:
        reason = GapReason.UNSUPPORTED
        detail = say("The snapshots did not look into it.")
    return Gap(where="heap", reason=reason, detail=detail)


def _no_walk(section: str) -> dict[str, str]:
    return {
        "where": section,
        "reason": GapReason.UNSUPPORTED.value,
        "detail": say("Objects inside an interpreter are not looked into."),
    }
