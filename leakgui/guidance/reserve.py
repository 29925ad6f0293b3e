"""Whether memory grows only into space that was asked for before."""

from __future__ import annotations

from leakgui.analysis.trend import Trend
from leakgui.formatting import format_bytes
from leakgui.guidance.examined import MEMORY, Evidence
from leakgui.texts import say

_ASKED_FOR = 0.25
"""Of the growth: with less new space than this, the rest was there before."""


def fills_reserve(evidence: Evidence, key: str, trend: Trend) -> bool:
    """Whether the pages are those of earlier requests, used for the first time.

    A virtual machine sets its heap aside at the start and an allocator keeps what was
    freed: both are used page by page, in a leak and in a healthy program alike, until
    all of it is in use. Only what is asked for beyond tells the two apart. False where
    the writable address space (``data_bytes``, VmData in proc(5)) is not known.
    """
    if key not in MEMORY or evidence.cells("data_bytes") is None:
        return False
    return evidence.rise("data_bytes", trend) < _ASKED_FOR * trend.retained


def against_growth(evidence: Evidence, key: str, trend: Trend) -> tuple[str, ...]:
    """Return the sentence that says so and how much is left; empty where it is not."""
    space = evidence.trend("data_bytes")
    if space is None or not fills_reserve(evidence, key, trend):
        return ()
    return (
        say(
            "It fills space that was asked for before; {left} of it is left. A heap "
            "of fixed size does so until it is full.",
            left=format_bytes(max(space.last - trend.last, 0.0)),
        ),
    )
