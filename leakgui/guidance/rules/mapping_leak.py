"""Mappings that are made and never removed."""

from __future__ import annotations

from leakgui.formatting import format_bytes, format_count, printable
from leakgui.guidance import wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_MAPPINGS
from leakgui.guidance.signs import mapping_growth
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class MappingLeak:
    """Each mmap needs a munmap."""

    key = "mapping-leak"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report mappings, or address space without memory in it, that grow."""
        metric = mapping_growth(evidence)
        trend = evidence.trend(metric) if metric else None
        if metric is None or trend is None:
            return None
        agreement = find_agreement(
            evidence.observed.differences, lambda difference: difference.mappings
        )
        backing = printable(agreement.key, most=60)
        what = wording.name(metric)
        space = evidence.rise("vms_bytes", trend)
        new = evidence.rise("mappings", trend)
        special = []
        if space > 0 and new >= 1:
            special.append(
                say(
                    "{count} new mappings with {size} of address space.",
                    count=format_count(new),
                    size=format_bytes(space),
                )
            )
        if evidence.growing_memory() is None:
            special.append(say("Memory in use stayed level meanwhile."))
        case = Case(
            rule=self.key,
            verdict=Verdict.LEAK,
            defect_class=DefectClass.MAPPING,
            key=metric,
            subject=f"{what}: {backing}" if backing else what,
            headline=say("Leak-like growth of {what}", what=what),
            limit_keys=OF_MAPPINGS,
            advice=_advice(),
            special=tuple(special),
            agreement=agreement,
        )
        return growth_finding(evidence, trend, case)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "A mapping is a range of addresses that a program asked the system for, "
            "with mmap or by opening a file into memory. It stays until munmap, even "
            "if nothing is ever stored there, and the number of mappings is limited."
        ),
        next_steps=(
            say("Each mapping that is made has to be removed again."),
            say("Pair every mmap with munmap, also on error paths."),
            say("Take two snapshots and compare mappings grouped by what backs them."),
        ),
        would_change=(
            say("The growth lies in the heap, or comes with new threads."),
            say("The count levels off after a warm-up."),
        ),
    )
