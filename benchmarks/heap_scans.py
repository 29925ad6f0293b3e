"""Walk the stress target again and again while it runs, and hold it to its own table.

Usage: heap_scans.py [SCANS]

Six threads use every allocation call there is; each scan stops them wherever they are,
also inside malloc. The output is a table in Markdown.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.live.stressed_heap import (  # noqa: E402  # needs the path above
    Comparison,
    StressedHeap,
    build,
)

SCANS = 100
OPTIONS = {
    "as it is": {},
    "one arena": {"MALLOC_ARENA_MAX": "1"},
    "mappings from 150 kB": {"STRESS_MMAP_THRESHOLD": "150000"},
    "mappings from 20 kB": {"STRESS_MMAP_THRESHOLD": "20000"},
}
OWN = 20
"""So many blocks at most are the C library's own: caches, threads' vectors, start."""


def main(arguments: Sequence[str]) -> int:
    scans = int(arguments[0]) if arguments else SCANS
    print("| build | options | scans | blocks | missing | in flight at most "
          "| not complete |")  # fmt: skip
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="scans-") as folder:
        for kind, flags in (("dynamic", ()), ("static", ("-static",))):
            program = build(Path(folder), *flags, name=kind)
            for name, options in OPTIONS.items():
                found = scan(program, options, scans)
                print(f"| {kind} | {name} | {describe(found)} |", flush=True)
    return 0


def scan(program: Path, options: dict[str, str], scans: int) -> list[Comparison]:
    with StressedHeap([program], "run", options) as heap:
        found = [heap.compare() for _ in range(scans)]
        if heap.end() != 0:
            sys.exit(f"{program} failed")
    return found


def describe(found: list[Comparison]) -> str:
    cells = (
        len(found),
        sum(one.live for one in found),
        sum(len(one.missing) + len(one.wrong_sizes) for one in found),
        max(0, max(len(one.others) for one in found) - OWN),
        sum(not one.walk.is_complete for one in found),
    )
    return " | ".join(map(str, cells))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
