"""Memory that grows for an unknown reason, and memory that does not."""

from __future__ import annotations

import pytest
from scenes import (
    MIB,
    changes,
    counting,
    difference,
    evidence,
    filling,
    rising,
    sawtooth,
    well_formed,
)

from leakgui.guidance.rules.growing_memory import GrowingMemory
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = GrowingMemory()


def test_memory_that_grows() -> None:
    found = RULE.examine(
        evidence(
            anon_bytes=rising(50 * MIB, 0.2 * MIB, 0.05 * MIB),
            system_bytes=2e9,
            limit_system_bytes=3e9,
        )
    )
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.GROWING, DefectClass.UNKNOWN)
    assert found.confidence is Confidence.MEDIUM
    assert found.summary.startswith("Keeps growing: +12.0 MiB/min")
    assert "limit 2.79 GiB in about 80 min" in found.summary
    assert found.rate_per_s == pytest.approx(0.2 * MIB, rel=0.1)
    assert found.against == ("No fact against it was found.",)
    assert well_formed(found)


def test_a_leak_below_a_collector() -> None:
    found = RULE.examine(
        evidence(300, anon_bytes=sawtooth(50 * MIB, 20 * MIB, 9, 0.1 * MIB))
    )
    assert found is not None
    assert "32 cycles" in " ".join(found.evidence)
    assert found.confidence is Confidence.MEDIUM


NEAR_MISSES = {
    "a cache that fills": {"anon_bytes": filling(50 * MIB, 30 * MIB, 6)},
    "a collector": {"anon_bytes": sawtooth(50 * MIB, 20 * MIB, 9)},
    "file pages only": {
        "rss_bytes": rising(50 * MIB, MIB),
        "anon_bytes": 20 * MIB,
        "uss_bytes": 20 * MIB,
    },
    "threads explain it": {
        "anon_bytes": rising(50 * MIB, 0.05 * MIB),
        "threads": counting(2, 1),
    },
    "swapped out by others": {
        "anon_bytes": rising(200 * MIB, -MIB),
        "swap_bytes": rising(0, MIB),
    },
    "no memory known": {"threads": 4.0},
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(**NEAR_MISSES[name])) is None


def test_more_than_threads_explain() -> None:
    found = RULE.examine(
        evidence(anon_bytes=rising(50 * MIB, 2 * MIB), threads=counting(2, 1))
    )
    assert found is not None


def test_a_leak_that_is_swapped_out() -> None:
    found = RULE.examine(evidence(anon_bytes=50 * MIB, swap_bytes=rising(0, MIB)))
    assert found is not None
    assert found.metric == "swap_bytes"


def test_the_most_exact_metric_names_it() -> None:
    grown = rising(50 * MIB, MIB)
    found = RULE.examine(evidence(rss_bytes=grown, anon_bytes=grown, uss_bytes=grown))
    assert found is not None
    assert found.metric == "uss_bytes"


def test_differences_raise_confidence_where_they_agree() -> None:
    rows = changes(("/srv/index.db", "file", 0, 5.0 * MIB), ("[heap]", "heap", 0, 4096))
    grown = tuple(difference(number, mappings=rows) for number in (1, 2))
    found = RULE.examine(evidence(anon_bytes=rising(50 * MIB, MIB), differences=grown))
    assert found is not None
    assert found.confidence is Confidence.HIGH
    assert found.subject == "private memory: /srv/index.db"


@pytest.mark.parametrize("place", [("[heap]", "heap"), ("anonymous rw", "anonymous")])
def test_private_memory_between_snapshots_confirms_nothing(place) -> None:
    rows = changes((*place, 0, 5.0 * MIB))
    grown = tuple(difference(number, mappings=rows) for number in (1, 2))
    found = RULE.examine(evidence(anon_bytes=rising(50 * MIB, MIB), differences=grown))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert found.subject == f"private memory: {place[0]}"
    assert "in 2 of them" in " ".join(found.evidence)
