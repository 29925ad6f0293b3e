"""Go on with a recording that a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from leakgui.model.process import Target
from leakgui.model.recording import TimeGap
from leakgui.recording.clock import RecordingClock
from leakgui.recording.live import LiveRecording
from leakgui.session.reader import SessionReader
from leakgui.session.store import SessionWriter
from leakgui.texts import say


def open_existing(path: Path | None, target: Target) -> SessionWriter | None:
    """Return the file of the same process; None where there is none.

    Raises what ``SessionWriter.append`` raises.
    """
    # os.path: a folder that may not be entered is told when the file is made.
    if path is None or not os.path.exists(path):  # noqa: PTH110
        return None
    return SessionWriter.append(path, target)


def restore(writer: SessionWriter, live: LiveRecording, clock: RecordingClock) -> int:
    """Take over what the file holds; return its newest time in milliseconds."""
    with SessionReader(writer.path) as reader:
        live.restore(reader)
    last_ms = writer.last_elapsed_ms
    clock.start_after((last_ms + 1) / 1000)
    gap = TimeGap(
        from_s=max(last_ms, 0) / 1000,
        to_s=clock.elapsed_s(),
        metrics=(),
        cause=say("not recorded"),
    )
    live.add_gap(gap)
    writer.add_gap(gap)
    return last_ms
