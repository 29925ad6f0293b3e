"""A control group about to be full, whoever fills it."""

from __future__ import annotations

from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.limits import EMERGENCY, usages
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class LimitEmergency:
    """The kernel kills somebody in the group, perhaps this program."""

    key = "limit-emergency"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report a group at 95 % that still grows though this process does not.

        Where the process grows, the rule that names its growth reports the same
        limit, and the engine puts that finding first.
        """
        trend = evidence.trend("cgroup_bytes")
        usage = next(usages(evidence, ("cgroup",)), None)
        if trend is None or usage is None or not trend.is_growing:
            return None
        if usage.share < EMERGENCY or evidence.growing_memory() is not None:
            return None
        case = Case(
            rule=self.key,
            verdict=Verdict.OVERFLOW,
            defect_class=DefectClass.LIMIT_TOO_SMALL,
            key="cgroup_bytes",
            subject=say(usage.limit.label),
            headline=say("The control group is nearly full"),
            limit_keys=("cgroup",),
            advice=_advice(),
            special=(say("This process does not grow: others in the group do."),),
        )
        return growth_finding(evidence, trend, case)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "Processes of one control group (a container, a service) share one memory "
            "limit. When it is reached, the kernel kills one of them, not always the "
            "one that grows."
        ),
        next_steps=(
            say("Find the process of the group that grows, and watch that one."),
            say("Raise the limit of the group, or move processes out of it."),
        ),
        would_change=(say("The use of the group falls again."),),
    )
