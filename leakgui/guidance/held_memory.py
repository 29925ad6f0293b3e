"""Whether memory grows that the program still holds, and what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leakgui.guidance import heap_doubts
from leakgui.guidance.agreement import NOTHING, Agreement, Grown, agree
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_groups import NONE
from leakgui.guidance.heap_history import Look, Step
from leakgui.guidance.holders import Holder, LikelyRoot, find_holder, find_likely
from leakgui.model.recording import EventKind

_LEAST_BYTES = 128 * 1024
_LEAST_SHARE = 0.01
_MOST_LOST = 0.1
_MAIN_PART = 0.4
_HALF = 0.5
_IN_A_ROW = 2
_STILL = 0.25
_REPEATS = 3
_EXPLAINED = 0.5
"""Of the growth of private memory: what grows less is not what grows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hold:
    """Memory in use that grows, look after look, and that pointers still lead to."""

    look: Look
    whole: Step
    group: Agreement
    """The class or size that grows; ``NOTHING`` where only a holder shows it."""
    holder: Holder | None
    likely: LikelyRoot | None
    """Where no holder is the main part of the growth by itself."""
    agreeing: int
    """In how many differences that class, size or holder was half of the growth."""
    repeats: int
    """In how many differences it grew by a step that the user repeated; 0 where it
    did not in every one with such a step."""
    doubts: tuple[str, ...]

    @property
    def times(self) -> int:
        """In how many differences the same thing was the main part of the growth."""
        return max(self.group.times, self.holder.times if self.holder else 0)

    @property
    def should_have_shrunk(self) -> bool:
        """Whether it grew with every repeat of a step that ends where it began."""
        return self.repeats >= _REPEATS


def find_hold(evidence: Evidence) -> Hold | None:
    """Return what grows and is held; None where hardly anything grows or most is lost.

    It takes two differences in which the same class, size or holder is the main part,
    and in none of which it got less; one that has come to its bound does not count.
    Nor does a heap where the process grows mainly elsewhere.
    """
    look, whole, steps = evidence.heap.latest, evidence.heap.whole, evidence.heap.steps
    if look is None or whole is None or not _grows(whole, steps):
        return None
    if _seems_lost(whole) >= _MOST_LOST * whole.in_use_bytes:
        return None
    if _explained(evidence, whole) < _EXPLAINED:
        return None
    group, holder = _find_group(steps), find_holder(steps, _MAIN_PART)
    least = _explained(evidence, whole, is_least=True)
    hold = Hold(
        look=look,
        whole=whole,
        group=group,
        holder=holder,
        likely=None if holder else find_likely(look.heap),
        agreeing=_agreeing(steps, group, holder),
        repeats=_repeats(evidence, steps),
        doubts=(*heap_doubts.about_step(whole), *heap_doubts.about_share(least)),
    )
    return hold if hold.times >= _IN_A_ROW else None


def _explained(evidence: Evidence, whole: Step, *, is_least: bool = False) -> float:
    """Return which part of the growth of private memory came in blocks, 1 at most.

    All of it where that is not known.
    """
    private = evidence.private_growth(whole.span_s, is_least=is_least)
    if private is None or private <= whole.taken_bytes:
        return 1.0
    return whole.taken_bytes / private


def _agreeing(steps: Sequence[Step], group: Agreement, holder: Holder | None) -> int:
    """Return in how many differences the same thing was half of the growth."""
    of_group = agree(_grown_groups(step) for step in steps)
    times = of_group.times if of_group.key == group.key else 0
    found = find_holder(steps, _HALF)
    is_same = found is not None and holder is not None and found.root == holder.root
    return max(times, found.times if found is not None and is_same else 0)


def _seems_lost(whole: Step) -> int:
    """Return what was lost in between, unconfirmed or not: none of it is held."""
    in_between = whole.in_use_bytes - whole.settled_bytes
    return whole.lost_bytes + max(in_between, 0)


def _grows(whole: Step, steps: Sequence[Step]) -> bool:
    """Whether enough came, and still came between the last two looks."""
    least = max(_LEAST_BYTES, _LEAST_SHARE * whole.before.blocks.in_use_bytes)
    if whole.in_use_bytes < least:
        return False
    last = steps[-1]
    return _pace(last) >= _STILL * _pace(whole)


def _pace(step: Step) -> float:
    return step.in_use_bytes / max(step.span_s, 1e-3)


def _find_group(steps: Sequence[Step]) -> Agreement:
    """Return the class or size that is the main part and never got less."""
    found = agree((_grown_groups(step) for step in steps), _MAIN_PART)
    if found.share < _MAIN_PART or found.times < _IN_A_ROW:
        return NOTHING
    return NOTHING if any(_fell(step, found.key) for step in steps) else found


def _grown_groups(step: Step) -> list[Grown]:
    rows = []
    for group, amount in step.after.held.items():
        change = amount - step.before.held.get(group, NONE)
        if change.bytes > 0:
            words = group.as_words()
            rows.append(Grown(words, group.kind, "", change.count, change.bytes))
    return rows


def _fell(step: Step, words: str) -> bool:
    return any(
        group.as_words() == words
        and step.after.held.get(group, NONE).bytes < amount.bytes
        for group, amount in step.before.held.items()
    )


def _repeats(evidence: Evidence, steps: Sequence[Step]) -> int:
    """Return in how many differences with a marked step the heap grew; 0 if not in all.

    Less than a quarter of what is usual is no growth.
    """
    marked = [step for step in steps if _has_mark(evidence, step)]
    usual = sum(step.in_use_bytes for step in steps) / len(steps)
    grew = all(step.in_use_bytes >= _STILL * usual for step in marked)
    return len(marked) if grew else 0


def _has_mark(evidence: Evidence, step: Step) -> bool:
    return any(
        event.kind is EventKind.STEP
        and step.before.at_s < event.elapsed_s <= step.after.at_s
        for event in evidence.observed.events
    )
