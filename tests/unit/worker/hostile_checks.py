"""What must hold of whatever was made of an image, however much the image lies."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from leakgui.model.columns import Columns
from leakgui.model.heap import Heap
from leakgui.model.text_column import TextColumn
from leakgui.wire.frames import Frame
from leakgui.worker.describing import describe_block
from leakgui.worker.interpreting import Interpreted
from leakgui.worker.naming.composition import MAY_BE_NEGATIVE
from leakgui.worker.packing import pack
from leakgui.worker.unpacking import unpack_heap
from tests.unit.worker.parcels import across

LONGEST_TEXT = 10_000
BLOCKS_DESCRIBED = 3


def check(interpreted: Interpreted) -> None:
    """Raise AssertionError where what was found cannot be true."""
    heap, image = interpreted.heap, interpreted.image
    assert 0 <= heap.walked_share <= 1
    for table in tables(heap):
        check_columns(table)
    assert heap.composition is not None
    assert int(heap.composition.bytes.sum()) == image.resident_bytes
    if heap.blocks is not None:
        check_totals(interpreted)
        check_details(interpreted)
    assert unpack_heap(send(heap)).blocks == heap.blocks


def tables(heap: Heap) -> list[Columns]:
    """Return the tables of a heap."""
    values = [getattr(heap, field.name) for field in fields(heap)]
    return [value for value in values if isinstance(value, Columns)]


def check_columns(table: Columns) -> None:
    """No number below zero but where that means something, no endless text."""
    for field in fields(table):
        column = getattr(table, field.name)
        if isinstance(column, TextColumn):
            assert all(len(text) <= LONGEST_TEXT for text in column.pool), field.name
        elif column.dtype.kind == "f":
            assert ((column >= 0) & (column <= 1)).all(), field.name
        elif column.dtype.kind == "i" and field.name != "offset":
            low = column[np.array(column) < 0]
            names = getattr(table, "kind", None)
            if names is not None:
                is_size = [name not in MAY_BE_NEGATIVE for name in names.as_list()]
                low = column[(column < 0) & np.array(is_size, bool)]
            assert not len(low), (type(table).__name__, field.name, low)


def check_totals(interpreted: Interpreted) -> None:
    """In use and free are no more than the areas; those no more than there is."""
    heap, image, found = interpreted.heap, interpreted.image, interpreted.found
    assert found is not None
    walk, blocks, leaked = found.walk, heap.blocks, heap.leaked
    assert blocks is not None
    assert leaked is not None
    areas = int((walk.area_end - walk.area_start).sum())
    assert (walk.area_start < walk.area_end).all()
    assert (walk.area_end[:-1] <= walk.area_start[1:]).all()
    assert blocks.in_use_bytes + blocks.free_bytes <= areas <= len(image.words) * 8
    assert min(vars_of(blocks)) >= 0
    assert min(vars_of(leaked)) >= 0
    assert blocks.cached <= blocks.free
    assert blocks.cached_bytes <= blocks.free_bytes
    states = ("direct", "indirect", "possible", "reachable")
    assert sum(getattr(leaked, state) for state in states) == blocks.in_use
    sizes = [getattr(leaked, f"{state}_bytes") for state in states]
    assert sum(sizes) == blocks.in_use_bytes
    check_tables(heap, leaked.lost_bytes)


def check_tables(heap: Heap, lost_bytes: int) -> None:
    """What is told apart adds up to what is told in one."""
    blocks, groups, arenas = heap.blocks, heap.groups, heap.arenas
    assert blocks is not None
    assert groups is not None
    assert arenas is not None
    assert int(groups.count.sum()) == blocks.in_use
    assert int(groups.bytes.sum()) == blocks.in_use_bytes
    assert int(arenas.in_use_bytes.sum()) == blocks.in_use_bytes
    assert int(arenas.free_bytes.sum()) == blocks.free_bytes
    if heap.lost is not None:
        listed = int(heap.lost.bytes.sum()) + int(heap.lost.indirect_bytes.sum())
        assert listed <= lost_bytes
    if heap.holders is not None and len(heap.holders):
        assert int(heap.holders.retained_bytes.max()) <= blocks.in_use_bytes


def check_details(interpreted: Interpreted) -> None:
    """Single blocks can be asked for."""
    heap = interpreted.heap
    asked = [0, 8, (1 << 64) - 1, *interpreted.image.segments.start[:2].tolist()]
    for table in (heap.lost, heap.holders):
        if table is not None:
            asked += table.address[:BLOCKS_DESCRIBED].tolist()
    for address in asked:
        detail = describe_block(interpreted, address)
        if detail is not None:
            assert detail.address <= address < detail.address + detail.usable_bytes + 16
            pack(detail)


def send(heap: Heap) -> Frame:
    """Return a heap as it arrives at the other process."""
    header, columns = pack(heap)
    return across({"reply": "interpret", "heap": header}, columns)


def vars_of(totals: object) -> list[int]:
    """Return the numbers of a dataclass."""
    return [getattr(totals, field.name) for field in fields(totals)]  # type: ignore[arg-type]
