"""A stack that is deep, or that grows without an end."""

from __future__ import annotations

import numpy as np

from leakgui.analysis.trend import Trend
from leakgui.formatting import format_bytes, format_percent, printable
from leakgui.guidance import confidence, limits, wording
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_STACK, Usage
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    LimitUse,
    Verdict,
)
from leakgui.model.snapshot import Threads
from leakgui.texts import say

_DEEP = 0.5
_LEAST_BYTES = 256 * 1024.0
_LEAST_OF_LIMIT = 0.03


class StackUse:
    """Each call that has not returned yet takes its place on the stack."""

    key = "stack-use"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report a main stack that rises, else a stack of which half is used."""
        trend = evidence.trend("stack_bytes")
        usage = next(limits.usages(evidence, OF_STACK), None)
        if trend is not None and _is_rising(trend, usage):
            return growth_finding(evidence, trend, self._rising())
        if trend is not None and usage is not None and usage.peak > _DEEP * usage.value:
            return self._deep(trend, usage)
        snapshot = evidence.observed.latest_snapshot
        if snapshot is None or snapshot.threads is None:
            return None
        return self._deep_thread(snapshot.threads)

    def _rising(self) -> Case:
        return Case(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.STACK,
            key="stack_bytes",
            subject=wording.name("stack_bytes"),
            headline=say("The main stack keeps rising: deep or endless recursion"),
            limit_keys=OF_STACK,
            advice=_advice(),
        )

    def _deep(self, trend: Trend, usage: Usage) -> Finding:
        used = format_bytes(usage.peak)
        limit = format_bytes(usage.value)
        return Finding(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.STACK,
            metric="stack_bytes",
            subject=wording.name("stack_bytes"),
            summary=say(
                "The main stack used {used} of {limit} and stopped: deep recursion",
                used=used,
                limit=limit,
            ),
            confidence=confidence.of_fact(trend),
            severity=limits.severity_of_use(usage),
            evidence=(
                wording.level_evidence("stack_bytes", trend),
                _share(usage.peak / usage.value, limit),
                wording.sensitivity(trend),
            ),
            against=(say("It no longer rises, so the recursion has a bound."),),
            next_steps=_advice().next_steps,
            explanation=_advice().explanation,
            would_change=_advice().would_change,
            limit=usage.as_limit_use(),
            judged_from_s=trend.judged_from_s,
            judged_to_s=trend.judged_to_s,
        )

    def _deep_thread(self, threads: Threads) -> Finding | None:
        limits_known = np.where(threads.stack_limit > 0, threads.stack_limit, np.nan)
        share = threads.stack_used / limits_known
        if not np.any(share > _DEEP):
            return None
        row = int(np.nanargmax(share))
        used, limit = float(threads.stack_used[row]), float(threads.stack_limit[row])
        thread = say(
            "thread {tid} {name}",
            tid=int(threads.tid[row]),
            name=printable(threads.name[row], most=40),
        )
        usage = LimitUse(name=say("stack of {thread}", thread=thread), value=limit,
                         used=used)  # fmt: skip
        return Finding(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.STACK,
            metric="stack_bytes",
            subject=thread,
            summary=say(
                "The stack of {thread} used {used} of {limit}: deep recursion",
                thread=thread,
                used=format_bytes(used),
                limit=format_bytes(limit),
            ),
            confidence=Confidence.WATCH,
            severity=limits.severity_of_share(used / limit),
            evidence=(
                say("The latest snapshot shows {thread}.", thread=thread),
                _share(used / limit, format_bytes(limit)),
                say("The stack pointer stood {used} deep.", used=format_bytes(used)),
            ),
            against=(say("One snapshot does not tell whether it still rises."),),
            next_steps=_advice().next_steps,
            explanation=_advice().explanation,
            would_change=_advice().would_change,
            limit=usage,
        )


def _is_rising(trend: Trend, usage: Usage | None) -> bool:
    least = _LEAST_BYTES if usage is None else _LEAST_OF_LIMIT * usage.value
    return trend.is_growing and trend.retained >= least


def _share(share: float, limit: str) -> str:
    return say(
        "{share} of {limit} was used; the next calls beyond it are a crash.",
        share=format_percent(share),
        limit=limit,
    )


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "Each call that has not returned yet takes a piece of the stack. A "
            "function that calls itself without an end, or along a cycle in its data, "
            "uses it all up: the program then crashes, however much memory is free."
        ),
        next_steps=(
            say("Check the condition that ends the recursion, and cycles in the data."),
            say("Turn the recursion into a loop with a stack of its own."),
            say("Raise the stack limit only if the depth is meant and has a bound."),
        ),
        would_change=(
            say("The stack stops rising: then the recursion is deep but has a bound."),
        ),
    )
