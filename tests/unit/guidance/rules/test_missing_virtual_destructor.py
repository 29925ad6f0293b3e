"""Lost blocks like those that only one class owns, and other lost blocks."""

from __future__ import annotations

import pytest
from heap_scenes import heap, looks, snapshot_of_heap, suspect
from scenes import MIB, evidence, rising, well_formed

from leakgui.guidance.engine import judge
from leakgui.guidance.rules.missing_virtual_destructor import MissingVirtualDestructor
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = MissingVirtualDestructor()
EACH = 2056
PER_S = 2000 * (EACH + 16) / 20
GROWING = {"anon_bytes": rising(50 * MIB, PER_S, 0.02 * MIB)}


def losing(*counts: int, each: int = EACH, **row):
    return looks(
        *(
            heap(
                held={EACH: 60, "Picture": 60},
                lost={each: count},
                suspects=suspect(**({"lost": count} | row)),
            )
            for count in counts
        )
    )


def test_a_class_that_alone_owns_such_blocks() -> None:
    found = RULE.examine(evidence(heaps=losing(0, 2000, 4000), **GROWING))
    assert found is not None
    assert (found.verdict, found.defect_class) == (
        Verdict.LEAK,
        DefectClass.NON_VIRTUAL_DESTRUCTOR,
    )
    assert found.confidence is Confidence.MEDIUM
    assert "Picture, whose destructor is likely not virtual" in found.summary
    told = " ".join(found.evidence)
    assert "Picture derives from Message and likely has no virtual destructor" in told
    assert "4,000 lost blocks (7.84 MiB) are of 2,056 bytes" in told
    assert "60 of 60 are owned by a Picture" in told
    assert "suspicion" in found.against[0]
    assert "Make the destructor of Message virtual" in found.next_steps[0]
    assert well_formed(found)


@pytest.mark.parametrize(
    ("counts", "row", "confidence"),
    [
        ((0, 2000, 4000), {}, Confidence.HIGH),
        ((0, 2000, 4000), {"owned_by_all": 61}, Confidence.MEDIUM),
        ((0, 2000, 4000), {"certainty": "likely"}, Confidence.MEDIUM),
        ((0, 2000), {}, Confidence.WATCH),
    ],
    ids=["proved", "not quite alone", "likely", "one difference"],
)
def test_high_takes_certainty_and_exclusivity(counts, row, confidence) -> None:
    row = {"certainty": "certain"} | row
    found = RULE.examine(evidence(heaps=losing(*counts, **row), **GROWING))
    assert found is not None
    assert found.confidence is confidence


def test_what_hangs_on_the_buffers_does_not_hide_them() -> None:
    scenes = looks(
        *(
            heap(lost={EACH: n}, hanging={"text": 200 * n}, suspects=suspect(lost=n))
            for n in (0, 500, 1000)
        )
    )
    assert RULE.examine(evidence(heaps=scenes)) is not None


def test_one_look_with_much_lost() -> None:
    look = heap(lost={EACH: 3000}, suspects=suspect(lost=3000))
    judged = judge(evidence(snapshot=snapshot_of_heap(look)).observed)
    found = judged.findings[0]
    assert found.defect_class is DefectClass.NON_VIRTUAL_DESTRUCTOR
    assert found.confidence is Confidence.WATCH
    assert all(well_formed(one) for one in judged.findings)


NEAR_MISSES = {
    "others own such blocks too": losing(0, 500, 1000, owned=60, owned_by_all=90),
    "nobody owns one any more": losing(0, 500, 1000, owned=0, owned_by_all=0),
    "the lost ones have another size": losing(0, 500, 1000, each=48),
    "only some of the lost ones": looks(
        *(
            heap(lost={EACH: n, 48: 3 * n}, suspects=suspect(lost=n))
            for n in (0, 500, 1000)
        )
    ),
    "the objects stay as well": looks(
        *(
            heap(lost={EACH: n}, suspects=suspect(lost=n, objects=60 + n))
            for n in (0, 500, 1000)
        )
    ),
    "a class that owns nothing lost": losing(0, 500, 1000, lost=0),
    "nothing is lost": losing(0, 0, 0),
    "lost once": losing(500, 500, 500),
    "no class is suspect": looks(*(heap(lost={EACH: n}) for n in (0, 500, 1000))),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_near_misses(name: str) -> None:
    assert RULE.examine(evidence(heaps=NEAR_MISSES[name], **GROWING)) is None


def test_names_of_the_target_are_made_printable() -> None:
    found = RULE.examine(
        evidence(heaps=losing(0, 500, 1000, name="Bad\x1b[2J", base="\nBase"))
    )
    assert found is not None
    texts = (found.summary, found.subject, *found.evidence, *found.next_steps)
    assert not any("\x1b" in text or "\n" in text for text in texts)
