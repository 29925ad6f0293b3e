"""Where plots get their curves from: a live recording, or one that was read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from leakgui.analysis.envelope import Envelope
from leakgui.model.recording import Event, Recording, TimeGap


class PlotSource(Protocol):
    """What a plot asks of a recording, live or not."""

    @property
    def started_unix_s(self) -> float: ...

    @property
    def elapsed_s(self) -> float: ...

    @property
    def events(self) -> Sequence[Event]: ...

    @property
    def gaps(self) -> Sequence[TimeGap]: ...

    def keys(self) -> Sequence[str]: ...

    def envelope(self, key: str) -> Envelope | None: ...


class RecordedSource:
    """A finished recording; its envelopes are built when first asked for."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._envelopes: dict[str, Envelope] = {}

    @property
    def started_unix_s(self) -> float:
        return self.recording.started_unix_s

    @property
    def elapsed_s(self) -> float:
        ends = [
            float(s.elapsed_s[-1]) for s in self.recording.series.values() if len(s)
        ]
        ends += [event.elapsed_s for event in self.recording.events]
        return max(ends, default=0.0)

    @property
    def events(self) -> Sequence[Event]:
        return self.recording.events

    @property
    def gaps(self) -> Sequence[TimeGap]:
        return self.recording.gaps

    def keys(self) -> Sequence[str]:
        return tuple(self.recording.series)

    def envelope(self, key: str) -> Envelope | None:
        if key not in self.recording.series:
            return None
        if key not in self._envelopes:
            self._envelopes[key] = Envelope.of(self.recording.series[key])
        return self._envelopes[key]
