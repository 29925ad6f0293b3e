"""Join sampler, helper and session into one recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from leakgui.errors import LeakguiError
from leakgui.model.metric import Tier
from leakgui.model.process import ProcessKey
from leakgui.model.recording import Event
from leakgui.model.snapshot import Snapshot
from leakgui.recording.launch import Launched
from leakgui.recording.live import LiveRecording


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What watching costs, measured."""

    share_of_core: float
    """Processor time of the recorder's threads over the last seconds: 0.01 is 1 %."""
    ms_per_sample: float
    cadence: Mapping[Tier, float]
    """Seconds between two readings of a tier."""
    skipped: Mapping[Tier, str]
    """Tiers that are not read, and why."""
    missed: int = 0
    """Readings that were due and could not be taken in time."""


class Recorder:
    """Measure one process in the background until it ends or ``stop`` is called."""

    live: LiveRecording
    path: Path | None

    def __init__(  # noqa: PLR0913  # the knobs of a recording, by name only
        self,
        key: ProcessKey,
        path: Path | None,
        *,
        interval_s: float = 0.1,
        cost_share: float = 0.01,
        snapshot_every_s: float = 0.0,
        announce: Callable[[Event], None] | None = None,
        child: Launched | None = None,
    ) -> None:
        raise NotImplementedError

    @property
    def cost(self) -> Cost:
        raise NotImplementedError

    @property
    def problem(self) -> LeakguiError | None:
        """What stands in the way of writing now; None when all is well."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin; raises ``TargetError`` or, for a file of another process, ``BadUsage``."""
        raise NotImplementedError

    def stop(self) -> None:
        """End the recording and close its file; may be called again."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the recording has ended; False where the time was not enough."""
        raise NotImplementedError

    def take_snapshot(self, name: str = "") -> Future[Snapshot]:
        """Take a snapshot in the background."""
        raise NotImplementedError

    def rename_snapshot(self, number: int, name: str) -> None:
        raise NotImplementedError

    def mark_step(self, text: str = "") -> None:
        """Note that the user repeated the action."""
        raise NotImplementedError

    def add_note(self, text: str) -> None:
        raise NotImplementedError
