"""The columns of the tables about a heap."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QCoreApplication

from leakgui.formatting import format_percent
from leakgui.model.heap import (
    Arenas,
    DestructorSuspects,
    Holders,
    LostBlocks,
    PossibleBlocks,
)
from leakgui.model.text_column import TextColumn
from leakgui.ui.cells import (
    write_address,
    write_bytes,
    write_count,
    write_exact_bytes,
    write_text,
)
from leakgui.ui.columns_model import Column, in_words
from leakgui.ui.heap_groups import By, SummedBlocks
from leakgui.ui.heap_words import certainty_word, kind_word, size_text, type_text

Numbers = npt.NDArray[Any]


def tr(text: str) -> str:
    """Translate a text of this room."""
    return QCoreApplication.translate("HeapColumns", text)


def type_columns(rows: SummedBlocks, by: By, *, has_lost: bool) -> list[Column]:
    """Return the columns of types and sizes; of lost ones only where it is known."""
    columns = []
    if by is not By.SIZE:
        columns.append(_type(rows.type_name))
    if by is not By.TYPE:
        columns.append(_size_class(rows))
    total = float(rows.bytes.sum())
    columns += [
        _bytes(tr("Bytes"), rows.bytes),
        _count(tr("Blocks"), rows.count),
        _share(rows.bytes / total if total else rows.bytes),
    ]
    if has_lost:
        columns += [
            _some(tr("Lost"), rows.lost, tr("Blocks that nothing reaches any more")),
            _bytes(tr("Lost bytes"), rows.lost_bytes),
        ]
    if has_lost and rows.possible_bytes.any():
        columns.append(_bytes(tr("Possibly lost"), rows.possible_bytes))
    if by is not By.SIZE:
        columns.append(_kind(rows.type_kind))
    return [*columns, _peek(rows.peek)]


def lost_columns(rows: LostBlocks) -> list[Column]:
    """Return the columns of lost blocks and of what hangs on each, where any does."""
    own = [_type(rows.type_name), _bytes(tr("Size"), rows.bytes)]
    hanging = []
    if rows.indirect.any():
        total = rows.bytes.astype(np.float64) + rows.indirect_bytes.astype(np.float64)
        own.insert(1, _bytes(tr("Total"), total))
        meaning = tr("Lost blocks that it leads to; each counts with one block only")
        hanging = [
            _some(tr("Blocks on it"), rows.indirect, meaning),
            _bytes(tr("Bytes on it"), rows.indirect_bytes),
        ]
    return [*own, *hanging, _address(rows.address), _peek(rows.peek)]


def possible_columns(rows: PossibleBlocks) -> list[Column]:
    """Return the columns of blocks that are pointed to at an inner address only."""
    total = rows.bytes.astype(np.float64) * rows.count
    return [
        _type(rows.type_name),
        Column(title=tr("Size"), values=rows.bytes, write=write_bytes),
        Column(
            title=tr("Pointed to at"),
            values=rows.offset,
            write=_write_offset,
            meaning=tr("Where in the block its pointers lead"),
        ),
        _count(tr("Blocks"), rows.count),
        _bytes(tr("Bytes"), total),
    ]


def holder_columns(rows: Holders) -> list[Column]:
    """Return the columns of who holds what is still reachable."""
    return [
        Column(title=tr("Root"), values=rows.root, write=write_text),
        Column(
            title=tr("Holds"),
            values=rows.retained_bytes,
            write=write_bytes,
            exact=write_exact_bytes,
            meaning=tr("What would be lost with it and those beside it"),
        ),
        Column(title=tr("Blocks"), values=rows.retained, write=write_count),
        _type(rows.type_name),
        Column(title=tr("Size"), values=rows.bytes, write=write_bytes),
        _address(rows.address),
        Column(title=tr("Path"), values=rows.path, write=write_text),
    ]


def suspect_columns(rows: DestructorSuspects) -> list[Column]:
    """Return the columns of classes that may lose what they own."""
    own = zip(
        rows.owned.tolist(),
        rows.owned_by_all.tolist(),
        rows.offset.tolist(),
        strict=True,
    )
    grounds = TextColumn.of(_write_ground(*row) for row in own)
    return [
        Column(title=tr("Class"), values=rows.class_name, write=write_text),
        Column(title=tr("Base"), values=rows.base_name, write=write_text),
        Column(
            title=tr("No virtual destructor"),
            values=in_words(rows.certainty, certainty_word),
            meaning=tr("Certain only with full symbols"),
        ),
        _count(tr("Live objects"), rows.objects),
        _some(
            tr("Lost blocks like its own"),
            rows.lost,
            tr("Lost blocks of the size of those that live objects own"),
        ),
        Column(title=tr("Size each"), values=rows.lost_bytes_each, write=write_bytes),
        _bytes(tr("Lost bytes"), rows.lost_bytes),
        Column(
            title=tr("Who owns such blocks"),
            values=grounds,
            meaning=tr("Of all live blocks of that size that any object owns"),
        ),
    ]


def arena_columns(rows: Arenas) -> list[Column]:
    """Return the columns of the allocator's pools."""
    return [
        Column(title=tr("Arena"), values=rows.label, write=write_text),
        _bytes(tr("From the system"), rows.system_bytes),
        _count(tr("Blocks in use"), rows.in_use),
        _bytes(tr("In use"), rows.in_use_bytes),
        _count(tr("Free chunks"), rows.free),
        _bytes(tr("Free"), rows.free_bytes),
        Column(
            title=tr("Walked"),
            values=rows.walked_share,
            write=lambda value: format_percent(float(value)),
            meaning=tr("How much could be read without contradiction"),
        ),
        _address(rows.address),
    ]


