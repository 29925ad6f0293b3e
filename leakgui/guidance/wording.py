"""Sentences that more than one rule needs.

Said from outside nothing is more than *leak-like*: a lost block and a held one look
alike. Figures always carry their unit, rates their interval.
"""

from __future__ import annotations

from leakgui.analysis.trend import Rate, Trend
from leakgui.formatting import (
    format_about,
    format_duration,
    format_percent,
    format_rate,
    format_value,
)
from leakgui.guidance.confidence import is_long
from leakgui.guidance.limits import Outlook
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.texts import say, say_count

_MEMORY = {
    "uss_bytes": "private memory",
    "anon_bytes": "private memory",
    "rss_bytes": "resident memory",
    "swap_bytes": "memory moved to swap",
    "vms_bytes": "address space",
    "data_bytes": "private address space",
    "stack_bytes": "the main stack",
    "shmem_bytes": "shared memory",
    "handles": "open handles",
    "handles_file": "open files",
    "handles_socket": "open sockets",
    "handles_pipe": "open pipes",
    "handles_memfd": "memory files",
    "threads": "threads",
    "mappings": "mappings",
}
_STILL = Rate(per_s=0.0, low_per_s=0.0, high_per_s=0.0)


def name(key: str) -> str:
    """Return what a metric is called inside a sentence: ``open files``."""
    return say(_MEMORY.get(key, METRIC_BY_KEY[key].label))


def begin(text: str) -> str:
    """Return a text fit to begin a sentence."""
    return text[:1].upper() + text[1:]


def pace(trend: Trend) -> str:
    """Return ``+1.80 MiB/min for 14 min (+1.60 MiB/min to +2.00 MiB/min)``."""
    span = format_duration(trend.judged_to_s - trend.judged_from_s)
    rate, low, high = _interval(trend)
    if low == high:
        return say("{rate} for {span}", rate=rate, span=span)
    return say(
        "{rate} for {span} ({low} to {high})", rate=rate, span=span, low=low, high=high
    )


def _interval(trend: Trend) -> tuple[str, str, str]:
    """Return the rate and the ends of its interval, all in one unit."""
    rate, unit = trend.rate or _STILL, trend.unit.value
    return (
        format_rate(rate.per_s, unit),
        format_rate(rate.low_per_s, unit, like=rate.per_s),
        format_rate(rate.high_per_s, unit, like=rate.per_s),
    )


def until(ahead: Outlook | None) -> str:
    """Return ``, limit 2.00 GiB in about 9 h``; empty where nothing is in sight."""
    if ahead is None or not ahead.forecast.is_in_sight:
        return ""
    return say(
        ", limit {limit} in about {eta}",
        limit=format_value(ahead.usage.value, ahead.usage.unit),
        eta=format_about(ahead.forecast.eta_s),
    )


def growth_evidence(key: str, trend: Trend) -> list[str]:
    """Return the sentences that say what was kept, when, and over how many cycles."""
    sentences = [_kept(key, trend), _spread(trend)]
    if trend.cycles.count >= 2:
        sentences.append(
            say_count(
                "{count} cycle: the level after it was {last}.",
                "{count} cycles: the level after each rose from {first} to {last}.",
                trend.cycles.count,
                first=format_value(trend.cycles.first_trough, trend.unit.value),
                last=format_value(trend.cycles.last_trough, trend.unit.value),
            )
        )
    return sentences


def _kept(key: str, trend: Trend) -> str:
    rate, low, high = _interval(trend)
    return say(
        "{what} that {was} never given back rose by {change} in {span} "
        "(about {rate}, {low} to {high}).",
        what=begin(name(key)),
        was=say("was") if trend.unit.value == "bytes" else say("were"),
        change=format_value(trend.retained, trend.unit.value),
        span=format_duration(trend.judged_to_s - trend.judged_from_s),
        rate=rate,
        low=low,
        high=high,
    )


def _spread(trend: Trend) -> str:
    return say(
        "It rose in {windows} of 8 parts of the record; "
        "the latest third holds {share} of it.",
        windows=trend.rising_windows,
        share=format_percent(trend.late_share),
    )


def limit_evidence(ahead: Outlook | None) -> list[str]:
    """Return one sentence for the binding limit and one for the next, where known."""
    if ahead is None:
        return []
    sentences = [_limit_sentence(ahead)]
    if ahead.runner_up and ahead.runner_up[1].is_in_sight:
        usage, after = ahead.runner_up
        sentences.append(
            say(
                "After that, {label}: the limit of {limit} in about {eta}.",
                label=say(usage.limit.label),
                limit=format_value(usage.value, usage.unit),
                eta=format_about(after.eta_s),
            )
        )
    return sentences


def _limit_sentence(ahead: Outlook) -> str:
    usage, unit = ahead.usage, ahead.usage.unit
    values = {
        "label": begin(say(usage.limit.label)),
        "limit": format_value(usage.value, unit),
        "left": format_value(ahead.forecast.headroom, unit),
    }
    if not ahead.forecast.is_in_sight:
        return say(
            "{label}: the limit of {limit} leaves {left}; "
            "it is not in sight at this rate.",
            **values,
        )
    return say(
        "{label}: the limit of {limit} leaves {left}; at this rate it is reached in "
        "about {eta} ({low} to {high}), and then {consequence}.",
        **values,
        eta=format_about(ahead.forecast.eta_s),
        low=format_about(ahead.forecast.low_s),
        high=format_about(ahead.forecast.high_s),
        consequence=say(usage.limit.consequence),
    )


def level_evidence(key: str, trend: Trend) -> str:
    """Return where a series began, where it ended and how high it came."""
    return say(
        "{what}: {first} at the start, {last} at the end, {peak} at the highest.",
        what=begin(name(key)),
        first=format_value(trend.first, trend.unit.value),
        last=format_value(trend.last, trend.unit.value),
        peak=format_value(trend.peak, trend.unit.value),
    )


def against_growth(trend: Trend) -> list[str]:
    """Return what the series itself says against a growth without an end."""
    facts = []
    if not is_long(trend):
        facts.append(
            say(
                "Only {span} were seen, and a start or a filling cache looks the same "
                "for so long.",
                span=format_duration(trend.span_s),
            )
        )
    if trend.was_shortened:
        facts.append(say("The first part of the record does not show it."))
    if trend.rate and trend.rate.per_s < 0.5 * trend.early_rate_per_s:
        facts.append(say("It rises less than half as fast as before."))
    if trend.missing_share > 0.1:
        facts.append(
            say(
                "{share} of the time was not measured.",
                share=format_percent(trend.missing_share),
            )
        )
    return facts


def sensitivity(trend: Trend) -> str:
    """Say which growth would be too slow to show in a record of this length."""
    least = max(trend.materiality, 2 * trend.noise)
    per_s = least / max(trend.span_s, 1e-9)
    return say(
        "Growth slower than {rate} would not show in a record of {span}.",
        rate=format_rate(per_s, trend.unit.value),
        span=format_duration(trend.span_s),
    )
