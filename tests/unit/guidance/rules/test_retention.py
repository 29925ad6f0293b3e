"""Memory kept after a peak, and memory that is in use."""

from __future__ import annotations

import pytest
from heap_scenes import heap, looks, snapshot_of_heap
from scenes import MIB, evidence, loaded, peaked, rising, wave, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.retention import Retention
from leakgui.model.finding import DefectClass, Verdict

RULE = Retention()
PEAKED = {"anon_bytes": peaked(20 * MIB, 68 * MIB, 44 * MIB)}
KEPT = snapshot_of_heap(heap(held={4096: 4096}, free=24 * MIB), elapsed_s=80)


def falling(*used_mib: int):
    """What is no longer in use is free."""
    top = max(used_mib)
    return looks(
        *(heap(held={4096: 256 * mib}, free=(1 + top - mib) * MIB) for mib in used_mib)
    )


def test_a_level_above_what_is_in_use() -> None:
    found = RULE.examine(evidence(snapshot=KEPT, **PEAKED))
    assert found is not None
    assert (found.verdict, found.defect_class) == (
        Verdict.HEALTHY,
        DefectClass.RETENTION,
    )
    assert found.summary == (
        "Freed, but kept by the allocator: 16.0 MiB are in use, "
        "24.0 MiB are free for later"
    )
    assert "60 % of the heap is free" in " ".join(found.evidence)
    assert well_formed(found)


def test_it_is_the_only_finding() -> None:
    judged = judge(evidence(snapshot=KEPT, **PEAKED).observed)
    assert [one.rule for one in judged.findings] == ["retention"]


def test_a_peak_that_only_the_looks_show() -> None:
    stays = loaded(20 * MIB, 40 * MIB, 0, 12)
    found = RULE.examine(evidence(heaps=falling(40, 40, 4, 4), anon_bytes=stays))
    assert found is not None
    told = " ".join(found.evidence)
    assert "in use −36.0 MiB" in told
    assert "allocator +36.0 MiB" in told
    assert well_formed(found)


NEAR_MISSES = {
    "hardly anything is free": {
        "snapshot": snapshot_of_heap(heap(held={4096: 10_000}, free=0.5 * MIB)),
        **PEAKED,
    },
    "nobody looked": PEAKED,
    "it is still growing": {
        "snapshot": KEPT,
        "anon_bytes": rising(50 * MIB, 0.2 * MIB),
    },
    "a load that comes and goes": {
        "heaps": falling(40, 4, 40, 4),
        "anon_bytes": wave(20 * MIB, 40 * MIB, 10),
    },
    "never was more in use": {
        "heaps": falling(4, 4, 4),
        "anon_bytes": 20.0 * MIB,
    },
    "freed memory went back": {
        "heaps": looks(heap(held={4096: 9000}), heap(held={4096: 900})),
        "anon_bytes": loaded(20 * MIB, 40 * MIB, 0, 12),
    },
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_a_short_record_says_nothing() -> None:
    scene = evidence(12, snapshot=KEPT, anon_bytes=20.0 * MIB)
    assert RULE.examine(scene) is None
