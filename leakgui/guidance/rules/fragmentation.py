"""Resident memory that grows with holes in it: freed, but not given back."""

from __future__ import annotations

from leakgui.formatting import format_bytes, format_percent
from leakgui.guidance import confidence, heap_wording
from leakgui.guidance.case import Advice
from leakgui.guidance.examined import Evidence
from leakgui.guidance.free_memory import Fragments, find_fragments
from leakgui.guidance.heap_case import HeapCase, figure_of_step, heap_finding
from leakgui.guidance.limits import OF_MEMORY, TIGHT, usages
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class Fragmentation:
    """No leak: what is in use stays level, what is free between it grows."""

    key = "fragmentation"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report free memory inside the allocator that explains the growth.

        It is healthy, unless a limit is nearly used up by it.
        """
        found = find_fragments(evidence)
        key = evidence.growing_memory()
        if found is None or key is None:
            return None
        is_tight = any(use.share >= TIGHT for use in usages(evidence, OF_MEMORY))
        return heap_finding(
            evidence,
            HeapCase(
                rule=self.key,
                verdict=Verdict.OVERFLOW if is_tight else Verdict.HEALTHY,
                defect_class=DefectClass.FRAGMENTATION,
                subject=say("free memory inside the allocator"),
                headline=say("Freed but kept, not a leak"),
                confidence=confidence.of_growth(evidence, key, found.times),
                special=(
                    heap_wording.change_inside(found.whole),
                    heap_wording.inside(found.look),
                    _share_free(found),
                ),
                against=_against(found),
                advice=_advice(),
                figure=figure_of_step(found.whole, found.whole.free_bytes),
            ),
        )


def _share_free(found: Fragments) -> str:
    blocks = found.look.blocks
    return say(
        "{share} of the heap is free: holes between blocks that are in use.",
        share=format_percent(
            blocks.free_bytes / max(blocks.free_bytes + blocks.in_use_bytes, 1)
        ),
    )


def _against(found: Fragments) -> tuple[str, ...]:
    grown = found.whole.in_use_bytes
    facts = list(heap_wording.lost_beside(found.look))
    if grown > 0:
        facts.append(
            say("What is in use grew too, by {bytes}.", bytes=format_bytes(grown))
        )
    if found.times < 2:
        facts.append(say("It was seen between two looks only."))
    return tuple(facts)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "An allocator can give memory back to the system only in whole pages and "
            "often only from the end of its heap. Small blocks that live long, between "
            "many that were freed, keep all of it resident."
        ),
        next_steps=(
            say("Try malloc_trim(0) after the work that frees much."),
            say("Try MALLOC_ARENA_MAX=2, or another allocator (jemalloc, mimalloc)."),
            say("Allocate what lives long apart from what lives for one request."),
            say("It is a leak only if the bytes in use rise: look again later."),
        ),
        would_change=(
            say("Heap snapshots in which the bytes in use rise as well."),
            say("The free memory is used again: then it levels off."),
        ),
    )
