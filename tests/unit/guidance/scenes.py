"""Made-up observations: series by name, snapshots' differences, limits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leakgui.analysis.cells import Cells
from leakgui.guidance.evidence import Observed
from leakgui.guidance.examined import Evidence
from leakgui.model.difference import Changes, Difference
from leakgui.model.finding import Finding
from leakgui.model.heap import HeapDifference
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Event, Series
from leakgui.model.snapshot import Snapshot, Threads
from leakgui.model.text_column import TextColumn

MIB = 2.0**20
KIB = 1024.0
TARGET = Target(
    key=ProcessKey(4242, 99),
    name="server",
    command="server --port 80",
    user="alice",
    started_unix_s=1_700_000_000.0,
)
Values = Callable[[np.ndarray], np.ndarray] | float


def times(span_s: float = 90.0, interval_s: float = 0.1) -> np.ndarray:
    return np.round(np.arange(0, span_s + interval_s / 2, interval_s), 3)


def series(values: Values, elapsed_s: np.ndarray) -> Series:
    made = values(elapsed_s) if callable(values) else np.full(len(elapsed_s), values)
    return Series(elapsed_s.copy(), np.round(np.asarray(made, dtype=np.float64)))


def observed(
    span_s: float = 90.0,
    interval_s: float = 0.1,
    differences: tuple[Difference, ...] = (),
    snapshot: Snapshot | None = None,
    heaps: tuple[HeapDifference, ...] = (),
    events: tuple[Event, ...] = (),
    **metrics: Values,
) -> Observed:
    """Metrics are functions of elapsed seconds, or constants; sampled alike."""
    elapsed_s = times(span_s, interval_s)
    return Observed(
        target=TARGET,
        started_unix_s=1_700_000_100.0,
        span_s=span_s,
        cells={
            key: Cells.of(series(values, elapsed_s)) for key, values in metrics.items()
        },
        differences=differences,
        heap_differences=heaps,
        events=events,
        latest_snapshot=snapshot,
        latest_heap=snapshot if snapshot and snapshot.heap else None,
    )


def evidence(span_s: float = 90.0, **more) -> Evidence:
    return Evidence(observed(span_s, **more))


def flat(level: float, noise: float = 0.0, seed: int = 1) -> Values:
    def values(t: np.ndarray) -> np.ndarray:
        return level + np.random.default_rng(seed).normal(0, 1, len(t)) * noise

    return values


def rising(level: float, per_s: float, noise: float = 0.0) -> Values:
    def values(t: np.ndarray) -> np.ndarray:
        return level + per_s * t + np.random.default_rng(2).normal(0, 1, len(t)) * noise

    return values


def counting(level: float, per_s: float) -> Values:
    return lambda t: level + np.floor(per_s * t)


def speeding_up(level: float, first: float, pace_s: float) -> Values:
    return lambda t: level + first * np.expm1(t / pace_s)


def filling(level: float, amount: float, pace_s: float) -> Values:
    return lambda t: level + amount * (1 - np.exp(-t / pace_s))


def loaded(level: float, amount: float, from_s: float, to_s: float) -> Values:
    return lambda t: level + amount * np.clip((t - from_s) / (to_s - from_s), 0, 1)


def sawtooth(level: float, height: float, period_s: float, per_s: float = 0) -> Values:
    return lambda t: level + height * (t / period_s % 1) + per_s * t


def wave(level: float, height: float, period_s: float) -> Values:
    return lambda t: level + height * (1 - np.cos(2 * np.pi * t / period_s)) / 2


def peaked(level: float, top: float, after: float) -> Values:
    def values(t: np.ndarray) -> np.ndarray:
        return np.interp(
            t, [0, 10, 20, 30, 31, 1e6], [level, level, top, top, after, after]
        )

    return values


def changes(*rows: tuple[str, str, int, float], detail: str = "") -> Changes:
    """Rows of key, kind, growth in number, growth in bytes."""
    keys, kinds, grown, size = zip(*rows, strict=True)
    delta = np.array(grown, dtype=np.int64)
    size_delta = np.array(size, dtype=np.float64)
    before = np.full(len(rows), 5, dtype=np.int64)
    return Changes(
        key=TextColumn.of(keys),
        kind=TextColumn.of(kinds),
        detail=TextColumn.of([detail] * len(rows)),
        before=before,
        after=before + delta,
        delta=delta,
        before_bytes=np.zeros(len(rows)),
        after_bytes=size_delta.copy(),
        delta_bytes=size_delta,
    )


def difference(number: int = 1, **sections: Changes) -> Difference:
    return Difference(
        from_number=number,
        to_number=number + 1,
        from_elapsed_s=number * 10.0,
        to_elapsed_s=number * 10.0 + 10,
        steps=0,
        counters={},
        mappings=sections.get("mappings"),
        handles=sections.get("handles"),
        threads=sections.get("threads"),
    )


def snapshot_of_stack(used: list[float], limit: list[float]) -> Snapshot:
    number = len(used)
    return Snapshot(
        number=1,
        name="",
        elapsed_s=10.0,
        taken_unix_s=1_700_000_110.0,
        counters={},
        mappings=None,
        handles=None,
        threads=Threads(
            tid=np.arange(number, dtype=np.int64) + 100,
            name=TextColumn.of([f"worker-{row}" for row in range(number)]),
            state=TextColumn.of(["S"] * number),
            waits_in=TextColumn.of([""] * number),
            stack_used=np.array(used),
            stack_limit=np.array(limit),
        ),
    )


def well_formed(finding: Finding) -> bool:
    """What every finding must keep: three to five facts, one against, a way on."""
    texts = (*finding.evidence, *finding.against, finding.summary, finding.explanation)
    return (
        3 <= len(finding.evidence) <= 5
        and bool(finding.against and finding.next_steps and finding.would_change)
        and all(texts)
        and "leak found" not in " ".join(texts).lower()
        and "{" not in " ".join(texts)
        and "nan" not in " ".join(texts).split()
    )
