"""Say what this machine and a process allow, and what would allow more."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace

from leakgui.cli.command import Context, parse_pid
from leakgui.cli.machine import Fact, look_at_machine
from leakgui.cli.output import print_json, print_line
from leakgui.errors import LeakguiError
from leakgui.formatting import format_bytes, format_duration, printable
from leakgui.texts import say

name = "doctor"
summary = "say what this machine and a process allow, and what would allow more"


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument(
        "pid", nargs="?", metavar="PID", help=say("say what this process allows too")
    )
    parser.add_argument(
        "--json", action="store_true", help=say("one JSON object a fact")
    )


def run(arguments: Namespace, context: Context) -> int:  # noqa: ARG001  # needs none
    pid = parse_pid(arguments.pid) if arguments.pid else None
    facts = look_at_machine(os.environ)
    allowed = [*_capabilities(pid), *_heap_facts(pid)] if pid else []
    if arguments.json:
        for about, fact in [("machine", fact) for fact in facts] + [
            (f"process {pid}", fact) for fact in allowed
        ]:
            print_json(_as_json(about, fact))
        return 0
    _print_facts(say("This machine"), facts)
    if pid:
        print_line()
        _print_facts(say("Process {pid}", pid=pid), allowed)
    return 0


def _capabilities(pid: int) -> list[Fact]:
    from leakgui.probe.platform import current

    platform = current()
    return [
        Fact(row.key, row.label, row.reason, is_fine=row.is_allowed, advice=row.command)
        for row in platform.capabilities(platform.find_key(pid))
    ]


def _heap_facts(pid: int) -> list[Fact]:
    """Return whether the native heap can be copied, how, and at what cost."""
    from leakgui.helper.client import HelperClient
    from leakgui.probe.platform import current

    label = say("Copy of the heap (snapshot --heap)")
    with HelperClient() as helper:
        try:
            estimate = helper.estimate_heap_copy(current().find_key(pid))
        except LeakguiError as error:
            return [
                Fact(
                    "heap-copy", label, error.message, is_fine=False, advice=error.hint
                )
            ]
    cost = say(
        "about {pause} for {size}, {needs} of memory here meanwhile",
        pause=_pause(estimate.paused_ms),
        size=format_bytes(estimate.copy_bytes),
        needs=format_bytes(estimate.needs_bytes),
    )
    fork = (
        say("about {pause}", pause=_pause(estimate.fork_paused_ms))
        if estimate.can_fork
        else estimate.cannot_fork_reason
    )
    return [
        Fact("heap-copy", label, cost),
        Fact("heap-fork", say("... by a fork (--inject)"), fork,
             is_fine=estimate.can_fork),
    ]  # fmt: skip


def _pause(paused_ms: float) -> str:
    return format_duration(max(paused_ms, 1.0) / 1000)


def _print_facts(title: str, facts: list[Fact]) -> None:
    print_line(title)
    width = max(len(fact.label) for fact in facts)
    for fact in facts:
        mark = "✓" if fact.is_fine else "✗"
        print_line(f"  {mark} {fact.label:<{width}}  {printable(fact.value)}")
        if fact.advice and not fact.is_fine:
            print_line(f"    {'':<{width}}  → {fact.advice}")


def _as_json(about: str, fact: Fact) -> dict[str, object]:
    return {
        "about": about,
        "key": fact.key,
        "label": fact.label,
        "value": fact.value,
        "is_fine": fact.is_fine,
        "advice": fact.advice,
    }
