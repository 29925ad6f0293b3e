"""Handles that are opened and never closed."""

from __future__ import annotations

from leakgui.formatting import format_count, format_percent, printable
from leakgui.guidance import wording
from leakgui.guidance.agreement import Agreement, find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.kinds import HandleGrowth, handle_growth
from leakgui.guidance.limits import OF_HANDLES
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say

_OTHERS_NAME_IT = ("socket", "memfd")
"""Sockets and shared memory have rules of their own."""


class HandleLeak:
    """Each open needs a close, on every path."""

    key = "handle-leak"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report handles that grow, and the kind most of the new ones have."""
        growth = handle_growth(evidence)
        if growth is None or growth.kind in _OTHERS_NAME_IT:
            return None
        agreement = find_agreement(
            evidence.observed.differences,
            lambda difference: difference.handles,
            (growth.kind,) if growth.kind else (),
        )
        what = wording.name(growth.key)
        case = Case(
            rule=self.key,
            verdict=Verdict.LEAK,
            defect_class=DefectClass.HANDLE,
            key=growth.key,
            subject=_subject(growth, agreement),
            headline=say("Leak-like growth of {what}", what=what),
            limit_keys=OF_HANDLES,
            advice=_advice(),
            special=_special(growth),
            agreement=agreement,
        )
        return growth_finding(evidence, growth.trend, case)


def _subject(growth: HandleGrowth, agreement: Agreement) -> str:
    kind = f"handles_{growth.kind}" if growth.kind else "handles"
    if not agreement.key:
        return wording.name(kind)
    return f"{wording.name(kind)}: {printable(agreement.key, most=60)}"


def _special(growth: HandleGrowth) -> tuple[str, ...]:
    if not growth.kind:
        return ()
    return (
        say(
            "{what} went from {before} to {after}, {share} of new descriptors.",
            what=wording.begin(wording.name(f"handles_{growth.kind}")),
            before=format_count(growth.before),
            after=format_count(growth.after),
            share=format_percent(growth.share),
        ),
    )


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "A handle is a number the system lends to a program for an open file, pipe "
            "or watch. Each open needs a close, on every path, also where an error "
            "ends a function early. The system lends only so many: then nothing more "
            "can be opened, however much memory is free."
        ),
        next_steps=(
            say("Each open needs a close, on every path: look at the error paths."),
            say("Take two snapshots and compare handles grouped by target."),
            say("Use with in Python, RAII in C++, try-with-resources in Java."),
            say("Raising ulimit -n only delays it."),
        ),
        would_change=(
            say("The count levels off, or falls back after the work is done."),
        ),
    )
