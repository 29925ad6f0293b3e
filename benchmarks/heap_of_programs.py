"""What leakgui says of the heaps of real programs under load: nothing false, it hopes.

    python benchmarks/heap_of_programs.py [NAME ...] [--one-look]

Each program is started, worked, looked into twice, and ended. Prints blocks in use,
pauses, and what is lost directly, indirectly and possibly, with the largest of what
is lost, so that each can be looked into.
"""

from __future__ import annotations

import argparse
import sys

from heap_programs import HEAP_PROGRAMS
from programs import Program
from stage import DidNotStart, Stage

from leakgui.formatting import format_bytes, format_count
from leakgui.helper.client import HelperClient
from leakgui.model.heap import Heap
from leakgui.probe.platform import current
from leakgui.recording.heap_looking import HeapLooking, Look
from leakgui.recording.heap_taking import HeapWish
from leakgui.worker.client import WorkerClient

_MOST_LINES = 6


def look_into(program: Program, looking: HeapLooking, confirm_after_s: float) -> None:
    """Start one program, look into it, and print what was found."""
    missing = program.missing()
    if missing:
        print(f"{program.name:<18} not run: {', '.join(missing)} missing")
        return
    with Stage() as stage:
        try:
            pid = program.start(stage)
        except DidNotStart as problem:
            print(f"{program.name:<18} did not start: {problem}")
            return
        wish = HeapWish(confirm_after_s=confirm_after_s)
        look = looking.look(current().find_key(pid), wish, lambda: False)
    print_look(program.name, look)


def print_look(name: str, look: Look) -> None:
    """Print one line, and the largest of what is lost."""
    heap = look.heap
    if heap is None or heap.leaked is None or heap.blocks is None:
        reasons = [*(gap.detail for gap in look.gaps), *(heap.notes if heap else ())]
        print(f"{name:<18} no verdict: {' '.join(dict.fromkeys(reasons))}", flush=True)
        return
    leaked = heap.leaked
    pauses = " + ".join(f"{pause:.0f}" for pause in heap.paused_ms)
    print(
        f"{name:<18} {format_count(heap.blocks.in_use):>9} blocks "
        f"{format_bytes(heap.blocks.in_use_bytes):>9}  paused {pauses} ms  "
        f"direct {leaked.direct} ({format_bytes(leaked.direct_bytes)})  "
        f"indirect {leaked.indirect}  possible {leaked.possible}  "
        f"unconfirmed {leaked.unconfirmed}  walked {heap.walked_share:.0%}"
        f"{'' if heap.is_complete else '  NOT COMPLETE'}",
        flush=True,
    )
    _print_details(heap)


def _print_details(heap: Heap) -> None:
    for note in heap.notes:
        print(f"{'':<20}{note}")
    lost, possible = heap.lost, heap.possible
    for row in range(min(_MOST_LINES, len(lost) if lost else 0)):
        assert lost is not None
        print(
            f"{'':<20}lost {lost.address[row]:#x}: {lost.bytes[row]} bytes"
            f" {lost.type_name[row]} + {lost.indirect[row]} blocks {lost.peek[row]!r}"
        )
    for row in range(min(_MOST_LINES, len(possible) if possible else 0)):
        assert possible is not None
        print(
            f"{'':<20}possible: {possible.count[row]} of {possible.bytes[row]} bytes"
            f" entered at {possible.offset[row]} {possible.type_name[row]}"
        )
    if heap.intrusive is not None and len(heap.intrusive):
        print(f"{'':<20}headers: {heap.intrusive.count.sum()} blocks")


def main() -> int:
    """Look into the programs that were asked for; returns 2 for an unknown name."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--one-look", action="store_true")
    chosen = parser.parse_args()
    known = {program.name: program for program in HEAP_PROGRAMS}
    if unknown := set(chosen.names) - set(known):
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    with HelperClient() as helper, WorkerClient() as worker:
        looking = HeapLooking(helper, worker)
        for name in chosen.names or known:
            look_into(known[name], looking, 0.0 if chosen.one_look else 3.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
