"""Whether a level use lies just below a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leakgui.analysis.trend import Trend
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import TIGHT, Usage, usages
from leakgui.model.limit import LIMITS

_OWN_SHARE = {"cgroup": 0.25, "system": 0.5, "commit": 0.5, "user-threads": 0.5,
              "cgroup-threads": 0.5, "system-threads": 0.5}  # fmt: skip
"""Limits that many processes share, and the part this one must have in their use."""
_OWN_METRIC = {"cgroup": "rss_bytes", "system": "rss_bytes", "commit": "data_bytes",
               "user-threads": "threads", "cgroup-threads": "threads",
               "system-threads": "threads"}  # fmt: skip
_KEYS = tuple(limit.key for limit in LIMITS if limit.key != "stack")
_NEAR = 0.75
"""A group's limit is also hit by file cache that is given back at once: below this
use, a rising count of hits is no trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tightness:
    """A limit that is nearly used up by something that does not grow."""

    key: str
    """The metric of the use."""
    trend: Trend
    usage: Usage | None
    """None where the limit itself could not be read."""
    hits: float
    """How often it was hit or somebody was killed while this was recorded."""


def find_tightness(evidence: Evidence) -> Tightness | None:
    """Return the tightest limit, or None; nothing that grows is reported here."""
    if evidence.growing_memory() is not None:
        return None
    kills, hits = _rise(evidence, "oom_kills"), _rise(evidence, "limit_hits")
    tight = max(
        _tight(evidence), key=lambda usage: usage.peak / usage.value, default=None
    )
    group = next(usages(evidence, ("cgroup",)), None)
    if tight is None and (kills > 0 or (hits > 0 and _is_near(group))):
        tight = group
    elif tight is None:
        return None
    key = tight.limit.used_metric if tight else evidence.main_key()
    trend = evidence.trend(key) if key else None
    if key is None or trend is None:
        return None
    return Tightness(key=key, trend=trend, usage=tight, hits=max(kills, hits))


def _tight(evidence: Evidence) -> Iterator[Usage]:
    for usage in usages(evidence, _KEYS):
        is_growing = evidence.grows(usage.limit.used_metric)
        is_tight = usage.peak >= TIGHT * usage.value and not is_growing
        if is_tight and _is_own(evidence, usage):
            yield usage


def _is_own(evidence: Evidence, usage: Usage) -> bool:
    least = _OWN_SHARE.get(usage.limit.key)
    if least is None:
        return True
    own = evidence.trend(_OWN_METRIC[usage.limit.key])
    return own is not None and own.peak >= least * usage.peak


def _is_near(usage: Usage | None) -> bool:
    return usage is None or usage.peak >= _NEAR * usage.value


def _rise(evidence: Evidence, key: str) -> float:
    trend = evidence.trend(key)
    return 0.0 if trend is None else trend.peak - trend.lowest
