"""Memory that grows although the program still holds all of it."""

from __future__ import annotations

from leakgui.formatting import format_bytes, printable
from leakgui.guidance import confidence, heap_wording, signs
from leakgui.guidance.case import Advice
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_case import HeapCase, figure_of_step, heap_finding
from leakgui.guidance.held_memory import Hold, find_hold
from leakgui.model.finding import Confidence, DefectClass, Finding, Verdict
from leakgui.texts import say


class ReachableGrowth:
    """A collection that is never cleared: nothing is lost, and nothing is let go."""

    key = "reachable-growth"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report what is held and grows in two differences at least.

        Where the series shows another reason, or that memory is level, it is silent.
        """
        hold = find_hold(evidence)
        grade = _trust(evidence, hold) if hold else None
        if hold is None or grade is None:
            return None
        return heap_finding(
            evidence,
            HeapCase(
                rule=self.key,
                verdict=Verdict.LEAK if hold.should_have_shrunk else Verdict.GROWING,
                defect_class=DefectClass.HEAP_REACHABLE_GROWTH,
                subject=say("memory still held: {what}", what=_what(hold)),
                headline=_headline(hold),
                confidence=grade,
                special=(
                    *heap_wording.held_between(hold),
                    heap_wording.inside(hold.look),
                )[:4],
                against=_against(hold),
                advice=_advice(),
                figure=figure_of_step(hold.whole, hold.whole.in_use_bytes),
            ),
        )


def _trust(evidence: Evidence, hold: Hold) -> Confidence | None:
    """Grade the growth; None where another rule names it or there is none."""
    key = evidence.growing_memory()
    if key is None:
        main = evidence.main_key()
        trend = evidence.trend(main) if main else None
        is_level = trend is not None and trend.is_judged
        return None if is_level else Confidence.WATCH
    if signs.unexplained_memory(evidence) is None:
        return None
    return confidence.less(
        confidence.of_growth(evidence, key, hold.agreeing), hold.doubts
    )


def _what(hold: Hold) -> str:
    if hold.holder is not None:
        return printable(hold.holder.root, most=80)
    if hold.likely is not None:
        root = printable(hold.likely.root, most=80)
        return say("{what}, likely in {root}", what=hold.group.key, root=root)
    return hold.group.key


def _headline(hold: Hold) -> str:
    if hold.should_have_shrunk:
        return say("Never cleared, {what} grows with every repeat", what=_what(hold))
    return say("Grows without a bound so far, still held ({what})", what=_what(hold))


def _against(hold: Hold) -> tuple[str, ...]:
    facts = [
        say(
            "Pointers still lead to all of it: a cache that fills to its bound looks "
            "the same until it is full."
        )
    ]
    possible = hold.look.leaked.possible_bytes - hold.whole.before.leaked.possible_bytes
    if possible > 0:
        facts.append(
            say(
                "{bytes} of it are reached only at an inner address, and may be lost.",
                bytes=format_bytes(possible),
            )
        )
    return (*facts, *hold.doubts)


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "The program still holds these objects: a list, a map, a cache or a "
            "listener that is added to and never cleared. To a pointer search this is "
            "memory in use; only the program can say whether it still needs it."
        ),
        next_steps=(
            say("Look at the path of the owner on the Heap page; find its remove."),
            say("Bound it: least recently used, a time to live, weak references."),
            say("Unregister listeners and callbacks of what is gone."),
            say(
                "Repeat the action five times with a marked step and a heap snapshot "
                "each: growth per repeat should be zero."
            ),
        ),
        would_change=(
            say("A heap snapshot in which it has shrunk again: then it has a bound."),
            say("Growth with every repeat of a step that ends where it began: a leak."),
        ),
    )
