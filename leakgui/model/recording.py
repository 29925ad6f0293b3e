"""What was measured of one process over time, as one immutable value.

A session file, an exported CSV and a recording that is still running all turn
into this, so that guidance, charts and exports need to know nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from leakgui.model.process import Target

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One metric over time: two equally long, read-only float64 columns.

    ``elapsed_s`` counts from the start of the recording, rises strictly and is a
    whole number of milliseconds divided by 1000, so that a value written to CSV
    and read again is the same number. Where the recording was thinned, two
    points stand for a span: its smallest value and its largest.
    """

    elapsed_s: Floats
    value: Floats

    def __post_init__(self) -> None:
        """Check that the columns agree, then close them for writing."""
        if len(self.elapsed_s) != len(self.value):
            message = f"{len(self.elapsed_s)} times for {len(self.value)} values"
            raise ValueError(message)
        self.elapsed_s.flags.writeable = False
        self.value.flags.writeable = False

    def __len__(self) -> int:
        return len(self.value)


class EventKind(StrEnum):
    """What can happen in a recording."""

    STARTED = "started"
    SNAPSHOT = "snapshot"
    STEP = "step"
    NOTE = "note"
    TARGET_ENDED = "target ended"
    STOPPED = "stopped"
    CADENCE = "cadence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at one moment."""

    kind: EventKind
    elapsed_s: float
    text: str = ""
    number: int | None = None
    """Which snapshot, or which step, counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGap:
    """A span without readings, and why."""

    from_s: float
    to_s: float
    metrics: tuple[str, ...]
    """The metrics that are missing; empty means all."""
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that is known of one process over time."""

    target: Target
    started_unix_s: float
    """Wall clock at ``elapsed_s`` 0; the only wall-clock time that was taken."""
    series: Mapping[str, Series]
    events: tuple[Event, ...] = ()
    gaps: tuple[TimeGap, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """Side facts by key: ``cgroup_path``, ``exit_code``, ``system``, ``leakgui``."""

    @property
    def span_s(self) -> float:
        """From the first reading to the last, over all metrics."""
        ends = [
            (s.elapsed_s[0], s.elapsed_s[-1]) for s in self.series.values() if len(s)
        ]
        if not ends:
            return 0.0
        return float(max(last for _, last in ends) - min(first for first, _ in ends))
