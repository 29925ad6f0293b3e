"""Much loaded at once: it was asked for, it is held, it is no leak."""

from __future__ import annotations

from leakgui.analysis.trend import Trend
from leakgui.formatting import format_bytes, format_change, format_duration
from leakgui.guidance import confidence, heap_wording, limits, signs, wording
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import OF_MEMORY
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class BulkLoad:
    """Data of a size that nobody planned for."""

    key = "bulk-load"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report a load that multiplied memory, while it runs or after it ended."""
        metric = signs.bulk_load(evidence)
        trend = evidence.trend(metric) if metric else None
        if metric is None or trend is None:
            return None
        if not trend.is_growing:
            return _ended(self.key, evidence, metric, trend)
        case = Case(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.BULK_LOAD,
            key=metric,
            subject=wording.name(metric),
            headline=say("Loading much at once"),
            limit_keys=OF_MEMORY,
            advice=_advice(),
            special=(
                *_reading(evidence, metric),
                *heap_wording.looked_inside(evidence.heap),
            ),
        )
        return growth_finding(evidence, trend, case)


def _ended(rule: str, evidence: Evidence, metric: str, trend: Trend) -> Finding:
    took_s, flat_s = _times(evidence, metric, trend)
    usage = max(
        limits.usages(evidence, OF_MEMORY), key=lambda row: row.share, default=None
    )
    return Finding(
        rule=rule,
        verdict=Verdict.OVERFLOW,
        defect_class=DefectClass.BULK_LOAD,
        metric=metric,
        subject=wording.name(metric),
        summary=say(
            "Loaded much at once, not a leak: {change} in {took}, flat for {flat}",
            change=format_change(trend.last - trend.first, trend.unit.value),
            took=format_duration(took_s),
            flat=format_duration(flat_s),
        ),
        confidence=confidence.of_shape(trend),
        severity=limits.severity_of_use(usage),
        evidence=(
            wording.level_evidence(metric, trend),
            say(
                "Most of the rise came within {took}; nothing was added for {flat}.",
                took=format_duration(took_s),
                flat=format_duration(flat_s),
            ),
            *_reading(evidence, metric),
            *heap_wording.looked_inside(evidence.heap),
            wording.sensitivity(trend),
        ),
        against=(say("A cache that fills to its bound would look much the same."),),
        next_steps=_advice().next_steps,
        explanation=_advice().explanation,
        would_change=_advice().would_change,
        limit=usage.as_limit_use() if usage else None,
        judged_from_s=trend.judged_from_s,
        judged_to_s=trend.judged_to_s,
    )


def _times(evidence: Evidence, metric: str, trend: Trend) -> tuple[float, float]:
    """Return how long the middle 80 % of the rise took, and the time since."""
    cells = evidence.observed.cells[metric]
    grown = trend.last - trend.first
    begun = cells.first_above(trend.first + 0.1 * grown)
    done = cells.first_above(trend.first + 0.9 * grown)
    return max(done - begun, cells.width_s), cells.last_s - done


def _reading(evidence: Evidence, metric: str) -> tuple[str, ...]:
    likeness = signs.likeness_to_reading(evidence, metric)
    read = evidence.trend("read_bytes")
    if likeness is None or read is None:
        return ()
    return (
        say(
            "{amount} were read in that time; memory follows it (correlation {r}).",
            amount=format_bytes(read.last - read.first),
            r=f"{likeness:.2f}",
        ),
    )


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "The program loaded a lot of data and holds all of it. Nothing is lost and "
            "nothing keeps growing after the load, but the demand may be above what "
            "the machine or a limit has: an overflow, not a leak."
        ),
        next_steps=(
            say("Load in parts: stream or page, a generator instead of a list."),
            say("Read only the columns that are needed, in compact types."),
            say("Or raise the limit on purpose: the peak plus a quarter."),
        ),
        would_change=(say("It goes on growing after the load has ended."),),
    )
