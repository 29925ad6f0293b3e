"""How a command line asks for the heap."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from leakgui.errors import BadUsage
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.recording.heap_taking import HeapWish

_NEEDS_HEAP = ("inject", "once", "elevate")


def add_heap_options(parser: ArgumentParser) -> None:
    """Add what ``snapshot`` and ``record`` share."""
    parser.add_argument(
        "--heap", action="store_true",
        help=say("look into the native heap: this stops the process for a moment"),
    )  # fmt: skip
    parser.add_argument(
        "--inject", action="store_true",
        help=say("with --heap: make the process fork, which stops it for less long"),
    )  # fmt: skip
    parser.add_argument(
        "--once", action="store_true",
        help=say("with --heap: no second look at what seems lost"),
    )  # fmt: skip
    parser.add_argument(
        "--elevate", action="store_true",
        help=say("with --heap: ask for administrator rights where they are needed"),
    )  # fmt: skip


def wish_of(arguments: Namespace) -> HeapWish | None:
    """Return what is wished, None without ``--heap``; raises ``BadUsage``."""
    from leakgui.model.heap import Level
    from leakgui.recording.heap_taking import CONFIRM_AFTER_S, HeapWish

    if not arguments.heap:
        for name in _NEEDS_HEAP:
            if getattr(arguments, name):
                raise BadUsage(
                    say("--{option} means nothing without --heap.", option=name)
                )
        return None
    return HeapWish(
        level=Level.INJECT if arguments.inject else Level.PAUSE,
        confirm_after_s=0.0 if arguments.once else CONFIRM_AFTER_S,
    )
