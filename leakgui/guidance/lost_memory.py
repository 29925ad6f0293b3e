"""Whether blocks are lost, look after look, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from leakgui.formatting import format_count
from leakgui.guidance import confidence, heap_doubts
from leakgui.guidance.agreement import Agreement, Grown, agree
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_groups import NONE, Amount, Amounts, Group
from leakgui.guidance.heap_history import Look, Step
from leakgui.model.finding import Confidence
from leakgui.texts import say

MIB = 2**20
_LEAST_BLOCKS = 8
_LEAST_BYTES = 64 * 1024
"""Fewer blocks with less in them come and go while a program moves its pointers."""
_ENOUGH_BLOCKS = 50
_ENOUGH_BYTES = 64 * 1024
"""Less than this in all is no more than watched: many a start loses a few."""
MOST_OF_IT = 0.5
_SOME_OF_IT = 0.1
_MUCH_OF_HEAP = 0.2
_MANY_ALIKE = 1000
_IN_A_ROW = 2
_EVERY_TIME = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Loss:
    """Blocks that nothing reaches, and that are no one-off."""

    look: Look
    """The newest one."""
    whole: Step | None
    """From an early look to the newest; None where there is one only."""
    times: int
    """In how many successive differences more of them were lost; 0 with one look."""
    share: float
    """Of the growth of private memory where that is known, else of the heap, 0 to 1."""
    agreement: Agreement
    """The class or size that most of what was lost in between has."""
    doubts: tuple[str, ...]
    """What makes it a step less certain."""

    @property
    def explains_growth(self) -> bool:
        """Whether the growth is this loss, and not mainly something else."""
        return self.whole is not None and self.share >= MOST_OF_IT


def find_loss(evidence: Evidence) -> Loss | None:
    """Return what is being lost; None where nothing is, or it was lost once.

    Lost blocks that do not grow are no trouble of a program that runs: they are told
    beside its health. With a single look nobody can know; then only much counts.
    """
    history = evidence.heap
    look = history.latest
    if look is None:
        return None
    if not history.steps:
        return _at_one_look(look) if _is_much(look) else None
    times = _times(history.steps)
    whole = max(_spans(history.steps), key=lambda span: _share(evidence, span))
    share = _share(evidence, whole)
    is_every_time = times == len(history.steps) >= _EVERY_TIME
    if times == 0 or (share < _SOME_OF_IT and not is_every_time):
        return None
    agreement = agree(
        _grown_groups(step) for step in history.steps if has_lost_more(step)
    )
    doubts = (
        *heap_doubts.about_step(whole),
        *heap_doubts.about_share(_explained(evidence, whole)),
        *_came_back(history.steps),
    )
    return Loss(
        look=look, whole=whole, times=times, share=share, agreement=agreement,
        doubts=doubts,
    )  # fmt: skip


def trust(evidence: Evidence, loss: Loss) -> Confidence:
    """Grade a loss: medium by itself where two differences in a row show it.

    High takes a class or size that both agree on, and a series that grows with it.
    """
    if loss.times < _IN_A_ROW or loss.share < MOST_OF_IT or _is_little(loss):
        return Confidence.WATCH
    key = evidence.growing_memory()
    times = loss.agreement.times
    of_series = confidence.of_growth(evidence, key, times) if key else None
    is_high = of_series is Confidence.HIGH
    return confidence.less(
        Confidence.HIGH if is_high else Confidence.MEDIUM, loss.doubts
    )


def _is_little(loss: Loss) -> bool:
    whole = loss.whole
    return whole is not None and (
        whole.lost < _ENOUGH_BLOCKS and whole.lost_bytes < _ENOUGH_BYTES
    )


def has_lost_more(step: Step) -> bool:
    """Whether more is lost at the end of a step, beyond what comes and goes."""
    is_enough = step.lost >= _LEAST_BLOCKS or step.lost_bytes >= _LEAST_BYTES
    return step.lost_bytes > 0 and is_enough


def most_alike(amounts: Amounts) -> tuple[Group, Amount] | None:
    """Return the largest group by number; None where there is none."""
    return max(amounts.items(), key=lambda item: item[1].count, default=None)


def _at_one_look(look: Look) -> Loss:
    return Loss(
        look=look,
        whole=None,
        times=0,
        share=0.0,
        agreement=agree([]),
        doubts=heap_doubts.about_look(look),
    )


def _is_much(look: Look) -> bool:
    """Whether a single look shows more lost than programs lose when they start."""
    lost_bytes, alike = look.leaked.lost_bytes, most_alike(look.lost)
    is_large = lost_bytes >= max(MIB, _MUCH_OF_HEAP * look.blocks.in_use_bytes)
    return is_large or (alike is not None and alike[1].count >= _MANY_ALIKE)


def _times(steps: Sequence[Step]) -> int:
    """Return in how many successive steps more was lost; 0 where that has ended.

    It has where the last two steps lost nothing and most of the others neither: what
    is lost while a program starts is lost once.
    """
    grew = [has_lost_more(step) for step in steps]
    longest = max(len(list(run)) if lost else 0 for lost, run in groupby(grew))
    if longest >= _IN_A_ROW:
        goes_on = any(grew[-2:]) or 2 * sum(grew) > len(grew)
        return longest if goes_on else 0
    return int(grew[-1])


def _spans(steps: Sequence[Step]) -> list[Step]:
    """Return all the time, and later parts of it, of two steps or more.

    By its later half caches have filled; and what was called lost and came back was
    not lost, so it goes on from where least was lost.
    """
    latest = len(steps) - _IN_A_ROW
    least = min(range(len(steps)), key=lambda place: steps[place].before.leaked.lost)
    begins = {0, min(len(steps) // 2, latest), min(least, latest)}
    return [
        Step(before=steps[max(place, 0)].before, after=steps[-1].after)
        for place in sorted(begins)
    ]


def _share(evidence: Evidence, whole: Step) -> float:
    """Return which part of the growth is lost: a heap is not all of a process."""
    private = evidence.private_growth(whole.span_s)
    if private is None:
        return _part(whole.lost_bytes, whole.settled_bytes)
    return _part(whole.lost_taken_bytes, private)


def _explained(evidence: Evidence, whole: Step) -> float:
    """Return which part of the growth is lost, by the least growth there may be."""
    least = evidence.private_growth(whole.span_s, is_least=True)
    if least is None:
        return _part(whole.lost_bytes, whole.settled_bytes)
    return _part(whole.lost_taken_bytes, least)


def _part(lost_bytes: float, grown: float) -> float:
    """Return a share, 1 at most; all of it where there was no other growth."""
    if lost_bytes <= 0:
        return 0.0
    return 1.0 if grown <= lost_bytes else lost_bytes / grown


def _grown_groups(step: Step) -> list[Grown]:
    before = step.before.lost
    changed = {
        group: amount - before.get(group, NONE)
        for group, amount in step.after.lost.items()
    }
    return [
        Grown(group.as_words(), group.kind, "", change.count, change.bytes)
        for group, change in changed.items()
        if change.bytes > 0
    ]


def _came_back(steps: Sequence[Step]) -> tuple[str, ...]:
    """Return what is said where fewer were lost later: so they had not been lost."""
    found = -min(step.lost for step in steps)
    if found < _LEAST_BLOCKS:
        return ()
    return (
        say(
            "{count} blocks that looked lost were not later: the program hides "
            "pointers, or keeps them where they were not seen.",
            count=format_count(found),
        ),
    )
