"""Find long names in sentences that quote them with their middle cut out.

``formatting.printable`` cuts as much as a sentence has no room for, so what is left of
a name depends on who quotes it. What it leaves is as much of the end as of the
beginning, or one letter less.
"""

from __future__ import annotations

from collections.abc import Callable

CUT = "…"
LEAST_LETTERS = 8
"""Of the beginning: less of a name would be found where something else is quoted."""


def replace_cut(text: str, name: str, stand_in: Callable[[], str]) -> str:
    """Return the sentence with every shortened form of the name replaced."""
    if name[:LEAST_LETTERS] not in text:
        return text
    place = text.find(CUT)
    while place >= 0:
        span = _find(text, place, name)
        after = place + len(CUT)
        if span is not None:
            begin, end = span
            shown = stand_in()
            text, after = text[:begin] + shown + text[end:], begin + len(shown)
        place = text.find(CUT, after)
    return text


def _find(text: str, place: int, name: str) -> tuple[int, int] | None:
    """Return from where to where the name stands around a mark; None if it doesn't."""
    for tail in range((len(name) - 1) // 2, LEAST_LETTERS - 2, -1):
        if not text.startswith(name[-tail:], place + len(CUT)):
            continue
        for head in (tail + 1, tail):
            if head >= LEAST_LETTERS and text.endswith(name[:head], 0, place):
                return place - head, place + len(CUT) + tail
    return None
