"""Put the evidence before every rule and rank the findings."""

from __future__ import annotations

from leakgui.guidance.evidence import Observed, observe
from leakgui.model.finding import Judgement

__all__ = ["judge", "observe"]


def judge(observed: Observed) -> Judgement:
    """Return every finding, the most important first; there is always at least one."""
    raise NotImplementedError
