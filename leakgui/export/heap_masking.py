"""Mask what a heap shows of a program: names become placeholders, contents go."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol, TypeVar

from leakgui.model.columns import Columns
from leakgui.model.heap import Heap, HeapDifference
from leakgui.model.text_column import TextColumn

_CLASS = "class-{}"
_ROOT = "root-{}"
_SHAPES = {
    "type_name": _CLASS,
    "class_name": _CLASS,
    "base_name": _CLASS,
    "path": "path-{}",
}
"""What stands for the texts of these columns."""
_ROOT_COLUMN, _PATH_COLUMN = "root", "path"
_PLACE = re.compile(r"\+\d+(?= \(|$)")
"""Where in a variable: sentences leave it out of ``global g_cache+16 (libfoo.so)``."""
_OF_ROOT = re.compile(r"global (?P<variable>.+?)(?: \((?P<module>[^()]+)\))?$")
_BETWEEN = " → "
_BESIDE = re.compile(r" and [\d,]+ more .*")
_TELLS_NOTHING = re.compile(r"[a-z]*|[\d.,]+ [A-Za-z]+|… .* …")
"""Parts of a path that are words of ours, or would be found in any sentence."""
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
    if hasattr(table, _ROOT_COLUMN):
        changes[_ROOT_COLUMN] = _without_roots(masker, getattr(table, _ROOT_COLUMN))
    if hasattr(table, _PATH_COLUMN):
        _learn_parts(masker, getattr(table, _PATH_COLUMN))
    if hasattr(table, _PEEK):
        changes[_PEEK] = _without_contents(masker, getattr(table, _PEEK))
    return replace(table, **changes)  # type: ignore[type-var]  # subclasses are dataclasses


def _stand_ins(masker: NameMasker, column: TextColumn, shape: str) -> TextColumn:
    pool = (
        text if text in _PLAIN else masker.name(text, shape) for text in column.pool
    )
    return TextColumn(column.codes, tuple(pool))


def _without_roots(masker: NameMasker, column: TextColumn) -> TextColumn:
    """Replace roots so that one has the same name with and without a place in it."""
    return TextColumn(column.codes, tuple(_root(masker, text) for text in column.pool))


def _root(masker: NameMasker, root: str) -> str:
    masker.name(root, _ROOT)
    place = _PLACE.search(root)
    bare = _PLACE.sub("", root)
    found = _OF_ROOT.match(bare)
    for name in found.groupdict().values() if found else ():
        _learn_part(masker, name or "", _ROOT)
    return masker.name(bare, _ROOT) + (place.group() if place else "")


def _learn_parts(masker: NameMasker, paths: TextColumn) -> None:
    """Know what paths lead over by itself, too: sentences may quote a part."""
    for path in paths.pool:
        root, *blocks = path.split(_BETWEEN)
        _root(masker, root)
        for block in blocks:
            _learn_part(masker, _PLACE.sub("", _BESIDE.sub("", block)), _CLASS)


def _learn_part(masker: NameMasker, name: str, shape: str) -> None:
    if not _TELLS_NOTHING.fullmatch(name):
        masker.name(name, shape)


def _without_contents(masker: NameMasker, column: TextColumn) -> TextColumn:
    for peek in column.pool:
        if len(peek) >= _LEAST_PEEK_LETTERS:
            masker.name(peek, "contents-{}")
    return TextColumn(column.codes, ("",) * len(column.pool))
