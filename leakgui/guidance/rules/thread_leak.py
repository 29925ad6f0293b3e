"""Threads that are started and never end."""

from __future__ import annotations

from leakgui.formatting import format_bytes, format_count, printable
from leakgui.guidance import wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_THREADS
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class ThreadLeak:
    """A thread lives until its function returns."""

    key = "thread-leak"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report threads that grow; what they cost is not reported a second time."""
        trend = evidence.trend("threads")
        if trend is None or not trend.is_growing:
            return None
        agreement = find_agreement(
            evidence.observed.differences, lambda difference: difference.threads
        )
        what = wording.name("threads")
        named = printable(agreement.key, most=60)
        new = max(evidence.rise("threads", trend), 1.0)
        special = [
            say(
                "Threads went from {before} to {after}.",
                before=format_count(trend.last - new),
                after=format_count(trend.last),
            )
        ]
        space = evidence.rise("vms_bytes", trend)
        if space > 0:
            special.append(
                say(
                    "Each new thread took about {space} of address space.",
                    space=format_bytes(space / new),
                )
            )
        case = Case(
            rule=self.key,
            verdict=Verdict.LEAK,
            defect_class=DefectClass.THREAD,
            key="threads",
            subject=f"{what}: {named}" if named else what,
            headline=say("Leak-like growth of {what}", what=what),
            limit_keys=OF_THREADS,
            advice=_advice(),
            special=tuple(special),
            agreement=agreement,
        )
        return growth_finding(evidence, trend, case)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "A thread lives until its function returns. One that waits for something "
            "that never comes keeps its stack, some 8 MiB of address space though "
            "little memory, and the system allows only so many."
        ),
        next_steps=(
            say("Each thread has to end, or belong to a pool of fixed size."),
            say("Join or detach threads; use a bounded pool."),
            say("Look at the start function they share and at what it waits in."),
        ),
        would_change=(say("The count levels off: then a pool has filled."),),
    )
