"""Turn what looks into the heap showed into a finding, with a growing series or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from leakgui.formatting import (
    format_bytes,
    format_count,
    format_duration,
    format_rate,
)
from leakgui.guidance import limits, wording
from leakgui.guidance.case import Advice, Case, growth_finding, no_fact
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_history import Step
from leakgui.guidance.limits import OF_MEMORY
from leakgui.guidance.lost_memory import Loss
from leakgui.model.finding import Confidence, DefectClass, Finding, Verdict
from leakgui.texts import say


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapCase:
    """What a rule has found in the heap."""

    rule: str
    verdict: Verdict
    defect_class: DefectClass
    subject: str
    headline: str
    confidence: Confidence
    special: tuple[str, ...]
    """Two to four sentences of evidence."""
    against: tuple[str, ...]
    advice: Advice
    figure: str
    """What the summary ends with where no series grows: how much, in which time."""
    explains_growth: bool = True
    """Whether the rate at which the process grows is that of the case."""


def heap_finding(evidence: Evidence, case: HeapCase) -> Finding:
    """Add figures and forecast: those of growing memory, else of the looks alone."""
    key = evidence.growing_memory() if case.explains_growth else None
    trend = evidence.trend(key) if key else None
    if key is None or trend is None:
        return _from_looks(evidence, case)
    finding = growth_finding(
        evidence,
        trend,
        Case(
            rule=case.rule,
            verdict=case.verdict,
            defect_class=case.defect_class,
            key=key,
            subject=case.subject,
            headline=case.headline,
            limit_keys=OF_MEMORY,
            advice=case.advice,
            special=case.special,
        ),
    )
    known = tuple(fact for fact in finding.against if fact != no_fact())
    return replace(
        finding,
        confidence=case.confidence,
        against=(*case.against, *known) or finding.against,
    )


def _from_looks(evidence: Evidence, case: HeapCase) -> Finding:
    """Return the finding where the series is too short, or level, or not there."""
    key = evidence.main_key()
    trend = evidence.trend(key) if key else None
    rows = limits.usages(evidence, OF_MEMORY)
    usage = max(rows, key=lambda row: row.share, default=None)
    level = [wording.level_evidence(key, trend)] if key and trend else []
    return Finding(
        rule=case.rule,
        verdict=case.verdict,
        defect_class=case.defect_class,
        metric=key or "",
        subject=case.subject,
        summary=f"{case.headline}: {case.figure}",
        confidence=case.confidence,
        severity=limits.severity_of_use(usage),
        evidence=(*case.special, *level)[:5],
        against=case.against or (no_fact(),),
        next_steps=case.advice.next_steps,
        explanation=case.advice.explanation,
        would_change=case.advice.would_change,
        limit=usage.as_limit_use() if usage else None,
        judged_from_s=trend.judged_from_s if trend else 0.0,
        judged_to_s=trend.judged_to_s if trend else 0.0,
    )


def figure_of_step(step: Step, grown_bytes: int) -> str:
    """Return how much something grew between two looks, and how fast."""
    return say(
        "{bytes} within {span} ({rate})",
        bytes=format_bytes(grown_bytes),
        span=format_duration(step.span_s),
        rate=format_rate(grown_bytes / max(step.span_s, 1e-3), "bytes"),
    )


def loss_figure(loss: Loss) -> str:
    """Return how much was lost between the looks, or is lost where there is one."""
    if loss.whole is not None:
        return figure_of_step(loss.whole, loss.whole.lost_bytes)
    return say(
        "{bytes} in {count} blocks",
        bytes=format_bytes(loss.look.leaked.lost_bytes),
        count=format_count(loss.look.leaked.lost),
    )
