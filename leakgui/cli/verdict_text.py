"""A judgement as text for a terminal."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

from leakgui.formatting import format_about, format_rate, printable
from leakgui.model.finding import Finding, Judgement, Verdict
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.process import Target
from leakgui.texts import say, say_count

WIDTH = 88
_MARKS = {
    Verdict.LEAK: "▲",
    Verdict.OVERFLOW: "▲",
    Verdict.GROWING: "▲",
    Verdict.HEALTHY: "●",
    Verdict.UNDECIDED: "…",
}


def describe(judgement: Judgement, file: str) -> Iterator[str]:
    """Yield the lines: the first finding in full, the others in a line each."""
    first, *others = judgement.findings
    target = judgement.target
    yield say(
        "{mark} {verdict}  {name}  {file}",
        mark=_MARKS[judgement.verdict],
        verdict=say(judgement.verdict.value).upper(),
        name=_who(target),
        file=printable(file),
    )
    yield from _wrapped(first.summary, "  ")
    yield from _wrapped(_key_figures(first), "  ")
    yield from _section(say("For it"), first.evidence)
    yield from _section(say("Against it"), first.against)
    yield from _section(say("Next"), first.next_steps)
    if others:
        yield "  " + say_count("One more finding", "{count} more findings", len(others))
    for finding in others:
        yield from _wrapped(_in_a_line(finding), "    · ")


def _who(target: Target) -> str:
    """Return the name, with the number where it is known: a table has none."""
    name, pid = printable(target.name), target.key.pid
    return say("{name} (PID {pid})", name=name, pid=pid) if pid else name


def _key_figures(finding: Finding) -> str:
    parts = [
        say("class {name}", name=finding.defect_class.value),
        say("confidence {word}", word=say(finding.confidence.value)),
        say("severity {word}", word=say(finding.severity.value)),
    ]
    metric = METRIC_BY_KEY.get(finding.metric)
    if metric is not None and finding.rate_per_s is not None:
        parts.append(f"{metric.label} {format_rate(finding.rate_per_s, metric.unit)}")
    if finding.limit is not None and math.isfinite(finding.eta_s or math.inf):
        parts.append(
            say(
                "{limit} in about {eta}",
                limit=finding.limit.name,
                eta=format_about(finding.eta_s),
            )
        )
    return " · ".join(parts)


def _section(title: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield f"  {title}"
    for sentence in sentences:
        yield from _wrapped(sentence, "    · ")


def _in_a_line(finding: Finding) -> str:
    return (
        f"{say(finding.verdict.value)} ({finding.confidence.value}): {finding.summary}"
    )


def _wrapped(text: str, start: str) -> list[str]:
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
