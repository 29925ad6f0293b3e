"""Blocks that are lost look after look, and those that are not."""

from __future__ import annotations

import pytest
from heap_scenes import composition, heap, looks, snapshot_of_heap, suspect
from scenes import MIB, evidence, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.unreachable_blocks import UnreachableBlocks
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = UnreachableBlocks()
BLOCK = 1032
A_LOOK = 4000
PER_S = A_LOOK * (BLOCK + 16) / 20
"""What a process gains that loses so many blocks in the 20 s between two looks."""
GROWING = {"anon_bytes": rising(50 * MIB, PER_S, 0.02 * MIB)}


def losing(*counts: int, **others):
    return looks(*(heap(lost={BLOCK: count}, **others) for count in counts))


def test_lost_look_after_look_while_memory_grows() -> None:
    scene = evidence(heaps=losing(0, A_LOOK, 2 * A_LOOK), **GROWING)
    found = RULE.examine(scene)
    assert found is not None
    assert (found.verdict, found.defect_class) == (
        Verdict.LEAK,
        DefectClass.HEAP_UNREACHABLE,
    )
    assert found.confidence is Confidence.HIGH
    assert found.metric == "anon_bytes"
    assert found.subject == "lost memory: blocks of 1,032 bytes"
    assert found.summary.startswith("Leaking memory that nothing points to any more: +")
    told = " ".join(found.evidence)
    assert "7.87 MiB in 8,000 blocks cannot be reached from any root" in told
    assert "8,000 directly lost, 0 through them" in told
    assert "more in 2 differences in a row" in told
    assert "Of these, 100 % are blocks of 1,032 bytes" in told
    assert "hidden" in found.against[0]
    assert well_formed(found)


def test_it_is_the_only_finding_about_memory() -> None:
    judged = judge(evidence(heaps=losing(0, 4000, 8000), **GROWING).observed)
    assert [found.rule for found in judged.findings] == ["unreachable-blocks"]


@pytest.mark.parametrize(
    ("span_s", "metrics"),
    [
        (30, GROWING),
        (90, {"anon_bytes": 50 * MIB}),
        (90, {}),
        (3, GROWING),
    ],
    ids=["a short series", "a level series", "no series", "hardly any series"],
)
def test_looks_alone_earn_medium(span_s: float, metrics) -> None:
    found = RULE.examine(evidence(span_s, heaps=losing(0, 4000, 8000), **metrics))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert well_formed(found)


def test_the_rate_of_the_looks_is_told_where_the_series_has_none() -> None:
    found = RULE.examine(evidence(heaps=losing(0, 4000, 8000), anon_bytes=50 * MIB))
    assert found is not None
    assert found.summary == (
        "Leaking memory that nothing points to any more: "
        "7.87 MiB within 40 s (+11.8 MiB/min)"
    )


