"""Keep a recording going until it is told to stop, and tell how it goes."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from leakgui.cli.output import print_message
from leakgui.formatting import (
    format_bytes,
    format_count,
    format_duration,
    format_percent,
    printable,
)
from leakgui.texts import say

if TYPE_CHECKING:
    from leakgui.recording.recorder import Recorder

_LOOK_S = 0.2
_TELL_S = 1.0


def watch(recorder: Recorder, for_s: float | None, wish: threading.Event) -> bool:
    """Record until the target ends, the time is over or a stop is wished.

    Returns whether the target ended by itself. The recording is closed then. Raises
    ``WriteFailed`` at once where nothing can be kept: without a window to look at,
    there is no use in going on.
    """
    line = _ProgressLine(recorder)
    recorder.start()
    if recorder.problem is not None:
        recorder.stop()
        raise recorder.problem
    deadline_s = float("inf") if for_s is None else time.monotonic() + for_s
    try:
        while not wish.is_set():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            if recorder.wait(min(_LOOK_S, left_s)):
                return True
            line.show()
        return False
    finally:
        recorder.stop()
        line.clear()


def tell_what_was_recorded(recorder: Recorder, path: Path) -> None:
    """Say how long, at what cost, and where it is."""
    cost = recorder.cost
    print_message(
        say(
            "Recorded {name} for {span}, at {percent} of a core: {path}",
            name=printable(recorder.live.target.name),
            span=format_duration(recorder.live.elapsed_s),
            percent=format_percent(cost.share_of_core),
            path=printable(str(path)),
        )
    )


class _ProgressLine:
    """One line on a terminal that is written again every second."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._told_s = 0.0
        self._is_wanted = sys.stderr.isatty()

    def show(self) -> None:
        if not self._is_wanted or time.monotonic() - self._told_s < _TELL_S:
            return
        self._told_s = time.monotonic()
        sys.stderr.write(f"\r\x1b[K{self._text()}")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._is_wanted and self._told_s:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _text(self) -> str:
        live = self._recorder.live
        text = say(
            "{span}  RSS {rss}  handles {handles}  threads {threads}  (Ctrl+C ends)",
            span=format_duration(live.elapsed_s),
            rss=format_bytes(self._last("rss_bytes")),
            handles=format_count(self._last("handles")),
            threads=format_count(self._last("threads")),
        )
        problem = self._recorder.problem
        return f"{text}  {printable(problem.message)}" if problem else text

    def _last(self, key: str) -> float | None:
        envelope = self._recorder.live.envelope(key)
        last = envelope.last if envelope is not None else None
        return last[1] if last is not None else None
