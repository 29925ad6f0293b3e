"""Open the window, after making sure that there is a screen to open it on."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from leakgui.cli.command import Context, parse_pid
from leakgui.cli.display import require_display
from leakgui.errors import SessionUnreadable
from leakgui.formatting import printable
from leakgui.model.opening import Opening
from leakgui.texts import say

name = "window"
summary = "open the window"


def prepare_parser(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="PID|FILE", help=say("a process, or a recording")
    )


def can_open(word: str) -> bool:
    """Return whether a first argument that is no command means the window."""
    return word.isdigit() or word.endswith(".leak") or _is_file(word)


def _is_file(word: str) -> bool:
    try:
        return Path(word).is_file()
    except (OSError, ValueError):  # too long for a name, for instance
        return False


def run(arguments: Namespace, context: Context) -> int:
    opening = _find_opening(arguments.what)
    require_display()
    return context.open_window(opening)


def _find_opening(what: str | None) -> Opening:
    if what is None:
        return Opening()
    if _is_file(what):
        return Opening(file=Path(what))
    if not what.isdigit():
        file = printable(what)
        raise SessionUnreadable(
            say("There is no recording {file}.", file=file),
            say("leakgui record PID -o {file} makes one.", file=file),
        )
    from leakgui.probe.platform import current

    pid = parse_pid(what)
    current().find_key(pid)  # a mistyped pid is told here, not in a window
    return Opening(pid=pid)
