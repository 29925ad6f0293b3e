"""What is held and grows, and what only looks like it."""

from __future__ import annotations

import numpy as np
import pytest
from heap_scenes import heap, holder, looks
from scenes import MIB, evidence, loaded, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.reachable_growth import ReachableGrowth
from leakgui.model.finding import Confidence, DefectClass, Verdict
from leakgui.model.heap import Holders
from leakgui.model.recording import Event, EventKind
from leakgui.model.text_column import TextColumn

RULE = ReachableGrowth()
GROWING = {"anon_bytes": rising(50 * MIB, 0.1 * MIB, 0.02 * MIB)}
ROOT = "global g_cache (server)"


def holding(*counts: int, **others):
    return looks(*(heap(held={80: count}, **others) for count in counts))


def test_one_size_that_grows_look_after_look() -> None:
    found = RULE.examine(evidence(heaps=holding(1000, 26000, 51000), **GROWING))
    assert found is not None
    assert (found.verdict, found.defect_class) == (
        Verdict.GROWING,
        DefectClass.HEAP_REACHABLE_GROWTH,
    )
    assert found.confidence is Confidence.HIGH
    assert found.summary.startswith(
        "Grows without a bound so far, still held (blocks of 80 bytes): +"
    )
    told = " ".join(found.evidence)
    assert "in use +3.81 MiB, of it lost ±0" in told
    assert "100 % is blocks of 80 bytes: 3.81 MiB, 50,000 more" in told
    assert "cache" in found.against[0]
    assert well_formed(found)


def test_it_is_the_only_finding_about_memory() -> None:
    scene = evidence(heaps=holding(1000, 26000, 51000), **GROWING)
    judged = judge(scene.observed)
    assert [one.rule for one in judged.findings] == ["reachable-growth"]


def test_who_holds_it_is_named() -> None:
    scenes = looks(
        *(
            heap(held={80: n}, holders=holder(ROOT, 80 * n))
            for n in (1000, 26000, 51000)
        )
    )
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert found.subject == f"memory still held: {ROOT}"
    assert f"Held by {ROOT}: 3.89 MiB hang on it" in " ".join(found.evidence)
    assert well_formed(found)


def test_a_tree_hangs_on_its_variable_in_several_places() -> None:
    roots = ["global a (x)", *(f"{ROOT[:-9]}+{place} (server)" for place in (8, 16, 8))]
    parts = [holder(root, MIB / 8) for root in roots]
    rows = Holders(
        **{
            name: TextColumn.of(getattr(part, name)[0] for part in parts)
            for name in ("root", "root_kind", "path", "type_name")
        },
        **{
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in ("address", "bytes", "retained", "retained_bytes")
        },
    )
    found = RULE.examine(
        evidence(heaps=holding(1000, 26000, 51000, holders=rows), **GROWING)
    )
    assert found is not None
    assert f"Of the 4 largest holders, 3 hang on {ROOT}." in found.evidence
    assert found.subject == f"memory still held: blocks of 80 bytes, likely in {ROOT}"


def test_a_holder_is_enough_where_no_size_is_the_main_part() -> None:
    scenes = looks(
        *(
            heap(
                held={16 * (1 + kind): 200 * place for kind in range(1, 40)},
                holders=holder(ROOT, place * 2.4 * MIB),
            )
            for place in range(1, 4)
        )
    )
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert ROOT in found.subject


def test_a_short_look_is_watched() -> None:
    scenes = holding(1000, 26000, 51000)
    for span_s, metrics in ((40, GROWING), (3, GROWING), (90, {})):
        found = RULE.examine(evidence(span_s, heaps=scenes, **metrics))
        assert found is not None
        assert found.confidence is Confidence.WATCH
        assert well_formed(found)


def test_what_is_doubtful_costs_a_step() -> None:
    scenes = holding(1000, 26000, 51000, walked_share=0.5)
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "Only 50 % of the heap" in " ".join(found.against)


