"""The whole judgement: verdict, map of series, ranks, and the same for the same."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import (
    MIB,
    TARGET,
    changes,
    counting,
    difference,
    evidence,
    filling,
    flat,
    loaded,
    observed,
    peaked,
    rising,
    sawtooth,
    series,
    speeding_up,
    times,
    wave,
    well_formed,
)

from leakgui.guidance.engine import judge, observe
from leakgui.guidance.evidence import Observed
from leakgui.model.finding import Confidence, DefectClass, Growth, Verdict
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.recording import Recording, Series

SYSTEM = {"system_bytes": flat(3e9, 2e6), "limit_system_bytes": 8e9}
IDLE = {"cpu_ms": rising(0, 20), "read_bytes": 4096.0, **SYSTEM}
BUSY = {"cpu_ms": rising(0, 990), "read_bytes": 4096.0, **SYSTEM}

PRACTICE = {
    "lost blocks": (
        {"anon_bytes": rising(3 * MIB, 0.2 * MIB), **IDLE},
        ("growing", "unknown"),
    ),
    "growing collection": (
        {"anon_bytes": rising(12 * MIB, 0.3 * MIB, 0.02 * MIB), **IDLE},
        ("growing", "unknown"),
    ),
    "descriptor leak": (
        {"handles": counting(4, 2), "handles_file": counting(1, 2), **IDLE},
        ("leak", "handle"),
    ),
    "socket leak": (
        {"handles": counting(4, 2), "handles_socket": counting(1, 2), **IDLE},
        ("leak", "socket"),
    ),
    "thread leak": (
        {"threads": counting(1, 1), "mappings": counting(60, 2), **IDLE},
        ("leak", "thread"),
    ),
    "mapping leak": (
        {
            "mappings": counting(30, 8),
            "anon_bytes": rising(MIB, 0.25 * MIB),
            "vms_bytes": rising(3 * MIB, 0.27 * MIB),
            **IDLE,
        },
        ("leak", "mapping"),
    ),
    "bulk load": (
        {
            "anon_bytes": loaded(10 * MIB, 600 * MIB, 0, 75),
            **(IDLE | {"read_bytes": loaded(0, 600 * MIB, 0, 75)}),
        },
        ("overflow", "bulk-load"),
    ),
    "runaway loop": (
        {"anon_bytes": speeding_up(25 * MIB, 16 * MIB, 15), **BUSY},
        ("overflow", "runaway-loop"),
    ),
    "limit too small": (
        {
            "data_bytes": lambda t: 160 * MIB * np.where(t % 3 < 1.5, 0.8, 0.93),
            "limit_data_bytes": 160 * MIB,
            **IDLE,
        },
        ("overflow", "limit-too-small"),
    ),
    "deep recursion": (
        {
            "stack_bytes": rising(0.2 * MIB, 0.125 * MIB),
            "limit_stack_bytes": 8 * MIB,
            "anon_bytes": rising(MIB, 0.125 * MIB),
            **IDLE,
        },
        ("overflow", "stack"),
    ),
    "warm-up cache": (
        {"anon_bytes": filling(8 * MIB, 14 * MIB, 4), **IDLE},
        ("healthy", "warm-up"),
    ),
    "collector sawtooth": (
        {"anon_bytes": sawtooth(8 * MIB, 20 * MIB, 4), **IDLE},
        ("healthy", "sawtooth"),
    ),
    "periodic load": (
        {"anon_bytes": wave(8 * MIB, 20 * MIB, 10), **IDLE},
        ("healthy", "periodic"),
    ),
    "retention": (
        {"anon_bytes": peaked(MIB, 48 * MIB, 24 * MIB), **IDLE},
        ("healthy", "retention"),
    ),
}


@pytest.mark.parametrize("span_s", [40, 60])
@pytest.mark.parametrize("name", PRACTICE)
def test_practice_programs(name: str, span_s: float) -> None:
    metrics, expected = PRACTICE[name]
    judged = judge(observed(span_s, **metrics))
    first = judged.findings[0]
    assert (judged.verdict.value, first.defect_class.value) == expected
    assert all(well_formed(finding) for finding in judged.findings)


def test_series_are_told_one_by_one() -> None:
    judged = judge(
        observed(
            anon_bytes=rising(50 * MIB, MIB),
            handles=9.0,
            cpu_ms=rising(0, 10),
            limit_handles=1024.0,
            system_bytes=2e9,
            made_up_metric=1.0,
        )
    )
    assert judged.series == {
        "anon_bytes": Growth.GROWING,
        "handles": Growth.HEALTHY,
        "system_bytes": Growth.HEALTHY,
    }


def test_trouble_hides_health_and_keeps_the_order_of_the_rules() -> None:
    judged = judge(
        observed(anon_bytes=rising(50 * MIB, MIB), handles=counting(9, 1), **IDLE)
    )
    assert [finding.rule for finding in judged.findings] == [
        "handle-leak",
        "growing-memory",
    ]
    assert judged.verdict is Verdict.LEAK


def test_memory_read_rarely_gives_way_to_memory_read_often() -> None:
    scene = evidence(60, anon_bytes=sawtooth(20 * MIB, 20 * MIB, 2.0))
    rare = series(20 * MIB, times(60, 2.0))
    from leakgui.analysis.cells import Cells

    scene.observed.cells["uss_bytes"] = Cells.of(rare)  # type: ignore[index]
    assert scene.clearest_memory() == "anon_bytes"


def test_growth_that_only_the_finer_metric_shows() -> None:
    from leakgui.analysis.cells import Cells

    scene = evidence(60, anon_bytes=rising(20 * MIB, MIB))
    few = series(20 * MIB, times(60, 2.0))
    scene.observed.cells["uss_bytes"] = Cells.of(few)  # type: ignore[index]
    assert scene.growing_memory() == "anon_bytes"


def test_short_records_are_only_watched() -> None:
    judged = judge(observed(45, anon_bytes=rising(50 * MIB, MIB)))
    assert judged.findings[0].confidence is Confidence.WATCH
    assert "Only 45 s" in judged.findings[0].against[0]


def test_growth_that_slowed_down_is_only_watched() -> None:
    def slowing(t: np.ndarray) -> np.ndarray:
        return 50 * MIB + MIB * np.where(t < 45, t, 45 + (t - 45) * 0.45)

    found = judge(observed(anon_bytes=slowing)).findings[0]
    assert found.rule == "growing-memory"
    assert found.confidence is Confidence.WATCH
    assert "less than half as fast" in found.against[0]


def test_growth_that_began_lately_is_only_watched() -> None:
    found = judge(
        observed(200, anon_bytes=lambda t: 50 * MIB + MIB * np.maximum(t - 140, 0))
    ).findings[0]
    assert found.confidence is Confidence.WATCH


def test_a_beginning_that_does_not_fit_is_told() -> None:
    found = judge(
        observed(
            120, anon_bytes=lambda t: 50 * MIB + 40 * MIB * (t > 4) + 0.05 * MIB * t
        )
    ).findings[0]
    assert found.confidence is Confidence.WATCH
    assert "The first part" in found.against[0]


def test_holes_in_the_record_lower_confidence() -> None:
    elapsed_s = times(200)
    kept = elapsed_s[(elapsed_s < 90) | (elapsed_s > 120)]
    grown = Recording(
        target=TARGET,
        started_unix_s=0.0,
        series={"anon_bytes": series(rising(50 * MIB, MIB), kept)},
    )
    found = judge(observe(grown)).findings[0]
    assert found.confidence is Confidence.WATCH
    assert "was not measured" in found.against[-1]


def test_a_file_and_a_live_record_agree() -> None:
    elapsed_s = times(90)
    metrics = {"anon_bytes": rising(50 * MIB, MIB), "handles": flat(20, 3)}
    recording = Recording(
        target=TARGET,
        started_unix_s=1_700_000_100.0,
        series={
            **{key: series(made, elapsed_s) for key, made in metrics.items()},
            "swap_bytes": Series(np.empty(0), np.empty(0)),
            "pss_bytes": Series(np.array([1.0]), np.array([np.nan])),
        },
    )
    from_file = judge(observe(recording))
    assert from_file == judge(observed(90, **metrics))
    assert from_file == judge(observe(recording))


def test_differences_change_neither_verdict_nor_class() -> None:
    rows = changes(("[heap]", "heap", 1, 9 * MIB))
    both = tuple(difference(number, mappings=rows) for number in (1, 2))
    for metrics, _ in PRACTICE.values():
        plain = judge(observed(45, **metrics))
        compared = judge(observed(45, differences=both, **metrics))
        assert [(f.rule, f.verdict, f.defect_class) for f in plain.findings] == [
            (f.rule, f.verdict, f.defect_class) for f in compared.findings
        ]


def test_judging_everything_is_quick() -> None:
    scene = observed(
        600,
        **{
            key: rising(50 * MIB, 0.1 * MIB, MIB)
            for key, metric in METRIC_BY_KEY.items()
            if not metric.is_cumulative
        },
    )
    began = time.perf_counter()
    judge(scene)
    assert time.perf_counter() - began < 3.0  # some 0.1 s on an idle machine


metric_keys = st.sampled_from(sorted(METRIC_BY_KEY))
wild = st.lists(st.floats(0, 1e15) | st.just(float("nan")), min_size=0, max_size=80)


@given(st.dictionaries(metric_keys, wild, max_size=12), st.integers(50, 30_000))
@settings(deadline=None, max_examples=60)
def test_anything_is_judged(metrics: dict[str, list[float]], every_ms: int) -> None:
    recording = Recording(
        target=TARGET,
        started_unix_s=0.0,
        series={
            key: Series(np.arange(len(values)) * every_ms / 1000, np.array(values))
            for key, values in metrics.items()
        },
    )
    scene = observe(recording)
    assert isinstance(scene, Observed)
    judged = judge(scene)
    assert judged.verdict is judged.findings[0].verdict
    assert all(well_formed(finding) for finding in judged.findings)
    assert DefectClass.FRAGMENTATION not in {f.defect_class for f in judged.findings}
