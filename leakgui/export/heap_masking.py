"""Mask what a heap shows of a program: names become placeholders, contents go."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from leakgui.model.columns import Columns
from leakgui.model.heap import Heap, HeapDifference
from leakgui.model.text_column import TextColumn

_CLASS = "class-{}"
_SHAPES = {
    "type_name": _CLASS,
    "class_name": _CLASS,
    "base_name": _CLASS,
    "root": "root-{}",
    "path": "path-{}",
}
"""What stands for the texts of these columns."""
_PEEK = "peek"
_LEAST_PEEK_LETTERS = 4
_PLAIN = frozenset({"", "text"})

Table = TypeVar("Table", bound=Columns)


class NameMasker(Protocol):
    """What is asked of ``leakgui.export.masking.Masker``."""

    def name(self, text: str, shape: str) -> str: ...

    def text(self, text: str) -> str: ...

    def column(self, column: TextColumn) -> TextColumn: ...


def mask_heaps(masker: NameMasker, difference: HeapDifference) -> HeapDifference:
    """Return the difference with both heaps masked."""
    return replace(
        difference,
        before=mask_heap(masker, difference.before),
        after=mask_heap(masker, difference.after),
    )


def mask_heap(masker: NameMasker, heap: Heap) -> Heap:
    """Return the heap with names replaced and without contents of memory.

    Sentences that are masked later do not quote them either.
    """
    composition = heap.composition
    if composition is not None:
        composition = replace(composition, label=masker.column(composition.label))
    return replace(
        heap,
        groups=_mask(masker, heap.groups),
        lost=_mask(masker, heap.lost),
        possible=_mask(masker, heap.possible),
        holders=_mask(masker, heap.holders),
        suspects=_mask(masker, heap.suspects),
        composition=composition,
        notes=tuple(masker.text(note) for note in heap.notes),
    )


def _mask(masker: NameMasker, table: Table | None) -> Table | None:
    if table is None:
        return None
    changes = {
        name: _stand_ins(masker, getattr(table, name), shape)
        for name, shape in _SHAPES.items()
        if hasattr(table, name)
    }
    if hasattr(table, _PEEK):
        changes[_PEEK] = _without_contents(masker, getattr(table, _PEEK))
    return replace(table, **changes)  # type: ignore[type-var]  # subclasses are dataclasses


def _stand_ins(masker: NameMasker, column: TextColumn, shape: str) -> TextColumn:
    pool = (
        text if text in _PLAIN else masker.name(text, shape) for text in column.pool
    )
    return TextColumn(column.codes, tuple(pool))


def _without_contents(masker: NameMasker, column: TextColumn) -> TextColumn:
    for peek in column.pool:
        if len(peek) >= _LEAST_PEEK_LETTERS:
            masker.name(peek, "contents-{}")
    return TextColumn(column.codes, ("",) * len(column.pool))
