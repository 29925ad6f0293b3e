"""Heaps in session files: round trip, older files, damage and hostile values."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakgui.errors import SessionUnreadable
from leakgui.model.columns import Columns
from leakgui.model.heap import BlockState, Heap, LeakTotals, TypeKind
from leakgui.model.snapshot import GapReason
from leakgui.model.text_column import TextColumn
from leakgui.session.columns import pack_column
from leakgui.session.heap_rows import TABLES, build_heap, heap_text
from leakgui.session.reader import SessionReader
from leakgui.session.store import SessionWriter, rename_snapshot
from leakgui.session.tables import build_table, table_rows
from tests.unit.heaps import full_heap, heap, snapshot_of
from tests.unit.session.specimens import TARGET, a_snapshot, new_session


def same_table(one, other):
    assert (one is None) == (other is None)
    for entry in fields(one) if one is not None else ():
        a, b = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(a, TextColumn):
            assert a.as_list() == b.as_list()
        else:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


def same_heap(one: Heap, other: Heap | None):
    assert other is not None
    for entry in fields(Heap):
        a, b = getattr(one, entry.name), getattr(other, entry.name)
        if entry.name in TABLES:
            same_table(a, b)
        else:
            assert a == b, entry.name


@pytest.fixture
def recorded(tmp_path):
    writer = new_session(tmp_path)
    writer.add_snapshot(replace(a_snapshot(1), heap=full_heap()))
    writer.add_snapshot(a_snapshot(2))
    unknown = heap(groups=None, without="leaked", allocator="jemalloc", version="")
    writer.add_snapshot(replace(a_snapshot(3), heap=unknown))
    writer.close()
    return writer.path


def test_every_table_is_kept():
    assert TABLES.keys() == {
        entry.name for entry in fields(Heap) if _is_table(str(entry.type))
    }


def _is_table(declared: str) -> bool:
    names = {kind.__name__ for kind in Columns.__subclasses__()}
    return declared.removesuffix(" | None") in names


def test_a_heap_comes_back_whole(recorded):
    with SessionReader(recorded) as reader:
        found = reader.snapshot(1)
        same_heap(full_heap(), found.heap)
        assert found.gaps == a_snapshot(1).gaps
        assert reader.snapshot(2).heap is None
        blind = reader.snapshot(3).heap
        assert (blind.allocator, blind.leaked, blind.groups) == ("jemalloc", None, None)


def test_the_list_tells_what_is_lost(recorded):
    with SessionReader(recorded) as reader:
        told = [(one.has_heap, one.lost_bytes) for one in reader.headings()]
    assert told == [(True, 20240.0), (False, None), (True, None)]


@pytest.fixture
def of_format_1_0(tmp_path, change):
    writer = new_session(tmp_path, "old.leak")
    writer.add_readings(0, {"rss_bytes": 1.0})
    writer.add_snapshot(a_snapshot(1))
    writer.close()
    change(writer.path, "DROP TABLE snapshot_heap", "PRAGMA user_version = 1000")
    return writer.path


def test_an_older_file_opens_without_a_heap_and_unchanged(of_format_1_0):
    before = of_format_1_0.read_bytes()
    with SessionReader(of_format_1_0) as reader:
        assert reader.snapshot(1).heap is None
        assert not reader.headings()[0].has_heap
        assert reader.damage == ()
    assert of_format_1_0.read_bytes() == before


def test_an_older_file_can_be_continued(of_format_1_0):
    writer = SessionWriter.append(of_format_1_0, TARGET)
    writer.add_snapshot(replace(a_snapshot(2), heap=full_heap()))
    writer.close()
    with SessionReader(of_format_1_0) as reader:
        same_heap(full_heap(), reader.snapshot(2).heap)
        assert reader.snapshot(1).heap is None
    connection = sqlite3.connect(of_format_1_0)
    assert connection.execute("PRAGMA user_version").fetchone() == (1001,)
    connection.close()
    rename_snapshot(of_format_1_0, 2, "and again")


def test_an_older_file_with_a_newer_table_is_not_continued(of_format_1_0, change):
    change(of_format_1_0, "CREATE TABLE snapshot_heap (number, facts)")
    with pytest.raises(SessionUnreadable, match="not made by"):
        SessionWriter.append(of_format_1_0, TARGET)


def test_a_view_in_place_of_heaps_is_refused(recorded, change):
    change(
        recorded,
        "DROP TABLE snapshot_heap",
        "CREATE VIEW snapshot_heap AS SELECT 1 AS number, '{}' AS facts",
    )
    with pytest.raises(SessionUnreadable, match="snapshot_heap missing"):
        SessionReader(recorded)


# --- damage ------------------------------------------------------------------------


@pytest.mark.parametrize("section", [f"heap.{name}" for name in TABLES])
def test_a_damaged_table_is_a_gap_and_the_rest_is_read(recorded, change, section):
    change(
        recorded,
        f"UPDATE snapshot_column SET data = x'00' WHERE section = '{section}'",
    )
    with SessionReader(recorded) as reader:
        found = reader.snapshot(1)
    assert getattr(found.heap, section.removeprefix("heap.")) is None
    assert found.heap.blocks == full_heap().blocks
    assert found.mappings is not None
    (gap,) = [gap for gap in found.gaps if gap.where == section]
    assert gap.reason is GapReason.UNPARSABLE


def spoiled(**changes: object) -> str:
    return json.dumps(json.loads(heap_text(full_heap())) | changes)


LEAKED = asdict(full_heap().leaked)


@pytest.mark.parametrize(
    "facts",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        "x" * (2 << 20),
        spoiled(level="gently"),
        spoiled(allocator=7),
        spoiled(looks=-1),
        spoiled(looks=True),
        spoiled(copied_bytes=1 << 63),
        spoiled(copied_bytes=1.5),
        spoiled(paused_ms=["long"]),
        spoiled(paused_ms=[float("nan")]),
        spoiled(paused_ms=-1),
        spoiled(walked_share=float("inf")),
        spoiled(notes="one"),
        spoiled(blocks=[]),
        spoiled(blocks={"in_use": 1}),
        spoiled(leaked=LEAKED | {"direct": -5}),
        spoiled(leaked=LEAKED | {"direct_bytes": "many"}),
    ],
)
def test_facts_that_cannot_be_are_no_heap(recorded, facts):
    connection = sqlite3.connect(recorded, isolation_level=None)
    connection.execute("UPDATE snapshot_heap SET facts = ? WHERE number = 1", (facts,))
    connection.close()
    with SessionReader(recorded) as reader:
        found = reader.snapshot(1)
        heading = reader.headings()[0]
    assert found.heap is None
    assert found.handles is not None
    assert [gap.where for gap in found.gaps][-1] == "heap"
    assert (heading.has_heap, heading.lost_bytes) == (False, None)


def of_groups(**changes: object) -> Heap:
    return replace(full_heap(), groups=replace(full_heap().groups, **changes))


def through_rows(one: Heap) -> tuple[Heap | None, list]:
    gaps: list = []
    packed: dict = {}
    for name in TABLES:
        for row in table_rows(1, f"heap.{name}", getattr(one, name)):
            packed.setdefault(row[1], {})[row[2]] = pack_column(
                getattr(getattr(one, name), row[2])
            )
    return build_heap(heap_text(one), packed, gaps), gaps


@pytest.mark.parametrize(
    "changes",
    [
        {"count": np.array([-1, 1, 1, 1])},
        {"count": np.array([2**62, 2**62, 2**62, 1])},
        {"bytes": np.array([2**63, 1, 1, 1], np.uint64)},
        {"bytes": np.array([2**62, 2**62, 2**62, 1], np.uint64)},
        {"state": TextColumn.of(["lost", "direct", "direct", "direct"])},
        {"type_kind": TextColumn.of(["class", "<b>", "size", "size"])},
    ],
)
def test_numbers_and_words_that_cannot_be_are_refused(changes):
    found, gaps = through_rows(of_groups(**changes))
    assert found.groups is None
    assert found.lost is not None
    assert [gap.where for gap in gaps] == ["heap.groups"]


def test_a_share_is_between_none_and_all():
    arenas = full_heap().arenas
    for share in (1.5, -0.1, float("nan")):
        changed = replace(arenas, walked_share=np.array([share]))
        found, gaps = through_rows(replace(full_heap(), arenas=changed))
        assert found.arenas is None
        assert len(gaps) == 1


def test_what_may_be_negative_stays_so():
    found, gaps = through_rows(full_heap())
    assert gaps == []
    assert found.possible.offset.tolist() == [-1]
    assert found.composition.bytes.tolist()[-1] == -4096


def test_a_column_of_another_type_is_refused():
    groups = full_heap().groups
    packed = {
        entry.name: pack_column(getattr(groups, entry.name)) for entry in fields(groups)
    }
    packed["count"] = pack_column(groups.bytes)
    with pytest.raises(ValueError, match="count is U64, not I64"):
        build_table(type(groups), packed)


# --- properties ----------------------------------------------------------------------

AMOUNTS = st.integers(0, 2**40)
TEXTS = st.text(max_size=20)
ROWS = st.tuples(
    TEXTS,
    st.sampled_from([kind.value for kind in TypeKind]),
    AMOUNTS,
    AMOUNTS,
    st.sampled_from([state.value for state in BlockState]),
    AMOUNTS,
    AMOUNTS,
    TEXTS,
)


@given(
    rows=st.lists(ROWS, max_size=6),
    totals=st.lists(AMOUNTS, min_size=10, max_size=10),
    texts=st.lists(TEXTS, max_size=3),
)
def test_any_heap_comes_back(rows, totals, texts):
    leaked = LeakTotals(
        **{
            entry.name: total
            for entry, total in zip(fields(LeakTotals), totals, strict=True)
        }
    )
    made = heap(groups=rows, leaked=leaked, notes=tuple(texts))
    found, gaps = through_rows(made)
    assert gaps == []
    same_heap(made, found)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_bytes_in_any_cell_never_crash(data):
    packed = {
        f"heap.{name}": {
            entry.name: pack_column(getattr(getattr(full_heap(), name), entry.name))
            for entry in fields(TABLES[name])
        }
        for name in TABLES
    }
    section = data.draw(st.sampled_from(sorted(packed)))
    column = data.draw(st.sampled_from(sorted(packed[section])))
    before = packed[section][column]
    packed[section][column] = before._replace(
        data=data.draw(st.binary(max_size=60) | st.just(before.data)),
        pool=data.draw(st.none() | st.binary(max_size=40)),
        rows=data.draw(st.sampled_from([before.rows, 0, 1, 2**40, -1])),
        dtype=data.draw(st.sampled_from(["<u8", "<i8", "<f8", "text", "O"])),
    )
    gaps: list = []
    found = build_heap(heap_text(full_heap()), packed, gaps)
    assert found is not None
    assert {gap.where for gap in gaps} <= {section}


def test_a_snapshot_without_its_facts_has_no_heap(recorded, change):
    change(recorded, "DELETE FROM snapshot_heap WHERE number = 1")
    with SessionReader(recorded) as reader:
        assert reader.snapshot(1).heap is None
    assert snapshot_of(None).heap is None
