"""Start a practice target, in the window or recorded without one."""

from __future__ import annotations

import os
import signal
import time
from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context, parse_seconds
from leakgui.cli.output import print_json, print_message, print_table
from leakgui.demo.catalogue import HEADLINE, TARGETS, PracticeTarget
from leakgui.errors import BadUsage
from leakgui.formatting import format_duration, printable
from leakgui.model.opening import Opening
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.demo.starting import PreparedTarget
    from leakgui.model.process import ProcessKey
    from leakgui.recording.launch import Launched

name = "demo"
summary = "start a practice target and open the window on it"

_PATIENCE_S = 5.0
_LOOK_S = 0.02
_LONGER_S = 60
"""A target ends by itself this long after its recording should have."""


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", default=HEADLINE, metavar="NAME",
        help=say("which one; default: {name}", name=HEADLINE),
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help=say("list them and end"))
    parser.add_argument(
        "--headless", action="store_true",
        help=say("record without a window and say the verdict"),
    )  # fmt: skip
    parser.add_argument(
        "--for", dest="for_s", metavar="S", help=say("how long to record, headless")
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="F.leak",
        help=say("where to keep the recording; default: NAME-TIME.leak"),
    )  # fmt: skip
    parser.add_argument(
        "--html", type=Path, metavar="F", help=say("write the report too")
    )
    parser.add_argument("--json", action="store_true", help=say("print JSON"))


def run(arguments: Namespace, context: Context) -> int:
    if arguments.list:
        return _list(is_json=arguments.json)
    from leakgui.demo.starting import prepare_target

    if arguments.headless:
        return _record(arguments, context)
    if arguments.for_s or arguments.output or arguments.html or arguments.json:
        raise BadUsage(
            say("--for, -o, --html and --json need --headless."), "leakgui demo --help"
        )
    from leakgui.cli.display import require_display

    require_display()
    prepared = prepare_target(arguments.name)
    _introduce(prepared)
    opening = Opening(command=prepared.command, title=prepared.target.name)
    return context.open_window(opening)


def _list(*, is_json: bool) -> int:
    if is_json:
        for target in TARGETS:
            print_json(_as_json(target))
        return 0
    headers = [say(header) for header in ("NAME", "IN", ">TAKES", "WHAT IT DOES")]
    rows = [
        (
            row.name,
            row.language.value,
            format_duration(row.fair_answer_s),
            say(row.what),
        )
        for row in TARGETS
    ]
    print_table(headers, rows)
    return 0


def _as_json(target: PracticeTarget) -> dict[str, object]:
    return {
        "name": target.name,
        "title": target.title,
        "language": target.language.value,
        "what": target.what,
        "expected_verdict": target.expected_verdict.value,
        "expected_class": target.expected_class.value,
        "fair_answer_s": target.fair_answer_s,
    }


def _record(arguments: Namespace, context: Context) -> int:
    """Record a target without a window, judge it, and end it."""
    from leakgui.cli.export import write_report
    from leakgui.cli.judge import print_judgement
    from leakgui.cli.loading import load
    from leakgui.demo.starting import prepare_target

    fair_s = prepare_target(arguments.name).target.fair_answer_s
    for_s = parse_seconds(arguments.for_s) if arguments.for_s else float(fair_s)
    prepared = prepare_target(arguments.name, for_s=for_s + _LONGER_S)
    path = arguments.output or _new_file(prepared.target.name)
    _introduce(prepared)
    _watch_target(prepared, path, for_s, context)
    loaded = load(path)
    if arguments.html:
        write_report(loaded, arguments.html)
        print_message(say("Report: {path}", path=printable(str(arguments.html))))
    return print_judgement(loaded.judgement, str(path), is_json=arguments.json)


def _new_file(target: str) -> Path:
    moment = datetime.now().astimezone()
    return Path(f"{target}-{moment:%Y%m%d-%H%M%S}.leak")


def _introduce(prepared: PreparedTarget) -> None:
    print_message(say("Practice target {name}:", name=prepared.target.name))
    print_message(f"  {say(prepared.target.what)}")
    if prepared.note:
        print_message(f"  {prepared.note}")


def _watch_target(
    prepared: PreparedTarget, path: Path, for_s: float, context: Context
) -> None:
    from leakgui.cli.stopping import stop_wish
    from leakgui.cli.watching import tell_what_was_recorded, watch
    from leakgui.recording.launch import launch
    from leakgui.recording.recorder import Recorder

    with stop_wish() as wish:
        child = launch(prepared.command)
        try:
            _wait_for_name(child.key, prepared.target.name)
            recorder = Recorder(
                child.key,
                path,
                interval_s=context.settings.number("interval_s"),
                cost_share=context.settings.number("cost_share"),
                snapshot_every_s=max(1.0, for_s / 4),
                child=child,
            )
            watch(recorder, for_s, wish)
        finally:
            _end(child)
    tell_what_was_recorded(recorder, path)


def _wait_for_name(key: ProcessKey, name: str) -> None:
    """Give a Python target the moment that it needs to be more than an interpreter."""
    from leakgui.probe.platform import current

    reader = current().open_reader(key)
    deadline_s = time.monotonic() + _PATIENCE_S
    try:
        # The kernel keeps 15 characters, proc(5) comm.
        while reader.describe().name[:15] != name[:15]:
            if time.monotonic() > deadline_s:
                return
            time.sleep(_LOOK_S)
    finally:
        reader.close()


def _end(child: Launched) -> None:
    """End the target that was started here, and no other process."""
    if child.poll() is None:  # so its pid cannot be another's yet
        os.kill(child.key.pid, signal.SIGTERM)
        child.wait(_PATIENCE_S)
