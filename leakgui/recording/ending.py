"""Say how a program ended, and a cause only where there is evidence for it."""

from __future__ import annotations

import signal
from collections.abc import Mapping

from leakgui.formatting import format_value
from leakgui.model.limit import LIMITS, Limit
from leakgui.model.metric import METRIC_BY_KEY
from leakgui.texts import say

NEAR = 0.9
"""Of a limit: as close as this it is a likely reason."""
_KILLED_FOR = {
    "SIGKILL": frozenset({"cgroup", "system"}),
    "SIGSEGV": frozenset({"stack"}),
    "SIGABRT": frozenset({"address-space", "data", "commit", "mappings"}),
}
"""Which limits can be behind a signal, see their consequences in ``LIMITS``."""


def describe_end(
    exit_code: int | None, last: Mapping[str, float], first: Mapping[str, float]
) -> str:
    """Return a sentence or two for the event.

    Args:
        exit_code: as a shell says it, None where the program is not our child.
        last: newest value of each metric.
        first: oldest value of each metric.
    """
    if exit_code is None:
        return say("The program ended. Its exit code is known only to who started it.")
    if exit_code - 128 not in signal.valid_signals():  # 255 is exit(-1), no signal
        return say("The program ended (exit code {code}).", code=exit_code)
    name = _signal_name(exit_code - 128)
    return say(
        "The program ended (exit code {code}: killed by {signal}). {reason}",
        code=exit_code,
        signal=name,
        reason=_reason(name, last, first),
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return say("signal {number}", number=number)


def _reason(name: str, last: Mapping[str, float], first: Mapping[str, float]) -> str:
    kills = last.get("oom_kills", 0.0) - first.get("oom_kills", 0.0)
    if name == "SIGKILL" and kills > 0:
        return say(
            "Meanwhile the kernel killed a process of its control group for lack of "
            "memory, so memory is a likely reason."
        )
    for limit in LIMITS:
        if limit.key in _KILLED_FOR.get(name, ()) and _is_near(limit, last):
            return _near_reason(limit, last)
    return say("Why is not known.")


def _is_near(limit: Limit, last: Mapping[str, float]) -> bool:
    most = last.get(limit.limit_metric, 0.0)
    return most > 0 and last.get(limit.used_metric, 0.0) >= NEAR * most


def _near_reason(limit: Limit, last: Mapping[str, float]) -> str:
    unit = METRIC_BY_KEY[limit.used_metric].unit
    return say(
        "The last reading was {used} of {most} ({limit}), so that is a likely reason.",
        used=format_value(last[limit.used_metric], unit),
        most=format_value(last[limit.limit_metric], unit),
        limit=say(limit.label),
    )
