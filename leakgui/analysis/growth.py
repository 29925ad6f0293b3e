"""The table of thresholds that tells growth from everything else."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.analysis.retained import (
    Features,
    Floor,
    Steadiness,
    measure,
    measure_steadiness,
)

_LEAST_BLOCKS = 16
_LEAST_CYCLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """One row: every line must hold; the last three bound the quiet time at the end."""

    skip: float
    """Share of the record that is left out at its beginning."""
    retained: float
    signal: float
    late_third: float
    late_half: float
    largest_step: float
    steps: float
    windows: int
    of_range: float
    score: float
    tau: float
    recent_tau: float
    tail: float
    tail_of_pause: float


# Tuned on simulated records of other seeds; see benchmarks/detector_accuracy.py.
_FULL = Thresholds(
    skip=0.0, retained=1, signal=2, late_third=0.25, late_half=0.25,
    largest_step=0.62, steps=2.5, windows=4, of_range=0.06, score=3, tau=0.4,
    recent_tau=0.2, tail=0.2, tail_of_pause=2,
)  # fmt: skip
_SKIP_SIXTH = Thresholds(
    skip=1 / 6, retained=1, signal=3, late_third=0.3, late_half=0.6,
    largest_step=0.45, steps=2.5, windows=3, of_range=0.2, score=2.6, tau=0.6,
    recent_tau=0.1, tail=0.2, tail_of_pause=2.5,
)  # fmt: skip
_SKIP_THIRD = Thresholds(
    skip=1 / 3, retained=1, signal=3, late_third=0.6, late_half=0.5,
    largest_step=0.4, steps=3.5, windows=3, of_range=0.25, score=2.33, tau=0.4,
    recent_tau=0.3, tail=0.2, tail_of_pause=2,
)  # fmt: skip
_SKIP_HALF = Thresholds(
    skip=1 / 2, retained=1, signal=3, late_third=0.6, late_half=0.5,
    largest_step=0.4, steps=3.5, windows=3, of_range=0.25, score=2.33, tau=0.4,
    recent_tau=0.3, tail=0.2, tail_of_pause=2,
)  # fmt: skip
SHORTENED: tuple[Thresholds, ...] = (_SKIP_SIXTH, _SKIP_THIRD, _SKIP_HALF)


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the floor rises, and the part of the record that tells."""

    is_growing: bool
    start: int
    """The first block of that part; 0 where the floor does not rise."""
    features: Features


def find_growth(floor: Floor) -> Answer:
    """Look at the whole record, then without its beginning."""
    whole = measure(floor, 0)
    if _holds(_FULL, whole, floor) and _is_steady(_FULL, floor, 0):
        return Answer(is_growing=True, start=0, features=whole)
    for row in SHORTENED:
        start = round(row.skip * len(floor.blocks))
        if not _is_long_enough(floor, start):
            continue
        features = measure(floor, start)
        if _holds(row, features, floor) and _is_steady(row, floor, start):
            return Answer(is_growing=True, start=start, features=features)
    return Answer(is_growing=False, start=0, features=whole)


def _is_long_enough(floor: Floor, start: int) -> bool:
    """A shortened record needs blocks, and cycles where there are any."""
    if floor.end - start + 1 < _LEAST_BLOCKS:
        return False
    troughs = floor.turns.trough_s
    left = (troughs >= floor.blocks.middle_s[start]).sum()
    return len(troughs) == 0 or bool(left >= _LEAST_CYCLES)


def _holds(row: Thresholds, seen: Features, floor: Floor) -> bool:
    """Everything but the rank test, which costs most and is asked last."""
    return (
        seen.retained >= row.retained * floor.materiality
        and seen.signal >= row.signal
        and seen.late_third >= row.late_third
        and seen.late_half >= row.late_half
        and seen.largest_step <= row.largest_step
        and seen.steps >= row.steps
        and seen.windows >= row.windows
        and seen.of_range >= row.of_range
        and is_tail_short(row, seen)
    )


def _is_steady(row: Thresholds, floor: Floor, start: int) -> bool:
    seen = measure_steadiness(floor, start)
    return seen.recent_rank.tau >= row.recent_tau and _rises_surely(row, seen)


def is_tail_short(row: Thresholds, seen: Features) -> bool:
    """Whether it still rose at the end, given how often it rose before."""
    longest = max(row.tail, row.tail_of_pause * seen.pause, 2.5 / max(seen.rises, 1))
    return seen.tail <= longest


def _rises_surely(row: Thresholds, seen: Steadiness) -> bool:
    if seen.points <= 5:
        return seen.rank.tau >= max(row.tau, 0.8)
    if seen.rank.tau < row.tau:
        return False
    return (
        seen.rank.score >= row.score
        or (seen.recent_rank.score >= 2.33 and seen.recent_rank.tau >= 0.6)
        or (seen.points < 10 and seen.rank.tau >= 0.7)
    )


def has_stopped(seen: Features) -> bool:
    """Whether a rise came to its end: quiet for long, or hardly any of it is late."""
    return not is_tail_short(_FULL, seen) or seen.late_third < _FULL.late_third
