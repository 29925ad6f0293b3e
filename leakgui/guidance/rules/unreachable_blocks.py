"""Blocks that no pointer leads to any more: lost, whoever allocated them."""

from __future__ import annotations

from leakgui.guidance import heap_wording
from leakgui.guidance.case import Advice
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_case import HeapCase, heap_finding, loss_figure
from leakgui.guidance.lost_buffers import find_owner
from leakgui.guidance.lost_memory import Loss, find_loss, trust
from leakgui.model.finding import DefectClass, Finding, Verdict
from leakgui.texts import say


class UnreachableBlocks:
    """What nothing points to cannot be freed: not looks like a leak, but is one."""

    key = "unreachable-blocks"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report blocks that are lost in difference after difference.

        Where one class explains all of them, the rule about destructors speaks.
        """
        loss = find_loss(evidence)
        if loss is None:
            return None
        owner = find_owner(loss)
        if owner is not None and owner.explains_all:
            return None
        return heap_finding(
            evidence,
            HeapCase(
                rule=self.key,
                verdict=Verdict.LEAK,
                defect_class=DefectClass.HEAP_UNREACHABLE,
                subject=_subject(loss),
                headline=_headline(loss),
                confidence=trust(evidence, loss),
                special=(
                    heap_wording.lost_now(loss.look),
                    *heap_wording.lost_between(loss),
                    heap_wording.inside(loss.look),
                )[:4],
                against=heap_wording.against_loss(loss),
                advice=_advice(),
                figure=loss_figure(loss),
                explains_growth=loss.explains_growth,
            ),
        )


def _subject(loss: Loss) -> str:
    what = say("lost memory")
    return f"{what}: {loss.agreement.key}" if loss.agreement.key else what


def _headline(loss: Loss) -> str:
    if loss.whole is not None:
        return say("Leaking memory that nothing points to any more")
    return say("Blocks are lost that nothing points to any more")


def _advice() -> Advice:
    return Advice(
        explanation=say(
            "The program lost the last pointer to this memory, so it cannot free it. "
            "Stacks, registers, global variables and every block that can be reached "
            "from them were searched: no pointer to these blocks is there."
        ),
        next_steps=(
            say("Open the Heap page: the list of leaks begins with the largest ones."),
            say("Look where such blocks are made: early returns and error paths."),
            say("C++: let unique_ptr or another owner free them (RAII)."),
            say(
                "Find the line: LeakSanitizer or valgrind --leak-check=full; heaptrack "
                "while it runs."
            ),
        ),
        would_change=(
            say("Another heap snapshot in which these blocks are reachable again."),
            say("Another heap snapshot in which no more are lost."),
        ),
    )
