"""Say for each recording whether the program leaks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.command import Context
from leakgui.cli.output import print_json, print_line, print_message
from leakgui.errors import LeakguiError
from leakgui.formatting import printable
from leakgui.model.finding import Verdict
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.model.finding import Judgement

name = "judge"
summary = "say for each recording whether the program leaks"

EXIT_CODES = {
    Verdict.HEALTHY: 0,
    Verdict.LEAK: 1,
    Verdict.OVERFLOW: 1,
    Verdict.GROWING: 1,
    Verdict.UNDECIDED: 3,
}
COULD_NOT = 2
_WORST_FIRST = (COULD_NOT, 1, 3, 0)


def prepare_parser(parser: ArgumentParser) -> None:
    parser.epilog = say(
        "Exit code: 0 healthy; 1 leak, overflow or growing; 3 not enough evidence; "
        "2 could not be done. Of several files the worst wins: 2, 1, 3, 0."
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help=say("a .leak or an exported .csv")
    )
    parser.add_argument(
        "--json", action="store_true", help=say("one JSON object a file")
    )


def run(arguments: Namespace, context: Context) -> int:  # noqa: ARG001  # needs none
    return worst(
        _judge(file, is_json=arguments.json, is_first=number == 0)
        for number, file in enumerate(arguments.files)
    )


def worst(codes: Iterable[int]) -> int:
    """Return the code that wins: 2 before 1 before 3 before 0."""
    return min(codes, key=_WORST_FIRST.index)


def _judge(file: str, *, is_json: bool, is_first: bool) -> int:
    from leakgui.cli.loading import load

    try:
        loaded = load(Path(file))
    except LeakguiError as error:
        message, name = printable(error.message), printable(file)
        whose = "" if message.startswith(name) else f"{name}: "
        print_message(f"leakgui: {whose}{message}")
        if error.hint:
            print_message(f"  {printable(error.hint)}")
        return COULD_NOT
    if loaded.damage:
        what = printable("; ".join(loaded.damage), most=200)
        text = say("judged without what is damaged: {what}", what=what)
        print_message(f"leakgui: {printable(file)}: {text}")
    if not is_json and not is_first:
        print_line()
    return print_judgement(loaded.judgement, file, is_json=is_json)


def print_judgement(judgement: Judgement, file: str, *, is_json: bool) -> int:
    """Print it for a machine or a person; return the exit code of its verdict."""
    if is_json:
        from leakgui.guidance.as_json import judgement_as_json

        print_json(judgement_as_json(judgement, file))
    else:
        from leakgui.cli.verdict_text import describe

        for line in describe(judgement, file):
            print_line(line)
    return EXIT_CODES[judgement.verdict]
