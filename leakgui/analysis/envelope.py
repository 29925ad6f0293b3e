"""A series in bounded memory that draws fast at every scale."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.recording import Floats, Series


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """What to draw: three equally long float64 columns, times strictly rising.

    Between ``low`` and ``high`` lies everything that was measured around that time;
    where single readings are shown the two are equal. A row of NaN in ``low`` and
    ``high`` separates what must not be joined by a line.
    """

    elapsed_s: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.elapsed_s)


class Envelope:
    """Minimum and maximum of one series at every scale; one writer, many readers."""

    version: int
    """Grows with every change, so that a plot knows whether to draw again."""

    def __init__(self, *, keep_full_s: float = 3600.0) -> None:
        raise NotImplementedError

    @classmethod
    def of(cls, series: Series) -> Envelope:
        """Hold a finished series, every point of it."""
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    @property
    def last(self) -> tuple[float, float] | None:
        """The newest reading as (elapsed_s, value)."""
        raise NotImplementedError

    def append(self, elapsed_s: float, value: float) -> None:
        """Add a reading; one that is not later than the last is ignored."""
        raise NotImplementedError

    def value_at(self, elapsed_s: float) -> float | None:
        """Return the newest reading at or before a time; None in a gap."""
        raise NotImplementedError

    def between(self, from_s: float, to_s: float, most_points: int) -> Strip:
        """Return at most about ``most_points`` rows that cover a span."""
        raise NotImplementedError

    def samples(self) -> Series:
        """Return everything that is kept, coarser parts as least and most."""
        raise NotImplementedError
