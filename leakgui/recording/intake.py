"""Everything that comes in goes to memory, to the file, and is announced."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from leakgui.model.metric import Reading
from leakgui.model.recording import Event, EventKind, TimeGap
from leakgui.model.snapshot import Snapshot
from leakgui.probe.handles import SeenHandle
from leakgui.recording.file_writer import FileWriter, Work
from leakgui.recording.live import LiveRecording

logger = logging.getLogger(__name__)


class Intake:
    """What the sampler, the snapshots and the user bring; from any of their threads."""

    def __init__(
        self, live: LiveRecording, announce: Callable[[Event], None] | None
    ) -> None:
        self.live = live
        self.file: FileWriter | None = None
        """None keeps everything in memory."""
        self._announce = announce

    def take_reading(self, elapsed_ms: int, reading: Reading) -> None:
        """Keep values of one moment."""
        self.live.add_reading(elapsed_ms / 1000, reading)
        self.write(lambda writer: writer.add_readings(elapsed_ms, reading))

    def take_handles(self, elapsed_s: float, handles: Sequence[SeenHandle]) -> None:
        """Keep which handles were closed."""
        closed = self.live.history.update(elapsed_s, handles)
        if closed:
            self.write(lambda writer: writer.add_closed_handles(closed))

    def take_gap(self, gap: TimeGap) -> None:
        """Keep a gap."""
        self.live.add_gap(gap)
        self.write(lambda writer: writer.add_gap(gap))

    def take_event(self, event: Event) -> None:
        """Keep an event and announce it."""
        self.live.add_event(event)
        self.write(lambda writer: writer.add_event(event))
        if self._announce is not None:
            try:
                self._announce(event)
            except Exception:  # a listener's bug must not end the recording
                logger.exception("announcing an event failed")

    def take_facts(self, facts: dict[str, str]) -> None:
        """Keep side facts that are new."""
        known = self.live.facts
        fresh = {key: value for key, value in facts.items() if known.get(key) != value}
        self.live.set_facts(fresh)
        if fresh:
            self.write(lambda writer: writer.set_facts(fresh))

    def take_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; once it is on the disk it leaves the memory."""
        self.live.add_snapshot(snapshot)
        self.add_event(
            EventKind.SNAPSHOT,
            elapsed_s=snapshot.elapsed_s,
            text=snapshot.name,
            number=snapshot.number,
        )
        if self.file is not None:
            shelf, number = self.live.shelf, snapshot.number
            self.file.put(
                lambda writer: writer.add_snapshot(snapshot),
                then=lambda: shelf.release(number),
            )

    def add_event(
        self,
        kind: EventKind,
        *,
        text: str = "",
        number: int | None = None,
        elapsed_s: float | None = None,
    ) -> None:
        """Keep an event of this moment, or of another one."""
        when_s = self.live.elapsed_s if elapsed_s is None else elapsed_s
        self.take_event(Event(kind=kind, elapsed_s=when_s, text=text, number=number))

    def write(self, work: Work) -> None:
        """Have something written, where there is a file."""
        if self.file is not None:
            self.file.put(work)
