"""Build HTML in which every text of a stranger is escaped.

Only ``Markup`` is written as it is, and only ``element`` makes it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from leakgui.formatting import printable


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Markup
_VOID = frozenset({"img", "meta", "br"})


def element(tag: str, *children: Child, **attributes: str) -> Markup:
    """Return an element; texts and attribute values are escaped.

    A trailing underscore of an attribute's name is dropped: ``class_``.
    """
    names = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for name, value in attributes.items()
    )
    if tag in _VOID:
        return Markup(f"<{tag}{names}>")
    inner = "".join(_escaped(child) for child in children)
    return Markup(f"<{tag}{names}>{inner}</{tag}>")


def _escaped(child: Child) -> str:
    return child if isinstance(child, Markup) else html.escape(printable(child))


def joined(parts: Iterable[Child]) -> Markup:
    """Return parts one after the other."""
    return Markup("".join(_escaped(part) for part in parts))


def bullet_list(texts: Iterable[str]) -> Markup:
    """Return an unordered list."""
    return element("ul", *(element("li", text) for text in texts))


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Child]], *, numbers_from: int
) -> Markup:
    """Return a table whose columns from ``numbers_from`` on are right-aligned."""
    head = _row("th", heads, numbers_from)
    body = (_row("td", row, numbers_from) for row in rows)
    return element(
        "div",
        element("table", element("thead", head), element("tbody", *body)),
        class_="scroll",
    )


def _row(tag: str, cells: Sequence[Child], numbers_from: int) -> Markup:
    kinds = ("text" if n < numbers_from else "number" for n in range(len(cells)))
    parts = (
        element(tag, cell, class_=kind) for cell, kind in zip(cells, kinds, strict=True)
    )
    return element("tr", *parts)
