"""Compare two snapshots of a recording."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context, refuse_to_replace
from leakgui.cli.output import print_json, print_line, print_message, print_table
from leakgui.formatting import format_bytes, format_change, format_duration, printable
from leakgui.model.metric import METRIC_BY_KEY, Unit
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.model.difference import Changes, Difference
    from leakgui.model.snapshot import Gap

name = "diff"
summary = "compare two snapshots of a recording"

MOST_ROWS = 20
_COMPARED = {
    "mappings": "mappings",
    "handles": "handles",
    "threads": "threads",
    "heap": "heap_by_type",
}
"""Where gaps are told, and what is not None where it could be compared all the same."""
_PLAIN_KINDS = ("size", "text")
"""Of blocks; their key says it."""
_FIGURES = ("rss_bytes", "uss_bytes", "handles", "threads", "mappings")


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="F.leak", help=say("the recording"))
    parser.add_argument(
        "--from", dest="before", type=int, metavar="N", help=say("default: the first")
    )
    parser.add_argument(
        "--to", dest="after", type=int, metavar="N", help=say("default: the last")
    )
    parser.add_argument("--json", action="store_true", help=say("one JSON object"))
    parser.add_argument(
        "--csv", type=Path, metavar="OUT", help=say("write every change to a table")
    )
    parser.add_argument(
        "--mask", action="store_true", help=say("replace names, leave out contents")
    )


def run(arguments: Namespace, context: Context) -> int:
    refuse_to_replace(arguments.file, arguments.csv)
    from leakgui.cli.loading import compare_snapshots
    from leakgui.session.reader import SessionReader

    with SessionReader(arguments.file) as reader:
        difference = compare_snapshots(reader, arguments.before, arguments.after)
    if arguments.mask:
        from leakgui.export.masking import Masker

        difference = Masker().difference(difference)
    if arguments.csv:
        from leakgui.export.as_table import write_difference

        # What is masked already has nothing left to mask.
        is_to_mask = bool(context.settings.get("mask")) and not arguments.mask
        write_difference(difference, arguments.csv, mask=is_to_mask)
        print_message(say("Written: {path}", path=printable(str(arguments.csv))))
    if arguments.json:
        from leakgui.export.difference_as_json import difference_as_json

        print_json(difference_as_json(difference))
    elif not arguments.csv:
        _print_difference(difference)
    return 0


def _print_difference(difference: Difference) -> None:
    span_s = difference.to_elapsed_s - difference.from_elapsed_s
    print_line(
        say(
            "Snapshot {before} to {after}, {span} apart",
            before=difference.from_number,
            after=difference.to_number,
            span=format_duration(span_s),
        )
    )
    if not difference.has_change:
        noise = format_bytes(difference.noise_bytes)
        print_line(say("No difference above noise (±{noise}).", noise=noise))
    _print_figures(difference)
    _print_changes(say("Mappings"), difference.mappings)
    _print_changes(say("Handles"), difference.handles)
    _print_changes(say("Threads"), difference.threads)
    _print_changes(say("Heap by type"), difference.heap_by_type)
    _print_changes(say("Heap by size"), difference.heap_by_size)
    _print_changes(say("Lost blocks"), difference.heap_lost)
    told: set[str] = set()
    for gap in difference.gaps:
        if gap.where not in told:  # a count and its table may both be refused
            print_message(_gap_text(difference, gap))
        told.add(gap.where)


def _gap_text(difference: Difference, gap: Gap) -> str:
    """Say what is missing, and that it was not compared only where that is so."""
    where = printable(", ".join(gap.where.split(".")))
    why = printable(gap.detail) or gap.reason.value
    section = gap.where.partition(".")[0]
    compared = getattr(difference, _COMPARED.get(section, ""), None)
    if section in _COMPARED and compared is None:
        return say("{where}: not compared, {why}", where=where, why=why)
    return say("{where}: {why}", where=where, why=why)


def _print_figures(difference: Difference) -> None:
    for key in _FIGURES:
        before, after = difference.counters.get(key, (None, None))
        if before is None or after is None:
            continue
        metric = METRIC_BY_KEY[key]
        change = format_change(after - before, metric.unit.value)
        print_line(f"  {say(metric.label):<20}{change:>12}")
    heap = difference.heap
    if heap is not None:
        for label, size in (
            (say("heap in use"), heap.in_use_bytes),
            (say("heap free"), heap.free_bytes),
            (say("heap lost"), heap.lost_bytes),
            (say("heap possibly lost"), heap.possible_bytes),
        ):
            print_line(f"  {label:<20}{format_change(size, Unit.BYTES):>12}")


def _print_changes(title: str, changes: Changes | None) -> None:
    if changes is None:
        return
    rows = [_row(changes, row) for row in range(len(changes)) if _moved(changes, row)]
    print_line()
    if not rows:
        print_line(say("{title}: no change", title=title))
        return
    print_table((title, ">BEFORE", ">AFTER", ">CHANGE", ">BYTES"), rows[:MOST_ROWS])
    if len(rows) > MOST_ROWS:
        print_line(say("... and {count} more", count=len(rows) - MOST_ROWS))


def _moved(changes: Changes, row: int) -> bool:
    return bool(changes.delta[row] or changes.delta_bytes[row] > 0) or bool(
        changes.delta_bytes[row] < 0
    )


def _row(changes: Changes, row: int) -> tuple[str, ...]:
    size = float(changes.delta_bytes[row])
    return (
        printable(_named(changes, row), most=60),
        str(changes.before[row]),
        str(changes.after[row]),
        format_change(int(changes.delta[row]), "count"),
        "" if math.isnan(size) else format_change(size, "bytes"),
    )


def _named(changes: Changes, row: int) -> str:
    kind, key = changes.kind[row], changes.key[row]
    return key if kind in _PLAIN_KINDS else f"{kind} {key}"
