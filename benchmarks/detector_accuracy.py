"""How often the detector is right on made-up records, and what an answer costs.

    python benchmarks/detector_accuracy.py [--each 8] [--seed 0] [--stream] [--show]

Development and held-out regimes differ in base level, growth, noise, number of
cycles, dropped samples and sampling. What is made up is not the field: labels are
by construction, so expect less on real programs.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import shapes
from shapes import MIB, PAGE, Regime, Shape

from leakgui.analysis.cells import Cells
from leakgui.analysis.floor import examine
from leakgui.model.finding import Growth
from leakgui.model.metric import Unit
from leakgui.model.recording import Series

CHECKPOINTS = np.linspace(0.1, 1.0, 19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """The spread that regimes are drawn from."""

    name: str
    seed: int
    spans_s: tuple[float, ...]
    readings: tuple[int, ...]
    base_mib: tuple[float, float]
    growth: tuple[float, float]
    noise: tuple[float, float]
    cycles: tuple[int, int]
    dropped: float
    tails: float


DEVELOPMENT = Setting(
    name="development",
    seed=1,
    spans_s=(60.0, 600.0, 3600.0),
    readings=(120, 300, 600),
    base_mib=(30, 400),
    growth=(0.2, 1.0),
    noise=(0.002, 0.03),
    cycles=(4, 12),
    dropped=0.0,
    tails=0.2,
)
HELD_OUT = Setting(
    name="held out",
    seed=77,
    spans_s=(45.0, 1800.0, 86400.0),
    readings=(90, 450, 1500),
    base_mib=(5, 3000),
    growth=(0.12, 2.0),
    noise=(0.001, 0.05),
    cycles=(3, 20),
    dropped=0.1,
    tails=0.5,
)


@dataclass(slots=True)
class Score:
    """Right and wrong answers of one setting."""

    hits: int = 0
    misses: int = 0
    false_alarms: int = 0
    quiet: int = 0
    ever_flagged: int = 0
    healthy_hours: float = 0.0
    alarm_episodes: int = 0
    cost_ms: list[float] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        """Share of alarms that were right."""
        return self.hits / max(self.hits + self.false_alarms, 1)

    @property
    def recall(self) -> float:
        """Share of growing records that were found."""
        return self.hits / max(self.hits + self.misses, 1)


def draw_regime(setting: Setting, random: np.random.Generator) -> Regime:
    """Draw base, noise and pace; bytes unless the shape says otherwise."""
    span = float(random.choice(setting.spans_s))
    moments = np.linspace(0, span, int(random.choice(setting.readings)))
    if setting.dropped:
        moments = moments[random.random(len(moments)) > setting.dropped]
    base = random.uniform(*setting.base_mib) * MIB
    amount = max(base * random.uniform(*setting.growth), 2 * MIB)
    return Regime(
        random=random,
        time=np.round(moments, 3),
        span=span,
        base=base,
        amount=amount,
        noise=amount * random.uniform(*setting.noise),
        cycles=int(random.integers(setting.cycles[0], setting.cycles[1] + 1)),
        heavy_tails=bool(random.random() < setting.tails),
    )


def draw_series(shape: Shape, unit: Unit, regime: Regime) -> Series:
    """Make one record, rounded to pages or whole numbers as the kernel does."""
    value = shape(regime)
    if unit is Unit.BYTES:
        value = np.maximum(np.round((regime.base + value) / PAGE), 0) * PAGE
    else:
        value = np.maximum(np.round(value), 0) + regime.random.integers(3, 60)
    return Series(regime.time.copy(), value.astype(np.float64))


def corpus() -> Iterator[tuple[Shape, Unit, bool]]:
    """Yield every shape with its unit and whether it grows."""
    for table, unit, grows in (
        (shapes.GROWING_BYTES, Unit.BYTES, True),
        (shapes.GROWING_COUNTS, Unit.COUNT, True),
        (shapes.HEALTHY_BYTES, Unit.BYTES, False),
        (shapes.HEALTHY_COUNTS, Unit.COUNT, False),
    ):
        yield from ((shape, unit, grows) for shape in table)


def run(setting: Setting, each: int, *, streaming: bool) -> Score:
    """Examine ``each`` records of every shape."""
    random = np.random.default_rng(setting.seed)
    score = Score()
    for shape, unit, grows in corpus():
        for _ in range(each):
            regime = draw_regime(setting, random)
            cells = Cells.of(draw_series(shape, unit, regime))
            began = time.perf_counter()
            says = examine(cells, unit).growth is Growth.GROWING
            score.cost_ms.append((time.perf_counter() - began) * 1000)
            note(score, shape.__name__, says=says, grows=grows)
            if streaming and not grows:
                watch(score, cells, unit, regime.span)
    return score


def note(score: Score, name: str, *, says: bool, grows: bool) -> None:
    """Count one answer at the end of a record."""
    if grows:
        score.hits += says
        score.misses += not says
    else:
        score.false_alarms += says
        score.quiet += not says
    if says != grows:
        score.wrong[name] += 1


def watch(score: Score, cells: Cells, unit: Unit, span: float) -> None:
    """Count alarms on a healthy record while it was still being made."""
    flags = [
        examine(cells.until(share * span), unit).growth is Growth.GROWING
        for share in CHECKPOINTS
    ]
    score.healthy_hours += span / 3600
    score.ever_flagged += any(flags)
    score.alarm_episodes += sum(
        now and not before for before, now in zip([False, *flags], flags, strict=False)
    )


def show(setting: Setting, score: Score, *, streaming: bool, wrong: bool) -> None:
    """Print one setting."""
    precision, recall = score.precision, score.recall
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    cost = np.array(score.cost_ms)
    print(
        f"{setting.name:12} growing P {precision:.3f} R {recall:.3f} F1 {f1:.3f}   "
        f"healthy P {score.quiet / max(score.quiet + score.misses, 1):.3f} "
        f"R {score.quiet / max(score.quiet + score.false_alarms, 1):.3f}   "
        f"records {len(cost)}   "
        f"cost ms median {np.median(cost):.2f} p99 {np.quantile(cost, 0.99):.2f}"
    )
    if streaming:
        healthy = score.quiet + score.false_alarms
        print(
            f"{'':12} false alarms per healthy hour "
            f"{score.alarm_episodes / max(score.healthy_hours, 1e-9):.2f}   "
            f"healthy records ever flagged {score.ever_flagged / max(healthy, 1):.2f}"
        )
    if wrong:
        print(f"{'':12}", dict(score.wrong.most_common()))


def main() -> None:
    """Run both settings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=8, help="records of each shape")
    parser.add_argument("--seed", type=int, default=0, help="added to both seeds")
    parser.add_argument(
        "--stream", action="store_true", help="also judge while it runs"
    )
    parser.add_argument("--show", action="store_true", help="name the wrong answers")
    options = parser.parse_args()
    for setting in (DEVELOPMENT, HELD_OUT):
        drawn = replace(setting, seed=setting.seed + options.seed)
        score = run(drawn, options.each, streaming=options.stream)
        show(setting, score, streaming=options.stream, wrong=options.show)


if __name__ == "__main__":
    main()
