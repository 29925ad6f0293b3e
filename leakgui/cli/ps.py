"""List the processes that can be watched, and what each allows."""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from datetime import datetime

from leakgui.cli.command import Context
from leakgui.cli.output import print_json, print_table
from leakgui.formatting import UNKNOWN, format_bytes, format_count, format_utc
from leakgui.model.process import Process
from leakgui.texts import say

name = "ps"
summary = "list the processes that can be watched, and what each allows"


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", metavar="WORD",
        help=say("only processes with this in name, command, user or pid"),
    )  # fmt: skip
    parser.add_argument(
        "--mine", action="store_true", help=say("only processes of this user")
    )
    parser.add_argument(
        "--json", action="store_true", help=say("one JSON object a process")
    )


def run(arguments: Namespace, context: Context) -> int:  # noqa: ARG001  # needs none
    from leakgui.probe.platform import current

    listed = [
        process
        for process in current().list_processes()
        if not process.is_kernel_thread
        and (process.is_mine or not arguments.mine)
        and _matches(process, arguments.words)
    ]
    if arguments.json:
        for process in listed:
            print_json(_as_json(process))
        return 0
    listed.sort(key=lambda process: (-(process.rss_bytes or 0), process.key.pid))
    headers = [say(header) for header in _HEADERS]
    print_table(headers, [_as_row(process) for process in listed])
    return 0


_HEADERS = (
    ">PID", "NAME", "USER", ">RSS", ">HANDLES", ">THREADS", "STARTED", "ACCESS",
    "COMMAND",
)  # fmt: skip


def _matches(process: Process, words: list[str]) -> bool:
    text = f"{process.key.pid} {process.name} {process.user} {process.command}"
    return all(word.casefold() in text.casefold() for word in words)


def _as_row(process: Process) -> tuple[str, ...]:
    return (
        str(process.key.pid),
        process.name,
        process.user,
        format_bytes(process.rss_bytes),
        format_count(process.handles),
        format_count(process.threads),
        _local_time(process.started_unix_s),
        say(process.access.value),
        process.command,
    )


def _local_time(unix_s: float) -> str:
    if math.isnan(unix_s):
        return UNKNOWN
    moment = datetime.fromtimestamp(unix_s).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _as_json(process: Process) -> dict[str, object]:
    is_hidden = math.isnan(process.started_unix_s)
    return {
        "pid": process.key.pid,
        "start_ticks": None if is_hidden else process.key.start_ticks,
        "name": process.name,
        "user": process.user,
        "command": process.command,
        "started_utc": None if is_hidden else format_utc(process.started_unix_s),
        "state": process.state,
        "rss_bytes": process.rss_bytes,
        "handles": process.handles,
        "threads": process.threads,
        "access": process.access.value,
        "access_reason": process.access_reason,
        "group": process.group,
        "is_mine": process.is_mine,
    }
