"""The parts of the report: verdict, findings, snapshots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from leakgui.export.markup import Markup, bullet_list, element, table
from leakgui.formatting import (
    format_about,
    format_bytes,
    format_count,
    format_duration,
    format_rate,
    format_utc,
    format_value,
)
from leakgui.model.finding import Finding, Judgement, Verdict
from leakgui.model.metric import METRIC_BY_KEY, Unit
from leakgui.model.snapshot import SnapshotHeading
from leakgui.texts import say

_VERDICTS = {
    "leak": "Leak-like growth",
    "overflow": "Memory overflow",
    "growing": "Keeps growing",
    "healthy": "Healthy",
    "undecided": "Not enough evidence yet",
}


def verdict_section(judgement: Judgement) -> Markup:
    """Return the one word with the first finding's sentence."""
    first = judgement.findings[0]
    return element(
        "section",
        element("strong", _verdict_word(first)),
        element("p", first.summary),
        element("p", _grounds(first), class_="dim"),
        class_=f"verdict {judgement.verdict.value}",
    )


def _verdict_word(finding: Finding) -> str:
    if finding.verdict is Verdict.LEAK and finding.was_lost_seen:
        return say("Leak")
    return say(_VERDICTS[finding.verdict])


def _grounds(finding: Finding) -> str:
    parts = [
        say("confidence: {word}", word=say(finding.confidence.value)),
        say("severity: {word}", word=say(finding.severity.value)),
        say("class: {name}", name=finding.defect_class.value),
        say("rule: {name}", name=finding.rule),
    ]
    return " · ".join(parts)


def findings_section(judgement: Judgement) -> Markup:
    """Return every finding with what speaks for it and against it."""
    findings = (_finding(finding) for finding in judgement.findings)
    return element("section", element("h2", say("Findings")), *findings)


def _finding(finding: Finding) -> Markup:
    parts: list[Markup] = [
        element("h3", f"{_verdict_word(finding)}: {finding.subject}"),
        element("p", finding.summary),
        element("p", _grounds(finding), class_="dim"),
    ]
    parts += [element("p", text) for text in _figures(finding)]
    for title, texts in (
        (say("Evidence"), finding.evidence),
        (say("Against it"), finding.against),
        (say("What to do next"), finding.next_steps),
        (say("What would change this verdict"), finding.would_change),
    ):
        if texts:
            parts += [element("h4", title), bullet_list(texts)]
    if finding.explanation:
        title = element("summary", say("What does this mean?"))
        parts.append(element("details", title, element("p", finding.explanation)))
    return element("article", *parts, class_="finding")


def _figures(finding: Finding) -> list[str]:
    metric = METRIC_BY_KEY.get(finding.metric)
    unit = metric.unit if metric else Unit.COUNT
    texts = []
    if finding.rate_per_s is not None:
        rate = say("Rate: {rate}", rate=format_rate(finding.rate_per_s, unit))
        if finding.rate_low_per_s is not None and finding.rate_high_per_s is not None:
            low = format_rate(finding.rate_low_per_s, unit, like=finding.rate_per_s)
            high = format_rate(finding.rate_high_per_s, unit, like=finding.rate_per_s)
            rate += say(" (between {low} and {high})", low=low, high=high)
        texts.append(rate)
    if finding.limit is not None:
        texts.append(
            say(
                "Limit: {name}, {used} of {value} used",
                name=finding.limit.name,
                used=format_value(finding.limit.used, unit),
                value=format_value(finding.limit.value, unit),
            )
        )
    if finding.eta_s is not None and math.isinf(finding.eta_s):
        texts.append(say("The limit is not in sight at this rate"))
    elif finding.eta_s is not None:
        texts.append(
            say(
                "Reached in about {eta} (between {low} and {high})",
                eta=format_about(finding.eta_s),
                low=format_about(finding.eta_low_s),
                high=format_about(finding.eta_high_s),
            )
        )
    return texts


def snapshots_section(headings: Sequence[SnapshotHeading]) -> Markup:
    """Return the list of snapshots; nothing where there is none."""
    if not headings:
        return Markup("")
    heads = (
        *(say("No."), say("Name"), say("Taken (UTC)"), say("Note")),
        *(say("After"), say("RSS"), say("Handles"), say("Threads")),
    )
    rows = (
        (
            *(str(one.number), one.name, format_utc(one.taken_unix_s), one.note),
            format_duration(round(one.elapsed_s)),
            format_bytes(one.rss_bytes),
            format_count(one.handles),
            format_count(one.threads),
        )
        for one in headings
    )
    title = element("h2", say("Snapshots"))
    return element("section", title, table(heads, rows, numbers_from=4))
