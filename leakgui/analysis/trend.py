"""What one series does, and the numbers behind the answer."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.finding import DefectClass, Growth
from leakgui.model.metric import Unit

LEAST_SAMPLES = 24
"""With fewer samples nothing is judged."""
LEAST_SPAN_S = 5.0
"""In less time any program only starts: nothing is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast a series rises, with an interval that holds in about nine of ten."""

    per_s: float
    low_per_s: float
    high_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """Rises and falls of a series, counted by their low points."""

    count: int
    first_trough: float
    """Value of the earliest low point; NaN where there is none."""
    last_trough: float
    """Value of the latest low point; NaN where there is none."""
    period_s: float
    """Middle distance between low points; NaN below two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One series examined; values are in the unit of the series, times elapsed."""

    unit: Unit
    growth: Growth
    shape: DefectClass
    """The shape of a healthy series; ``UNKNOWN`` for the others."""
    is_accelerating: bool
    rate: Rate | None
    """Recent rate of the floor; None where the series does not grow."""
    early_rate_per_s: float
    """Rate of the first half of the judged part, to tell speeding up from slowing."""
    retained: float
    """What was taken and not given back between the ends of the judged part."""
    materiality: float
    """Less than this is too small to matter."""
    noise: float
    """Standard deviation of the floor that is not explained by its trend."""
    rising_windows: int
    """How many eighths of the judged part hold a rise."""
    late_share: float
    """Share of the retained growth that fell in the last third."""
    largest_step_share: float
    """Share of the retained growth that came in one step."""
    cycles: Cycles
    first: float
    last: float
    lowest: float
    peak: float
    cycle_peak: float
    """Highest value of the last cycle, at least of the last tenth."""
    judged_from_s: float
    judged_to_s: float
    was_shortened: bool
    """The beginning was left out because only the rest shows the growth."""
    span_s: float
    samples: int
    missing_share: float
    """Share of the readings that were expected and did not come."""

    @property
    def is_growing(self) -> bool:
        """Whether the floor rises materially, repeatedly and to the end."""
        return self.growth is Growth.GROWING

    @property
    def is_judged(self) -> bool:
        """Whether there was enough to say anything."""
        return self.growth is not Growth.UNDECIDED
