"""Growth that is free memory, and growth that is not."""

from __future__ import annotations

import pytest
from heap_scenes import heap, looks
from scenes import MIB, evidence, filling, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.fragmentation import Fragmentation
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = Fragmentation()
GROWING = {"anon_bytes": rising(50 * MIB, 0.1 * MIB, 0.02 * MIB)}


def freeing(*mib: float, **others):
    return looks(*(heap(free=free * MIB, **others) for free in mib))


def test_free_memory_grows_and_what_is_in_use_does_not() -> None:
    scene = evidence(heaps=freeing(1, 3, 5), **GROWING)
    found = RULE.examine(scene)
    assert found is not None
    assert (found.verdict, found.defect_class) == (
        Verdict.HEALTHY,
        DefectClass.FRAGMENTATION,
    )
    assert found.confidence is Confidence.HIGH
    assert found.summary.startswith("Freed but kept, not a leak: +")
    assert "free inside the allocator +4.00 MiB" in " ".join(found.evidence)
    assert "MALLOC_ARENA_MAX=2" in " ".join(found.next_steps)
    assert found.against == ("No fact against it was found.",)
    assert well_formed(found)


def test_it_is_the_only_finding() -> None:
    judged = judge(evidence(heaps=freeing(1, 3, 5), **GROWING).observed)
    assert [one.rule for one in judged.findings] == ["fragmentation"]
    assert judged.verdict is Verdict.HEALTHY


@pytest.mark.parametrize(
    ("span_s", "scenes"), [(90, freeing(1, 5)), (40, freeing(1, 3, 5))]
)
def test_little_is_watched_or_less_certain(span_s, scenes) -> None:
    found = RULE.examine(evidence(span_s, heaps=scenes, **GROWING))
    assert found is not None
    assert found.confidence is not Confidence.HIGH


def test_a_difference_that_adds_hardly_any_agrees_with_nothing() -> None:
    found = RULE.examine(evidence(heaps=freeing(1, 5, 5.0001), **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "between two looks only" in " ".join(found.against)


def test_a_limit_that_it_nearly_uses_up_is_no_health() -> None:
    found = RULE.examine(
        evidence(
            heaps=freeing(1, 3, 5),
            system_bytes=9e9,
            limit_system_bytes=10e9,
            **GROWING,
        )
    )
    assert found is not None
    assert found.verdict is Verdict.OVERFLOW


def test_blocks_lost_beside_it_are_told() -> None:
    found = RULE.examine(evidence(heaps=freeing(1, 3, 5, lost={48: 20}), **GROWING))
    assert found is not None
    assert "20 blocks cannot be reached" in found.against[0]


NEAR_MISSES = {
    "in use grows as much": looks(
        *(heap(held={4096: 256 * n}, free=n * MIB) for n in (1, 3, 5))
    ),
    "lost blocks grow": looks(*(heap(lost={1032: 2000 * n}) for n in range(3))),
    "free memory explains little": freeing(1, 1.2, 1.4),
    "it was freed, and what grows is elsewhere": looks(
        *(heap(held={4096: 256 * n}, free=(6 - n) * MIB) for n in (5, 3, 1))
    ),
    "one look": (),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(heaps=NEAR_MISSES[name], **GROWING)) is None


def test_memory_that_does_not_grow() -> None:
    scene = evidence(heaps=freeing(1, 3, 5), anon_bytes=filling(50 * MIB, 4 * MIB, 4))
    assert RULE.examine(scene) is None