def test_different_blocks_each_time_do_not_agree() -> None:
    found = RULE.examine(
        evidence(
            heaps=looks(
                heap(),
                heap(lost={BLOCK: A_LOOK}),
                heap(lost={BLOCK: A_LOOK, 2056: A_LOOK // 2}),
            ),
            **GROWING,
        )
    )
    assert found is not None
    assert found.confidence is Confidence.MEDIUM


def test_one_difference_is_watched() -> None:
    found = RULE.examine(evidence(heaps=losing(0, A_LOOK), **GROWING))
    assert found is not None
    assert found.confidence is Confidence.WATCH
    assert well_formed(found)


def test_a_part_of_the_growth_is_watched_and_the_rest_keeps_growing() -> None:
    mixed = looks(
        *(heap(held={4096: 256 + n}, lost={BLOCK: n}) for n in (0, 500, 1000))
    )
    scene = evidence(heaps=mixed, anon_bytes=rising(50 * MIB, 0.2 * MIB))
    found = RULE.examine(scene)
    assert found is not None
    assert found.confidence is Confidence.WATCH
    assert "has another reason" in " ".join(found.against)
    assert "growing-memory" in [one.rule for one in judge(scene.observed).findings]


@pytest.mark.parametrize(
    ("flaw", "told"),
    [
        ({"walked_share": 0.7}, "Only 70 % of the heap"),
        ({"is_complete": False}, "could not be copied"),
        (
            {"composition": composition(in_use=4 * MIB, other=12 * MIB)},
            "75 % of its resident memory",
        ),
    ],
)
def test_what_is_doubtful_costs_a_step(flaw, told: str) -> None:
    found = RULE.examine(evidence(heaps=losing(0, 4000, 8000, **flaw), **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert told in " ".join(found.against)
    alone = RULE.examine(evidence(heaps=losing(0, 4000, 8000, **flaw)))
    assert alone is not None
    assert alone.confidence is Confidence.WATCH


def test_growth_that_has_other_reasons_too_costs_a_step() -> None:
    found = RULE.examine(
        evidence(
            heaps=losing(0, 4000, 8000), anon_bytes=rising(50 * MIB, 1.5 * PER_S, MIB)
        )
    )
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "has another reason" in " ".join(found.against)


def test_a_difference_in_which_hardly_any_were_lost_agrees_with_nothing() -> None:
    scenes = looks(
        heap(),
        heap(lost={BLOCK: A_LOOK}),
        heap(lost={BLOCK: A_LOOK, 2056: A_LOOK - 1}),
        heap(lost={BLOCK: A_LOOK + 1, 2056: A_LOOK - 1}),
    )
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM


def test_a_loss_that_is_not_what_grows_has_no_rate_and_no_forecast() -> None:
    scene = evidence(
        heaps=looks(*(heap(lost={32: 60 * n}) for n in range(5))),
        anon_bytes=rising(50 * MIB, MIB),
        system_bytes=rising(3e9, MIB),
        limit_system_bytes=8e9,
    )
    judged = judge(scene.observed)
    first, second = judged.findings
    assert first.rule == "growing-memory"
    assert second.rule == RULE.key
    assert second.confidence is Confidence.WATCH
    assert second.rate_per_s is None
    assert second.eta_s is None
    assert "7.50 KiB within 1 min 20 s" in second.summary
    assert "100 % of the growth has another reason." in second.against


def test_more_that_could_be_walked_was_not_lost_since() -> None:
    scenes = looks(
        *(
            heap(lost={BLOCK: A_LOOK * place}, walked_share=share)
            for place, share in enumerate((0.3, 0.6, 1.0))
        )
    )
    assert RULE.examine(evidence(heaps=scenes, **GROWING)) is None


def test_a_doubt_about_an_early_look_is_told() -> None:
    shares = (0.95, 1.0, 1.0)
    scenes = looks(
        *(
            heap(lost={BLOCK: A_LOOK * place}, walked_share=share)
            for place, share in enumerate(shares)
        )
    )
    found = RULE.examine(evidence(heaps=scenes, **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "Only 95 % of the heap" in " ".join(found.against)


def test_what_came_back_was_not_lost() -> None:
    found = RULE.examine(evidence(heaps=losing(3000, 0, 4000, 8000), **GROWING))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "3,000 blocks that looked lost were not later" in " ".join(found.against)


def test_without_a_second_look_it_says_so() -> None:
    found = RULE.examine(evidence(heaps=losing(0, 500, 1000, looks=1)))
    assert found is not None
    assert "No second look" in " ".join(found.against)


def test_a_cache_that_filled_first_does_not_hide_it() -> None:
    held = (256, 60_000, 120_000, 120_000, 120_000, 120_000)
    scenes = looks(
        *(
            heap(held={4096: count}, lost={BLOCK: 300 * place})
            for place, count in enumerate(held)
        )
    )
    found = RULE.examine(evidence(150, heaps=scenes))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "100 % of the growth" in " ".join(found.evidence)


def test_what_a_slow_second_look_adds_is_no_other_growth() -> None:
    scenes = looks(
        *(
            heap(
                held={4096: 256, BLOCK: late},
                lost={BLOCK: 1000 * place},
                unconfirmed=(late, late * BLOCK),
            )
            for place, late in enumerate((100, 4000, 8000))
        )
    )
    found = RULE.examine(evidence(heaps=scenes))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM
    assert "100 % of the growth" in " ".join(found.evidence)


def test_one_look_tells_what_its_second_part_added() -> None:
    look = heap(held={BLOCK: 500}, lost={BLOCK: 3000}, unconfirmed=(500, 500 * BLOCK))
    found = RULE.examine(evidence(snapshot=snapshot_of_heap(look)))
    assert found is not None
    assert "504 KiB in 500 more blocks were lost at its second" in str(found.evidence)
    assert found.summary == (
        "Blocks are lost that nothing points to any more: 2.95 MiB in 3,000 blocks"
    )


def test_a_few_in_all_are_watched() -> None:
    found = RULE.examine(evidence(heaps=losing(0, 10, 20)))
    assert found is not None
    assert found.confidence is Confidence.WATCH


def test_what_is_lost_seldom_shows_over_many_looks() -> None:
    seldom = losing(*(100 * (number // 4) for number in range(33)))
    found = RULE.examine(evidence(900, heaps=seldom))
    assert found is not None
    assert found.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    "lost",
    [{BLOCK: 3000}, {48: 1500}, {2**20: 3}],
    ids=["a large part", "many alike", "few large ones"],
)
def test_much_at_a_single_look_is_watched(lost) -> None:
    snapshot = snapshot_of_heap(heap(lost=lost))
    for metrics in (GROWING, {}):
        found = RULE.examine(evidence(snapshot=snapshot, **metrics))
        assert found is not None
        assert found.confidence is Confidence.WATCH
        assert "at one look" in " ".join(found.against)
        assert well_formed(found)


NEAR_MISSES = {
    "nothing lost": losing(0, 0, 0),
    "lost once and never again": losing(3000, 3000, 3000),
    "lost once in between": losing(0, 3000, 3000),
    "lost while it started": losing(0, 500, 1000, 1000, 1000, 1000, 1000),
    "a handful": losing(0, 3, 6),
    "fewer and fewer": losing(900, 600, 300),
    "possible only": looks(*(heap(possible={BLOCK: n}) for n in (0, 500, 1000))),
    "next to nothing of the growth": looks(
        *(heap(held={4096: 256 + 100 * n}, lost={48: 10 * n}) for n in range(3))
    ),
    "blocks that could not be counted": looks(*[heap(lost={BLOCK: 9})] * 3),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(heaps=NEAR_MISSES[name], **GROWING)) is None


@pytest.mark.parametrize(
    "lost", [{BLOCK: 999}, {48: 999}, {BLOCK: 200, 2056: 100, 48: 900}]
)
def test_some_at_a_single_look_are_no_leak(lost) -> None:
    held = {4096: 2000}
    snapshot = snapshot_of_heap(heap(held=held, lost=lost))
    assert RULE.examine(evidence(snapshot=snapshot, **GROWING)) is None


def test_a_heap_that_was_not_understood_says_nothing() -> None:
    refused = heap(allocator="jemalloc", blocks=None, leaked=None, groups=None)
    scene = evidence(snapshot=snapshot_of_heap(refused), **GROWING)
    assert RULE.examine(scene) is None


def test_a_class_that_explains_all_speaks_for_itself() -> None:
    scenes = looks(
        *(heap(lost={2056: n}, suspects=suspect(lost=n)) for n in (0, 2000, 4000))
    )
    judged = judge(evidence(heaps=scenes, **GROWING).observed)
    assert [one.rule for one in judged.findings] == ["missing-virtual-destructor"]


def test_a_class_that_explains_most_leaves_the_rest() -> None:
    scenes = looks(
        *(
            heap(lost={2056: 2 * n, BLOCK: n}, suspects=suspect(lost=2 * n))
            for n in (0, 1000, 2000)
        )
    )
    judged = judge(evidence(heaps=scenes, **GROWING).observed)
    assert [one.rule for one in judged.findings] == [
        "missing-virtual-destructor",
        "unreachable-blocks",
    ]
