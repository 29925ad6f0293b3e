"""What makes a statement about the heap a step less certain; each is told."""

from __future__ import annotations

from leakgui.formatting import format_percent
from leakgui.guidance.heap_history import Look, Step
from leakgui.model.heap import Heap
from leakgui.texts import say

_UNEXPLAINED = 0.2
_FOREIGN = 0.5


def about_look(look: Look) -> tuple[str, ...]:
    """Return what was wrong with a look, or strange about the process."""
    heap, doubts = look.heap, []
    if heap.walked_share < 1:
        doubts.append(
            say(
                "Only {share} of the heap could be walked.",
                share=format_percent(heap.walked_share),
            )
        )
    elif not heap.is_complete:
        doubts.append(
            say("Some memory could not be copied, and pointers in it were not seen.")
        )
    foreign = _foreign_share(heap)
    if foreign > _FOREIGN:
        doubts.append(
            say(
                "{share} of its resident memory is neither this allocator's nor a file "
                "or a stack: perhaps another allocator's, which was not looked into.",
                share=format_percent(foreign),
            )
        )
    return tuple(doubts)


def about_step(step: Step) -> tuple[str, ...]:
    """Return what was wrong with the two looks of a difference, each said once."""
    facts = (*about_look(step.after), *about_look(step.before))
    return tuple(dict.fromkeys(facts))


def about_share(explained: float) -> tuple[str, ...]:
    """Return what is said where more than a fifth of the growth lies elsewhere."""
    if 1 - explained <= _UNEXPLAINED:
        return ()
    return (
        say(
            "{share} of the growth has another reason.",
            share=format_percent(1 - explained),
        ),
    )


def _foreign_share(heap: Heap) -> float:
    """Return the part of resident memory that nobody is known to own; 0 unknown."""
    parts = heap.composition
    if parts is None or heap.resident_bytes <= 0:
        return 0.0
    foreign = sum(
        size
        for kind, size in zip(parts.kind.as_list(), parts.bytes.tolist(), strict=True)
        if kind == "other"
    )
    return float(foreign) / heap.resident_bytes
