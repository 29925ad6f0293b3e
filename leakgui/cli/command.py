"""What a command is, and what every command is given."""

from __future__ import annotations

import contextlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from leakgui.errors import BadUsage
from leakgui.formatting import printable
from leakgui.model.opening import Opening
from leakgui.settings import Settings
from leakgui.texts import say

OpenWindow = Callable[[Opening], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What commands may use besides their own arguments."""

    open_window: OpenWindow
    settings: Settings


class Command(Protocol):
    """A module of this package that is one command."""

    name: str
    summary: str

    def prepare_parser(self, parser: ArgumentParser) -> None:
        """Add the arguments of the command."""

    def run(self, arguments: Namespace, context: Context) -> int:
        """Do it and return the exit code; raises ``LeakguiError``."""


class Parser(ArgumentParser):
    """Tells mistakes the same way as every other failure."""

    def error(self, message: str) -> NoReturn:
        raise BadUsage(message, say("{program} --help", program=self.prog))


def parse_seconds(text: str) -> float:
    """Return a positive time in seconds: ``20``, ``20s``, ``5m`` or ``1h``."""
    number, unit = text, 1.0
    if text[-1:] in _UNITS:
        number, unit = text[:-1], _UNITS[text[-1]]
    try:
        seconds = float(number) * unit
    except ValueError:
        seconds = float("nan")
    if not 0 < seconds < _LONGEST_S:
        raise BadUsage(
            say("{text} is not a time.", text=ascii(text[:40])),
            say("Seconds, or a number with s, m or h: 20, 20s, 5m, 1h"),
        )
    return seconds


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_LONGEST_S = 100 * 365 * 86400.0


def parse_pid(text: str) -> int:
    """Return the pid that is written there; raises ``BadUsage``."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31):
        raise BadUsage(
            say("{text} is not a process id.", text=ascii(text[:40])),
            say("leakgui ps lists the processes that can be watched."),
        )
    return int(text)


def refuse_to_replace(recording: Path, written: Path | None) -> None:
    """Keep a recording from what is made of it; raises ``BadUsage``."""
    with contextlib.suppress(OSError):  # either is not there: nothing is replaced
        if written is not None and written.samefile(recording):
            raise BadUsage(
                say("{file} is the recording itself.", file=printable(str(written))),
                say("Choose another name for what is written."),
            )
