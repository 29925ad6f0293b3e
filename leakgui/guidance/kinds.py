"""Which kind of handle the new handles are."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.analysis.trend import Trend
from leakgui.guidance.examined import Evidence
from leakgui.model.metric import HANDLE_KINDS

MOST_OF_THEM = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class HandleGrowth:
    """Handles that grow, and the kind that most of the new ones have."""

    key: str
    """The metric to report: the kind's own where it shows the growth itself."""
    trend: Trend
    kind: str
    """Empty where no kind has 60 %, or where the kinds could not be read."""
    share: float
    """Of all new handles; 0 where unknown."""
    before: float
    after: float


def handle_growth(evidence: Evidence) -> HandleGrowth | None:
    """Return how handles grow: in total, or at least those of one kind."""
    growing = [key for key in _keys() if evidence.grows(key)]
    if not growing:
        return None
    trends = {key: trend for key in growing if (trend := evidence.trend(key))}
    total = "handles" if "handles" in trends else ""
    widest = total or max(trends, key=lambda key: trends[key].retained)
    kind, share = _largest_kind(evidence, trends[widest])
    own = f"handles_{kind}"
    key = own if own in trends else widest
    trend = trends[key]
    return HandleGrowth(
        key=key,
        trend=trend,
        kind=kind,
        share=share,
        before=trend.last - evidence.rise(key, trend),
        after=trend.last,
    )


def _keys() -> tuple[str, ...]:
    return ("handles", *(f"handles_{kind}" for kind in HANDLE_KINDS))


def _largest_kind(evidence: Evidence, over: Trend) -> tuple[str, float]:
    new = {kind: evidence.rise(f"handles_{kind}", over) for kind in HANDLE_KINDS}
    if not any(new.values()):
        new = _new_between_snapshots(evidence)
    all_new = sum(amount for amount in new.values() if amount > 0)
    kind = max(new, key=lambda name: new[name])
    share = new[kind] / all_new if all_new > 0 else 0.0
    return (kind, share) if share >= MOST_OF_THEM else ("", share)


def _new_between_snapshots(evidence: Evidence) -> dict[str, float]:
    """Count by kind what snapshots show, where kinds were read too rarely."""
    new = dict.fromkeys(HANDLE_KINDS, 0.0)
    tables = (difference.handles for difference in evidence.observed.differences)
    for rows in (table for table in tables if table is not None):
        for kind, delta in zip(rows.kind.as_list(), rows.delta.tolist(), strict=True):
            new[kind] = new.get(kind, 0.0) + delta
    return new
