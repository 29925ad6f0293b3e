"""What leakgui says of real programs under load, and of its practice targets.

    python benchmarks/real_programs.py [NAME ...] [--for 75] [--at-once 3] [--keep DIR]
    python benchmarks/real_programs.py --practice [NAME ...]

Programs that nobody wrote for leakgui are started on the loopback address, put under
load, recorded, judged from the session and again from its CSV, and ended. A star
marks a false alarm: trouble at medium or high confidence in a healthy program.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from programs import PROGRAMS, Program
from stage import DidNotStart, Stage

Answer = dict[str, object]
_LEAKGUI = [sys.executable, "-m", "leakgui"]
_COULD_NOT = 2
_COST = re.compile(r"at (\S+) ?% of a core")
_RECORDED = re.compile(r"for (.+?), at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long everything is recorded, and where the recordings go."""

    for_s: int
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was found of one program, or why nothing was."""

    name: str
    note: str = ""
    has_failed: bool = False
    recorded: str = ""
    cost: str = ""
    verdict: str = ""
    named: str = ""
    confidence: str = ""
    metric: str = ""
    csv_agrees: bool = False
    summary: str = ""


class Failed(Exception):
    """leakgui itself did not do what it was asked to."""


def run_leakgui(*arguments: str | Path, fine: Sequence[int] = (0,)) -> tuple[str, str]:
    """Run one command; return what it prints and what it tells."""
    done = subprocess.run(
        [*_LEAKGUI, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode not in fine:
        raise Failed(f"exit code {done.returncode}: {done.stderr.strip()[-200:]}")
    return done.stdout, done.stderr


def judge(path: Path) -> Answer:
    """Return the answer of ``leakgui judge --json``."""
    answer: Answer = json.loads(run_leakgui("judge", "--json", path, fine=(0, 1, 3))[0])
    return answer


def examine(name: str, session: Path, told: str) -> Row:
    """Judge a session, and once more the CSV that is exported from it."""
    table = session.with_suffix(".csv")
    run_leakgui("export", session, "--csv", table)
    answer, again = judge(session), judge(table)
    first, first_again = _first(answer), _first(again)
    cost, recorded = _COST.search(told), _RECORDED.search(told)
    evidence = first["evidence"]
    return Row(
        name=name,
        recorded=recorded[1] if recorded else "",
        cost=f"{cost[1]} %" if cost else "",
        verdict=str(answer["verdict"]),
        named=str(first["class"]),
        confidence=str(first["confidence"]),
        metric=str(first["metric"]),
        csv_agrees=(answer["verdict"], first["class"], answer["series"])
        == (again["verdict"], first_again["class"], again["series"]),
        summary=" ".join(evidence) if isinstance(evidence, list) else "",
    )


def _first(answer: Answer) -> Answer:
    findings = answer["findings"]
    assert isinstance(findings, list)
    found: Answer = findings[0]
    return found


def record_program(program: Program, plan: Plan) -> Row:
    """Start one program, record it under load, and end it."""
    if missing := program.missing():
        return Row(name=program.name, note=f"not installed: {', '.join(missing)}")
    session = plan.folder / f"{program.name}.leak"
    with Stage() as stage:
        try:
            pid = program.start(stage)
        except DidNotStart as problem:
            return Row(name=program.name, note=str(problem))
        _, told = run_leakgui(
            "record", str(pid), "-o", session, "--for", str(plan.for_s),
            "--snapshot-every", "20",
        )  # fmt: skip
    return examine(program.name, session, told)


def is_false_alarm(row: Row, program: Program) -> bool:
    """Trouble that was meant seriously, in a program that has none."""
    if row.verdict == "growing" and row.confidence == "medium" and program.grows:
        return False
    is_trouble = row.verdict in ("leak", "growing", "overflow")
    is_meant = row.confidence in ("medium", "high")
    return is_trouble and is_meant and row.named not in program.also_fair


def record_target(target: Answer, plan: Plan) -> Row:
    """Record one practice target as ``leakgui demo --headless`` does."""
    name = str(target["name"])
    session = plan.folder / f"{name}.leak"
    _, told = run_leakgui(
        "demo", name, "--headless", "--for", str(plan.for_s), "-o", session,
        fine=(0, 1, 3),
    )  # fmt: skip
    return examine(name, session, told)


def practice_targets() -> list[Answer]:
    """Return the catalogue of practice targets."""
    lines = run_leakgui("demo", "--list", "--json")[0].splitlines()
    return [json.loads(line) for line in lines]


def _guarded(work: Callable[[], Row], name: str) -> Row:
    try:
        return work()
    except (Failed, OSError) as problem:
        return Row(name=name, note=str(problem), has_failed=True)


def show_programs(rows: Sequence[Row], programs: Sequence[Program]) -> int:
    """Print the first table; return how many rows show a fault of leakgui."""
    head = f"{'program':20} {'seconds':>8} {'verdict':10} {'class':22} "
    print(head + f"{'conf.':7} {'metric':16} CSV  cost")
    false = failed = 0
    for row, program in zip(rows, programs, strict=True):
        is_false = not row.note and is_false_alarm(row, program)
        false += is_false
        failed += row.has_failed or not (row.note or row.csv_agrees)
        print(f"{row.name:20} {row.note or _cells(row)}{'  *' if is_false else ''}")
    print(f"{false} false alarms of {sum(not row.note for row in rows)} programs")
    return false + failed


def show_targets(rows: Sequence[Row], targets: Sequence[Answer]) -> int:
    """Print the second table; return how many answers were wrong."""
    head = f"{'practice target':20} {'expected':30} {'seconds':>8} "
    print(head + f"{'verdict':10} {'class':22} {'conf.':7} {'metric':16} CSV  cost")
    wrong = 0
    for row, target in zip(rows, targets, strict=True):
        expected = (target["expected_verdict"], target["expected_class"])
        is_wrong = (row.verdict, row.named) != expected or not row.csv_agrees
        wrong += is_wrong
        mark = "  *" if is_wrong else ""
        told = "{} {}".format(*expected)
        print(f"{row.name:20} {told:30} {row.note or _cells(row)}{mark}")
    print(f"{wrong} wrong answers of {len(rows)} practice targets")
    return wrong


def _cells(row: Row) -> str:
    return (
        f"{row.recorded:>8} {row.verdict:10} {row.named:22} {row.confidence:7} "
        f"{row.metric:16} {'yes' if row.csv_agrees else 'NO':4} {row.cost}"
    )


def _run_programs(names: list[str], plan: Plan, at_once: int) -> int:
    programs = [row for row in PROGRAMS if not names or row.name in names]
    with ThreadPoolExecutor(at_once) as pool:
        rows = list(
            pool.map(
                lambda row: _guarded(lambda: record_program(row, plan), row.name),
                programs,
            )
        )
    return show_programs(rows, programs)


def _run_targets(names: list[str], plan: Plan, at_once: int) -> int:
    targets = [row for row in practice_targets() if not names or row["name"] in names]
    with ThreadPoolExecutor(at_once) as pool:
        rows = list(
            pool.map(
                lambda row: _guarded(
                    lambda: record_target(row, plan), str(row["name"])
                ),
                targets,
            )
        )
    return show_targets(rows, targets)


def main() -> None:
    """Record what was asked for; the exit code is 1 where an answer was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--practice", action="store_true", help="practice targets")
    parser.add_argument("--for", dest="for_s", type=int, default=75, metavar="S")
    parser.add_argument("--at-once", type=int, default=min(3, os.cpu_count() or 1))
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the recordings")
    options = parser.parse_args()
    known = {row.name for row in PROGRAMS}
    if not options.practice and (unknown := set(options.names) - known):
        parser.error(f"not known: {', '.join(sorted(unknown))}; {sorted(known)}")
    run = _run_targets if options.practice else _run_programs
    with tempfile.TemporaryDirectory(prefix="leakgui-real-") as beside:
        folder = options.keep or Path(beside)
        folder.mkdir(parents=True, exist_ok=True)
        plan = Plan(for_s=options.for_s, folder=folder)
        sys.exit(run(options.names, plan, options.at_once) > 0)


if __name__ == "__main__":
    main()
