"""Read the command line, run the command, turn known errors into exit codes."""

from __future__ import annotations

import difflib
import logging
import traceback
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

import leakgui
from leakgui.cli import (
    demo,
    diff,
    doctor,
    export,
    judge,
    ps,
    record,
    snapshot,
    window,
)
from leakgui.cli.command import Command, Context, OpenWindow, Parser
from leakgui.cli.output import (
    prepare_streams,
    print_line,
    print_message,
    silence_stdout,
)
from leakgui.errors import BadUsage, LeakguiError
from leakgui.formatting import printable
from leakgui.logs import set_up_logging
from leakgui.settings import SETTING_BY_KEY, SETTINGS, Settings, parse_value
from leakgui.texts import say, use_language

logger = logging.getLogger(__name__)

COMMANDS: tuple[Command, ...] = (
    demo, ps, record, snapshot, diff, judge, export, doctor,
)  # fmt: skip
COULD_NOT = 2
INTERRUPTED = 130
PIPE_CLOSED = 141


def run(arguments: Sequence[str], open_window: OpenWindow) -> int:
    """Run one command and return its exit code."""
    prepare_streams()
    is_verbose = "--verbose" in _before_dashes(arguments)
    set_up_logging(verbose=is_verbose)
    try:
        return _run(list(arguments), open_window)
    except LeakguiError as error:
        _tell(error, is_verbose=is_verbose)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return PIPE_CLOSED
    except Exception as error:
        logger.exception("not expected")
        print_message(say("leakgui: this is a bug in leakgui: {error}", error=error))
        return COULD_NOT


def _run(arguments: list[str], open_window: OpenWindow) -> int:
    head, launched = _split_launch(arguments)
    try:
        parsed = _parser_for(head).parse_args(head)
    except SystemExit as ending:  # --help was answered
        return int(ending.code or 0)
    if parsed.version:
        print_line(f"leakgui {leakgui.__version__}")
        return 0
    parsed.launched = tuple(launched)
    settings = _settings([*parsed.set_before, *parsed.set])
    use_language(str(settings.get("language")))
    command: Command = parsed.command
    return command.run(parsed, Context(open_window=open_window, settings=settings))


def _before_dashes(arguments: Sequence[str]) -> list[str]:
    """Return leakgui's own arguments, without those of a program to start."""
    words = list(arguments)
    return words[: words.index("--")] if "--" in words else words


def _split_launch(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Cut a program to start off; only ``record`` starts one."""
    head = _before_dashes(arguments)
    if _first_word(head) != record.name:
        return arguments, []
    return head, arguments[len(head) + 1 :]


def _first_word(arguments: Sequence[str]) -> str | None:
    """Return the first argument that is no option and no option's value."""
    previous = ""
    for word in arguments:
        if not word.startswith("-") and previous != "--set":
            return word
        previous = word
    return None


def _parser_for(arguments: Sequence[str]) -> ArgumentParser:
    """Return the parser of all commands, or of a process or file to open."""
    word = _first_word(arguments)
    names = [command.name for command in COMMANDS]
    if word is None or word in names:
        return _all_commands()
    if not window.can_open(word):
        close = difflib.get_close_matches(word, names, n=1)
        raise BadUsage(
            say("{word} is no command, no process id and no file.", word=ascii(word)),
            say("Did you mean {close}?", close=close[0]) if close else "leakgui --help",
        )
    parser = _new_parser("leakgui", window.summary)
    window.prepare_parser(parser)
    parser.set_defaults(command=window)
    return parser


def _all_commands() -> ArgumentParser:
    parser = _new_parser("leakgui", say(_DESCRIPTION))
    parser.set_defaults(command=window, what=None)
    rooms = parser.add_subparsers(
        title=say("commands"), metavar=say("COMMAND"), parser_class=Parser
    )
    for command in COMMANDS:
        summary = say(command.summary)
        room = rooms.add_parser(command.name, help=summary, description=summary)
        _add_common(room)
        command.prepare_parser(room)
        room.set_defaults(command=command)
    return parser


_DESCRIPTION = """\
Does a running program leak, what leaks, where, and what now?

  leakgui              open the window and choose a process
  leakgui PID          open the window on a process
  leakgui FILE.leak    open the window on a recording"""


def _new_parser(program: str, description: str) -> Parser:
    parser = Parser(
        prog=program,
        description=description,
        formatter_class=RawDescriptionHelpFormatter,
        epilog=say("Settings for --set: {keys}", keys=", ".join(SETTING_BY_KEY)),
    )
    parser.set_defaults(set_before=[], set=[])
    _add_common(parser, changes="set_before")
    parser.add_argument(
        "--version", action="store_true", help=say("print the version and end")
    )
    return parser


def _add_common(parser: ArgumentParser, *, changes: str = "set") -> None:
    """Add what may stand before the command and after it alike."""
    parser.add_argument(
        "--verbose", action="store_true", help=say("tell everything that is done")
    )
    # Without a default of its own, so that a command does not undo what stood before.
    parser.add_argument(
        "--set", dest=changes, action="append", default=SUPPRESS, metavar="KEY=VALUE",
        help=say("change a setting for this once"),
    )  # fmt: skip


def _settings(changes: Sequence[str]) -> Settings:
    """Return the user's settings with this call's changes; raises ``BadUsage``."""
    settings = Settings.load()
    for change in changes:
        key, _, text = change.partition("=")
        setting = SETTING_BY_KEY.get(key)
        if setting is None:
            raise BadUsage(
                say("There is no setting {key!r}.", key=key),
                say("Settings are: {keys}", keys=", ".join(r.key for r in SETTINGS)),
            )
        settings.set(key, parse_value(setting, text))
    return settings


def _tell(error: LeakguiError, *, is_verbose: bool) -> None:
    if is_verbose:
        print_message("".join(traceback.format_exception(error)))
    print_message(f"leakgui: {printable(error.message)}")
    for line in error.hint.splitlines():
        print_message(f"  {printable(line)}")
