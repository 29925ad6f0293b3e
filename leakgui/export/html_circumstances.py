"""The parts of the report about the circumstances: limits, facts, cost, gaps."""

from __future__ import annotations

import math

import numpy as np

from leakgui.export.markup import Markup, bullet_list, element, table
from leakgui.formatting import (
    UNKNOWN,
    format_count,
    format_duration,
    format_percent,
    format_utc,
    format_value,
    target_title,
)
from leakgui.model.limit import LIMITS
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.model.recording import Recording, TimeGap
from leakgui.texts import say

MOST_GAPS = 25
_FACTS = {
    "leakgui": "Recorded by leakgui",
    "interval_s": "Seconds between readings, asked for",
    "cost_share": "Share of one core that recording took",
    "cost_ms_per_sample": "Milliseconds of processor time a reading took",
    "system": "System",
    "exit_code": "Exit code",
    "cgroup_path": "Control group",
    "cgroup_limit_path": "Control group that sets the limit",
    "cgroup_note": "About the control group",
    "damaged": "Damage found in the file",
    "source": "Read from",
}


def limits_section(recording: Recording) -> Markup:
    """Return every limit that is known, the most used first."""
    rows = []
    for limit in LIMITS:
        value = _latest(recording, limit.limit_metric)
        used = _latest(recording, limit.used_metric)
        if value is None or not math.isfinite(value) or value <= 0:
            continue
        share = None if used is None else used / value
        unit = METRIC_BY_KEY[limit.limit_metric].unit
        texts = (format_value(used, unit), format_value(value, unit))
        row = (say(limit.label), say(limit.consequence), *texts, format_percent(share))
        rows.append((-(share or 0.0), row))
    if not rows:
        return Markup("")
    heads = (say("Limit"), say("Beyond it"), say("Used"), say("Allowed"), say("Share"))
    body = (row for _, row in sorted(rows))
    title = element("h2", say("Limits"))
    return element("section", title, table(heads, body, numbers_from=2))


def _latest(recording: Recording, key: str) -> float | None:
    series = recording.series.get(key)
    return None if series is None or not len(series) else float(series.value[-1])


def facts_section(recording: Recording) -> Markup:
    """Return the target, what recording it cost, side facts and gaps."""
    target = recording.target
    rows = [
        (say("Process"), target_title(target)),
        (say("Command line"), target.command or UNKNOWN),
        (say("User"), target.user or UNKNOWN),
        (say("Executable"), target.executable or UNKNOWN),
        (say("Recording began (UTC)"), format_utc(recording.started_unix_s)),
        (say("Recorded"), format_duration(round(recording.span_s))),
        (say("Readings"), _readings(recording)),
        *((say(_FACTS.get(key, key)), value) for key, value in _facts(recording)),
    ]
    parts = [
        element("h2", say("Facts and cost of the recording")),
        table((say("Fact"), say("Value")), rows, numbers_from=2),
    ]
    if recording.gaps:
        gaps = (_gap(gap) for gap in recording.gaps[:MOST_GAPS])
        parts += [element("h3", say("Gaps")), bullet_list(gaps)]
    return element("section", *parts)


def _facts(recording: Recording) -> list[tuple[str, str]]:
    """Return side facts in a fixed order; a cost that nobody kept is unknown."""
    facts = {"cost_share": UNKNOWN, **recording.facts}
    known = [key for key in _FACTS if key in facts]
    return [
        (key, facts[key]) for key in [*known, *sorted(facts.keys() - _FACTS.keys())]
    ]


def _readings(recording: Recording) -> str:
    """Say how many readings there are and how far apart they usually are."""
    longest = max(recording.series.values(), key=len, default=None)
    if longest is None or len(longest) < 2:
        return UNKNOWN
    usual_s = float(np.median(np.diff(longest.elapsed_s)))
    return say(
        "{count}, usually {step} apart",
        count=format_count(len(longest)),
        step=format_duration(usual_s),
    )


def _gap(gap: TimeGap) -> str:
    metrics = ", ".join(gap.metrics) or say("everything")
    return say(
        "{metrics}: from {first} to {last} after the start: {cause}",
        metrics=metrics,
        first=format_duration(round(gap.from_s, 1)),
        last=format_duration(round(gap.to_s, 1)),
        cause=gap.cause,
    )
