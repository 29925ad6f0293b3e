"""Take one snapshot of a process into a session file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context, parse_pid
from leakgui.cli.heap_options import add_heap_options, wish_of
from leakgui.cli.output import print_json, print_line, print_message
from leakgui.formatting import format_bytes, format_count, format_utc, printable
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.model.process import ProcessKey, Target
    from leakgui.model.snapshot import Snapshot

name = "snapshot"
summary = "add one snapshot of a process to a recording"

COULD_NOT = 2
"""Nothing of the heap could be had, though it was asked for."""


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument("pid", metavar="PID", help=say("whose inside to keep"))
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="F.leak",
        help=say("a new file, or one of the same process to add to"),
    )  # fmt: skip
    parser.add_argument("--name", default="", help=say("what to call the snapshot"))
    add_heap_options(parser)
    parser.add_argument("--json", action="store_true", help=say("one JSON object"))


def run(arguments: Namespace, context: Context) -> int:  # noqa: ARG001  # needs none
    pid, wish = parse_pid(arguments.pid), wish_of(arguments)
    from leakgui.cli.keeping import Keeping
    from leakgui.cli.looking import look_at
    from leakgui.probe.platform import current

    key = current().find_key(pid)
    target, facts = _describe(key)
    with Keeping(arguments.output, target, facts) as file:
        snapshot = look_at(key, wish, elevate=arguments.elevate)
        snapshot = file.keep(replace(snapshot, name=arguments.name))
    _tell(arguments, target, snapshot)
    return COULD_NOT if wish and not _has_blocks(snapshot) else 0


def _has_blocks(snapshot: Snapshot) -> bool:
    return snapshot.heap is not None and snapshot.heap.blocks is not None


def _describe(key: ProcessKey) -> tuple[Target, dict[str, str]]:
    from leakgui.probe.platform import current

    reader = current().open_reader(key)
    try:
        return reader.describe(), reader.facts()
    finally:
        reader.close()


def _tell(arguments: Namespace, target: Target, snapshot: Snapshot) -> None:
    if arguments.json:
        answer = _as_json(str(arguments.output), target, snapshot)
        print_json(answer | (_heap_as_json(snapshot) if arguments.heap else {}))
        return
    print_line(
        say(
            "Snapshot {number} of {name} (PID {pid}) at {elapsed:.3f} s: {figures}",
            number=snapshot.number,
            name=printable(target.name),
            pid=target.key.pid,
            elapsed=snapshot.elapsed_s,
            figures=_figures(snapshot),
        )
    )
    if snapshot.heap is not None:
        from leakgui.cli.heap_text import print_heap

        print_heap(snapshot.heap)
    told: set[str] = set()
    for gap in snapshot.gaps:
        if gap.where not in told:  # a count and its table may both be refused
            print_message(f"  {_gap_text(gap.where, gap.reason.value, gap.detail)}")
        told.add(gap.where)


def _heap_as_json(snapshot: Snapshot) -> dict[str, object]:
    from leakgui.export.heap_as_json import heap_as_json

    return heap_as_json(snapshot.heap)


def _figures(snapshot: Snapshot) -> str:
    return say(
        "RSS {rss}, mappings {mappings}, handles {handles}, threads {threads}",
        rss=format_bytes(snapshot.counters.get("rss_bytes")),
        mappings=format_count(_rows(snapshot.mappings)),
        handles=format_count(_rows(snapshot.handles)),
        threads=format_count(_rows(snapshot.threads)),
    )


def _rows(table: object) -> int | None:
    return len(table) if hasattr(table, "__len__") else None


def _gap_text(where: str, reason: str, detail: str) -> str:
    where = printable(", ".join(where.split(".")))
    text = say("Not read, {where}: {reason}", where=where, reason=reason)
    return f"{text} ({printable(detail)})" if detail else text


def _as_json(file: str, target: Target, snapshot: Snapshot) -> dict[str, object]:
    heap = snapshot.heap
    return {
        "file": file,
        "target": {
            "pid": target.key.pid,
            "started_utc": format_utc(target.started_unix_s),
            "name": target.name,
        },
        "number": snapshot.number,
        "name": snapshot.name,
        "elapsed_s": snapshot.elapsed_s,
        "taken_utc": format_utc(snapshot.taken_unix_s),
        "counters": dict(snapshot.counters),
        "mappings": _rows(snapshot.mappings),
        "handles": _rows(snapshot.handles),
        "threads": _rows(snapshot.threads),
        "paused_ms": snapshot.paused_ms,
        "cost_ms": snapshot.cost_ms,
        "complete": not snapshot.gaps and (heap is None or heap.is_complete),
        "gaps": [
            {"where": gap.where, "reason": gap.reason.value, "detail": gap.detail}
            for gap in snapshot.gaps
        ],
    }