def test_growth_with_every_repeat_of_a_step_is_a_leak() -> None:
    scenes = holding(1000, 21000, 41000, 61000)
    steps = tuple(
        Event(kind=EventKind.STEP, elapsed_s=15.0 + 20 * number, number=number)
        for number in range(3)
    )
    found = RULE.examine(evidence(heaps=scenes, events=steps, **GROWING))
    assert found is not None
    assert found.verdict is Verdict.LEAK
    assert "with every repeat" in found.summary
    fewer = RULE.examine(evidence(heaps=scenes, events=steps[:2], **GROWING))
    assert fewer is not None
    assert fewer.verdict is Verdict.GROWING


def test_steps_without_growth_make_it_no_leak() -> None:
    scenes = holding(1000, 30000, 59000, 59000, 88000, 117000)
    steps = tuple(
        Event(kind=EventKind.STEP, elapsed_s=15.0 + 20 * number, number=number)
        for number in range(5)
    )
    growing = {"anon_bytes": rising(50 * MIB, 0.1 * MIB, 0.02 * MIB)}
    found = RULE.examine(evidence(110, heaps=scenes, events=steps, **growing))
    assert found is not None
    assert found.verdict is Verdict.GROWING


def test_less_than_half_of_the_growth_is_not_high() -> None:
    kinds = {80: 12_000, 48: 11_000, 112: 4_000, 208: 2_000}
    scenes = looks(
        *(
            heap(held={size: count * n for size, count in kinds.items()})
            for n in range(1, 4)
        )
    )
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert "Of what came, 41 % is blocks of 80 bytes" in " ".join(found.evidence)
    assert found.confidence is Confidence.MEDIUM


def test_growth_that_has_other_reasons_too_costs_a_step() -> None:
    scenes = holding(1000, 26000, 51000)
    metrics = {"anon_bytes": rising(50 * MIB, 0.16 * MIB, 0.02 * MIB)}
    found = RULE.examine(evidence(heaps=scenes, **metrics))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "has another reason" in " ".join(found.against)


def test_a_heap_that_is_not_what_grows_is_not_named() -> None:
    metrics = {"anon_bytes": rising(50 * MIB, MIB, 0.02 * MIB)}
    scene = evidence(heaps=holding(1000, 4000, 7000), **metrics)
    assert RULE.examine(scene) is None
    assert judge(scene.observed).findings[0].rule == "growing-memory"


NEAR_MISSES = {
    "one difference": holding(1000, 51000),
    "it got less in between": holding(1000, 51000, 30000, 80000),
    "it came to its bound": holding(1000, 26000, 51000, 51000, 51000),
    "a tenth is lost": looks(
        *(heap(held={80: 1000 * n}, lost={80: 130 * n}) for n in range(1, 4))
    ),
    "what seems held was lost after the first look": looks(
        *(heap(held={80: n}, unconfirmed=(n, 80 * n)) for n in (1000, 26000, 51000))
    ),
    "nothing is the main part": looks(
        *(
            heap(held={16 * (1 + kind): 200 * place for kind in range(1, 40)})
            for place in range(1, 4)
        )
    ),
    "hardly anything": holding(1000, 1500, 2000),
    "less of a large heap than a hundredth": holding(10**6, 10**6 + 4000, 10**6 + 8000),
    "the blocks did not grow": holding(9000, 9000, 9000),
    "nobody looked": (),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(heaps=NEAR_MISSES[name], **GROWING)) is None


def test_a_level_series_is_no_growth() -> None:
    scene = evidence(heaps=holding(1000, 6000, 11000), anon_bytes=50 * MIB)
    assert RULE.examine(scene) is None
    assert judge(scene.observed).verdict is Verdict.HEALTHY


def test_a_load_is_named_by_its_own_rule() -> None:
    scene = evidence(
        heaps=holding(10_000, 2_000_000, 4_000_000),
        anon_bytes=loaded(10 * MIB, 600 * MIB, 0, 75),
        read_bytes=loaded(0, 600 * MIB, 0, 75),
    )
    assert RULE.examine(scene) is None
    assert judge(scene.observed).findings[0].defect_class is DefectClass.BULK_LOAD
