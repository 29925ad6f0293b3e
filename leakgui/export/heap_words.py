"""How kinds of blocks are called in a report and at a terminal.

The window has the same words in its own catalogue (Qt's), see ``texts``.
"""

from __future__ import annotations

from leakgui.model.heap import TypeKind
from leakgui.texts import say


def kind_word(kind: str) -> str:
    """Return how blocks got their name; any other word is returned as it is."""
    return {
        TypeKind.CLASS.value: say("class"),
        TypeKind.TEXT.value: say("text"),
        TypeKind.SIZE.value: say("size only"),
    }.get(kind, kind)


def certainty_word(certainty: str) -> str:
    """Return how sure it is that a destructor is not virtual."""
    return {"certain": say("certain"), "likely": say("likely")}.get(
        certainty, certainty
    )
