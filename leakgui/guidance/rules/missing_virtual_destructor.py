"""Objects deleted through a base class without a virtual destructor."""

from __future__ import annotations

from leakgui.formatting import format_bytes, format_count, printable
from leakgui.guidance import confidence, heap_wording
from leakgui.guidance.case import Advice
from leakgui.guidance.examined import Evidence
from leakgui.guidance.heap_case import HeapCase, heap_finding, loss_figure
from leakgui.guidance.lost_buffers import OwnerSuspect, find_owner
from leakgui.guidance.lost_memory import Loss, find_loss, trust
from leakgui.model.finding import Confidence, DefectClass, Finding, Verdict
from leakgui.texts import say

_IN_A_ROW = 2


class MissingVirtualDestructor:
    """The derived part is skipped, and what it owns is lost."""

    key = "missing-virtual-destructor"

    def examine(self, evidence: Evidence) -> Finding | None:
        """Report lost blocks like those that only such a class owns elsewhere."""
        loss = find_loss(evidence)
        owner = find_owner(loss) if loss else None
        if loss is None or owner is None:
            return None
        name = printable(owner.class_name, most=60)
        return heap_finding(
            evidence,
            HeapCase(
                rule=self.key,
                verdict=Verdict.LEAK,
                defect_class=DefectClass.NON_VIRTUAL_DESTRUCTOR,
                subject=say("lost memory: blocks like those of {name}", name=name),
                headline=say(
                    "Leaking memory like that of {name}, whose destructor is {likely} "
                    "not virtual",
                    name=name,
                    likely=_how_sure(owner),
                ),
                confidence=_trust(evidence, loss, owner),
                special=(
                    heap_wording.lost_now(loss.look),
                    *_owner_evidence(owner),
                    *heap_wording.lost_between(loss)[:1],
                ),
                against=(_not_proved(), *heap_wording.against_loss(loss)),
                advice=_advice(owner),
                figure=loss_figure(loss),
                explains_growth=loss.explains_growth,
            ),
        )


def _trust(evidence: Evidence, loss: Loss, owner: OwnerSuspect) -> Confidence:
    """Grade the loss as any other; the cause is medium unless nothing else fits."""
    is_proved = owner.is_certain and owner.owns_alone and loss.times >= _IN_A_ROW
    most = Confidence.HIGH if is_proved else Confidence.MEDIUM
    return confidence.at_most(trust(evidence, loss), most)


def _how_sure(owner: OwnerSuspect) -> str:
    return say("certainly") if owner.is_certain else say("likely")


def _owner_evidence(owner: OwnerSuspect) -> tuple[str, ...]:
    name = printable(owner.class_name, most=60)
    base = printable(owner.base_name, most=60)
    destructor = (
        say(
            "{name} derives from {base} and {likely} has no virtual destructor.",
            name=name,
            base=base,
            likely=_how_sure(owner),
        )
        if base
        else say(
            "{name} has virtual functions and {likely} no virtual destructor.",
            name=name,
            likely=_how_sure(owner),
        )
    )
    return (
        destructor,
        say(
            "{lost} lost blocks ({bytes}) are of {each} bytes; of the live ones of "
            "that size, {owned} of {all} are owned by a {name}.",
            lost=format_count(owner.lost),
            bytes=format_bytes(owner.lost_bytes),
            each=format_count(owner.each_bytes),
            owned=format_count(owner.owned),
            all=format_count(owner.owned_by_all),
            name=name,
        ),
    )


def _not_proved() -> str:
    return say(
        "It is a suspicion: a lost block does not tell who owned it, and such a class "
        "is harmless unless its objects are deleted through a base."
    )


def _advice(owner: OwnerSuspect) -> Advice:
    base = printable(owner.base_name, most=60) or say("the base class")
    return Advice(
        explanation=say(
            "Deleting through a base pointer skipped the derived part. Without a "
            "virtual destructor only that of the base runs, so what the derived object "
            "owns, a buffer or a container, is never freed."
        ),
        next_steps=(
            say(
                "Make the destructor of {base} virtual, or protected and non-virtual.",
                base=base,
            ),
            say("Build with -Wdelete-non-virtual-dtor -Wnon-virtual-dtor."),
            say(
                "AddressSanitizer reports new-delete-type-mismatch where the sizes "
                "differ."
            ),
            say("Open the Heap page: the lost blocks, and the classes beside them."),
        ),
        would_change=(
            say("A destructor that is virtual after all: look at the class."),
            say("Another place in the code that makes blocks of the same size."),
        ),
    )
