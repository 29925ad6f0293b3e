"""Say what a look into a heap will do, and get the rights for it where they lack."""

from __future__ import annotations

import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from leakgui.cli.output import print_message
from leakgui.errors import AccessDenied, HelperFailed, LeakguiError
from leakgui.formatting import format_bytes, format_duration, printable
from leakgui.model.heap import Level
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.helper.client import HelperClient
    from leakgui.model.process import ProcessKey
    from leakgui.recording.heap_taking import Estimate, HeapHelper, HeapWish
    from leakgui.recording.live import LiveRecording


def announce_heap(
    key: ProcessKey, wish: HeapWish, helper: HeapHelper, *, elevate: bool
) -> HeapHelper:
    """Tell beforehand what will be done, and return who can do it.

    That is another helper where ``helper`` lacks rights and the user agreed to give
    them, with ``elevate`` or when asked; the caller closes it. Where nobody can, the
    reason is told when it is tried.
    """
    try:
        _tell(key, wish, helper.estimate_heap_copy(key))
    except AccessDenied as refusal:
        elevated = _find_elevated(key, refusal, is_agreed=elevate)
        if elevated is not None:
            _try_to_tell(key, wish, elevated)
            return elevated
    except LeakguiError:
        pass  # the copy will fail for the same reason, and keep it
    return helper


def _try_to_tell(key: ProcessKey, wish: HeapWish, helper: HeapHelper) -> None:
    with suppress(LeakguiError):
        _tell(key, wish, helper.estimate_heap_copy(key))


def tell_missing_heaps(live: LiveRecording) -> None:
    """Say why there is no heap where every snapshot lacks it."""
    headings = live.snapshots
    if not headings:
        print_message(say("No heap: the recording ended before one was taken."))
    if not headings or any(heading.has_heap for heading in headings):
        return
    for gap in live.snapshot(headings[-1].number).gaps:
        if gap.where == "heap":
            print_message(say("No heap: {reason}", reason=printable(gap.detail)))
            return


def _find_elevated(
    key: ProcessKey, refusal: LeakguiError, *, is_agreed: bool
) -> HelperClient | None:
    """Start a helper with more rights if the user wants it; None where not."""
    from leakgui.helper.client import HelperClient
    from leakgui.helper.elevation import find_elevation
    from leakgui.recording.heap_rights import would_rights_help

    elevation = find_elevation() if would_rights_help(key) else None
    if elevation is None:
        return None
    print_message(printable(refusal.message))
    for line in elevation.explanation.splitlines():
        print_message(f"  {printable(line)}")
    if not is_agreed and not _asks_yes():
        return None
    helper = HelperClient(elevation.command, start_timeout_s=elevation.start_timeout_s)
    try:
        helper.start()
    except HelperFailed as error:
        print_message(printable(error.message))
        helper.close()
        return None
    return helper


def _asks_yes() -> bool:
    """Ask the user at the terminal; where there is none, say how to agree."""
    if not sys.stdin.isatty():
        print_message("  " + say("To do so, say --elevate."))
        return False
    print_message(say("Start it so? [y/N]"))
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _tell(key: ProcessKey, wish: HeapWish, estimate: Estimate) -> None:
    is_fork = wish.level is Level.INJECT and estimate.can_fork
    paused_ms = estimate.fork_paused_ms if is_fork else estimate.paused_ms
    texts = [
        say(
            "Stops PID {pid} for about {pause} ({size} to copy).",
            pid=key.pid,
            pause=format_duration(max(paused_ms, 1.0) / 1000),
            size=format_bytes(estimate.copy_bytes),
        )
    ]
    if is_fork:
        texts.append(say("It is made to fork."))
    elif wish.level is Level.INJECT:
        texts.append(
            say(
                "No fork, its memory is copied: {reason}",
                reason=printable(estimate.cannot_fork_reason),
            )
        )
    texts += [printable(note) for note in estimate.notes]
    if wish.confirm_after_s:
        texts.append(
            say(
                "Where anything seems lost, once more {delay} later.",
                delay=format_duration(wish.confirm_after_s),
            )
        )
    print_message(" ".join(texts))
    _tell_of_preparing()


def _tell_of_preparing() -> None:
    """Say why the first look takes longer; the process runs on meanwhile."""
    from leakgui.worker.compiled_code import CompiledCode

    with closing(CompiledCode()) as compiled:
        if compiled.is_cold():
            print_message(
                say(
                    "This time it takes longer, perhaps a minute: the engine is "
                    "prepared, once after an installation. The process runs on "
                    "meanwhile."
                )
            )