# -- kinds of columns -------------------------------------------------------------


def _type(names: TextColumn) -> Column:
    return Column(title=tr("Type"), values=in_words(names, type_text))


def _kind(kinds: TextColumn) -> Column:
    return Column(title=tr("Known by"), values=in_words(kinds, kind_word))


def _size_class(rows: SummedBlocks) -> Column:
    most = dict(zip(rows.least_bytes.tolist(), rows.most_bytes.tolist(), strict=True))
    return Column(
        title=tr("Size"),
        values=rows.least_bytes,
        write=lambda least: size_text(int(least), most[int(least)]),
        meaning=tr("What the program can use of each block"),
    )


def _bytes(title: str, values: Numbers) -> Column:
    return Column(
        title=title,
        values=values,
        write=write_bytes,
        exact=write_exact_bytes,
        has_sum=True,
    )


def _count(title: str, values: Numbers) -> Column:
    return Column(title=title, values=values, write=write_count, has_sum=True)


def _some(title: str, values: Numbers, meaning: str) -> Column:
    return Column(
        title=title,
        values=values,
        write=lambda value: write_count(value) if value else "",
        has_sum=True,
        meaning=meaning,
    )


def _share(values: Numbers) -> Column:
    return Column(
        title=tr("Share"),
        values=values,
        write=lambda value: format_percent(float(value)),
        meaning=tr("Of all bytes in use"),
    )


def _address(values: Numbers) -> Column:
    return Column(title=tr("Address"), values=values, write=write_address)


def _peek(texts: TextColumn) -> Column:
    return Column(
        title=tr("Peek"),
        values=texts,
        write=write_text,
        meaning=tr("The first printable characters of one of them"),
    )


def _write_offset(offset: int) -> str:
    return f"+{int(offset)}" if offset >= 0 else tr("through another block")


def _write_ground(owned: int, owned_by_all: int, offset: int) -> str:
    if offset < 0 or not owned_by_all:
        return ""
    return tr("{owned} of {all} at +{offset}").format(
        owned=owned, all=owned_by_all, offset=offset
    )
