"""Record a process, or start one and record it, until told to stop."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context, parse_pid, parse_seconds
from leakgui.cli.heap_options import add_heap_options, wish_of
from leakgui.cli.output import print_message
from leakgui.errors import BadUsage, LeakguiError, ProcessGone
from leakgui.formatting import format_duration
from leakgui.settings import SETTING_BY_KEY, check_value
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.model.process import ProcessKey
    from leakgui.recording.heap_taking import HeapHelper, HeapWish
    from leakgui.recording.launch import Launched

name = "record"
summary = "record a process, or start a program and record it"

HEAP_EVERY_S = 60.0
HEAPS_OF_SHORT = 4


def prepare_parser(parser: ArgumentParser) -> None:
    parser.usage = (
        "leakgui record PID -o F.leak [options]\n"
        "       leakgui record -o F.leak [options] -- COMMAND [ARGUMENT ...]"
    )
    parser.add_argument("pid", nargs="?", metavar="PID", help=say("what to record"))
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="F.leak",
        help=say("where to keep it; a file of the same process is gone on with"),
    )  # fmt: skip
    parser.add_argument(
        "--for", dest="for_s", metavar="S",
        help=say("end after this time (20, 20s, 5m, 1h); otherwise with Ctrl+C"),
    )  # fmt: skip
    parser.add_argument(
        "--interval", metavar="S", help=say("time between two readings")
    )
    parser.add_argument(
        "--snapshot-every",
        metavar="S",
        help=say("take a snapshot this often (with --heap: 1m by default)"),
    )
    add_heap_options(parser)


def run(arguments: Namespace, context: Context) -> int:
    heap = wish_of(arguments)
    if bool(arguments.pid) == bool(arguments.launched):
        raise BadUsage(
            say("Name one process to record, or after -- one program to start."),
            "leakgui record --help",
        )
    interval_s = _seconds(arguments.interval, context, "interval_s")
    snapshot_every_s = _seconds(arguments.snapshot_every, context, "snapshot_every_s")
    for_s = parse_seconds(arguments.for_s) if arguments.for_s else None
    if heap and not snapshot_every_s:
        snapshot_every_s = default_heap_every_s(for_s)
    from leakgui.cli.heap_access import tell_missing_heaps
    from leakgui.cli.stopping import stop_wish
    from leakgui.cli.watching import tell_what_was_recorded, watch
    from leakgui.recording.recorder import Recorder

    with stop_wish() as wish:
        key, child = _find_or_launch(arguments)
        recorder = Recorder(
            key,
            arguments.output,
            interval_s=interval_s,
            cost_share=context.settings.number("cost_share"),
            snapshot_every_s=snapshot_every_s,
            heap=heap,
            keep_blocks=False,
            child=child,
            helper=_prepare_helper(
                key, heap, snapshot_every_s, elevate=arguments.elevate
            ),
        )
        try:
            has_ended = watch(recorder, for_s, wish)
        except LeakguiError as error:
            raise _explain(error, child, arguments.launched) from error
    tell_what_was_recorded(recorder, arguments.output)
    if heap:
        tell_missing_heaps(recorder.live)
    if recorder.problem is not None:
        raise recorder.problem
    return _exit_code(child, has_ended=has_ended)


def default_heap_every_s(for_s: float | None) -> float:
    """Return how often to look into the heap where nobody said it.

    A verdict takes several looks: a short recording gets them closer together.
    """
    if for_s is None:
        return HEAP_EVERY_S
    return min(HEAP_EVERY_S, for_s / HEAPS_OF_SHORT)


def _seconds(text: str | None, context: Context, key: str) -> float:
    """Return what the command line says, else the setting; both within its range."""
    if text is None:
        return context.settings.number(key)
    seconds = parse_seconds(text)
    check_value(SETTING_BY_KEY[key], seconds)
    return seconds


def _find_or_launch(arguments: Namespace) -> tuple[ProcessKey, Launched | None]:
    if arguments.launched:
        from leakgui.recording.launch import launch

        child = launch(arguments.launched)
        return child.key, child
    from leakgui.probe.platform import current

    return current().find_key(parse_pid(arguments.pid)), None


def _prepare_helper(
    key: ProcessKey, wish: HeapWish | None, every_s: float, *, elevate: bool
) -> HeapHelper | None:
    """Tell what heaps will cost, and return who may copy them; None: anybody."""
    if wish is None:
        return None
    every = format_duration(every_s)
    print_message(say("A heap snapshot every {every} (--snapshot-every).", every=every))
    from leakgui.cli.heap_access import announce_heap
    from leakgui.helper.client import HelperClient

    first = HelperClient()
    helper = announce_heap(key, wish, first, elevate=elevate)
    if helper is not first:
        first.close()
    return helper


def _explain(
    error: LeakguiError, child: Launched | None, command: list[str]
) -> LeakguiError:
    """Say it of the program where leakgui started it, not of a process number."""
    if child is None:
        return error
    if isinstance(error, ProcessGone):
        from leakgui.recording.launch import ended_at_once

        return ended_at_once(command, child.wait(1.0))
    _tell_that_it_runs(child)
    return error


def _tell_that_it_runs(child: Launched) -> None:
    print_message(say("The program runs on; to end it: kill {pid}", pid=child.key.pid))


def _exit_code(child: Launched | None, *, has_ended: bool) -> int:
    """Return the program's own exit code where leakgui started it and it ended."""
    if child is None:
        return 0
    code = child.wait(1.0) if has_ended else child.poll()
    if code is not None:
        return code
    _tell_that_it_runs(child)
    return 0
