"""Sockets that are opened and never closed."""

from __future__ import annotations

from leakgui.analysis.trend import Trend
from leakgui.formatting import format_count, printable
from leakgui.guidance import wording
from leakgui.guidance.agreement import find_agreement
from leakgui.guidance.case import Advice, Case, growth_finding
from leakgui.guidance.examined import Evidence
from leakgui.guidance.kinds import handle_growth
from leakgui.guidance.limits import OF_HANDLES
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say

_MANY = 0.3
"""Of the new sockets: then the state says what went wrong."""


class SocketLeak:
    """A connection lives until both sides have closed it."""

    key = "socket-leak"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report handles that grow where most of the new ones are sockets."""
        growth = handle_growth(evidence)
        if growth is None or growth.kind != "socket":
            return None
        agreement = find_agreement(
            evidence.observed.differences, lambda d: d.handles, ("socket",)
        )
        what = wording.name("handles_socket")
        peer = printable(agreement.key, most=60)
        case = Case(
            rule=self.key,
            verdict=Verdict.LEAK,
            defect_class=DefectClass.SOCKET,
            key=growth.key,
            subject=f"{what}: {peer}" if peer else what,
            headline=say("Leak-like growth of {what}", what=what),
            limit_keys=OF_HANDLES,
            advice=_advice(),
            special=_states(evidence, growth.trend, agreement.detail),
            agreement=agreement,
        )
        return growth_finding(evidence, growth.trend, case)


def _states(evidence: Evidence, trend: Trend, detail: str) -> tuple[str, ...]:
    """Say what the TCP states of the new sockets mean, from series or differences."""
    new = max(trend.retained, 1.0)
    waiting = evidence.rise("sockets_close_wait", trend)
    open_now = evidence.rise("sockets_established", trend)
    if waiting >= _MANY * new or "CLOSE_WAIT" in detail:
        return (
            say(
                "{count} more are in CLOSE_WAIT: the peer closed, this one did not.",
                count=format_count(max(waiting, 0.0)),
            )
            if waiting > 0
            else say("New ones are in CLOSE_WAIT: the peer closed, this one did not."),
        )
    if open_now >= _MANY * new or "ESTABLISHED" in detail:
        return (say("New ones are ESTABLISHED: connections without a bound."),)
    return ()


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "A socket is one end of a connection, and a handle like an open file. When "
            "the other side hangs up, the program still has to close its own end. "
            "Until it does, the handle stays taken, and handles are limited."
        ),
        next_steps=(
            say("Each socket needs a close, on every path: look at the error paths."),
            say("For CLOSE_WAIT, close the socket after read returns 0."),
            say("For ESTABLISHED, give the pool a bound and idle ones a time-out."),
            say("Take two snapshots and compare sockets grouped by peer."),
        ),
        would_change=(
            say("The count levels off at the size of a pool, or falls with the load."),
        ),
    )
