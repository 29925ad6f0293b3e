"""Heaps in JSON, CSV and the report; masked, nothing of memory or names is left."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, replace

from leakgui.analysis.difference import compare
from leakgui.export.as_table import write_difference
from leakgui.export.heap_as_json import heap_as_json
from leakgui.export.html_difference import difference_section
from leakgui.export.html_heap import heap_section
from leakgui.export.masking import Masker
from leakgui.model.columns import Columns
from leakgui.model.text_column import TextColumn
from tests.unit.heaps import full_heap, heap, snapshot_of

SECRETS = ("secret", "alice", "Polygon", "Shape", "Node", "g_cache", "libfoo")


def texts_of(one: object) -> str:
    """Return every text of a heap, tables included."""
    found = []
    for entry in fields(one):
        value = getattr(one, entry.name)
        if isinstance(value, Columns):
            found.append(texts_of(value))
        elif isinstance(value, TextColumn):
            found += value.pool
        else:
            found.append(repr(value))
    return "\n".join(found)


def grown():
    small = replace(full_heap(), groups=heap(groups=[]).groups)
    return compare(snapshot_of(small, 1), snapshot_of(full_heap(), 2))


# --- json --------------------------------------------------------------------------


def test_the_keys_of_a_heap_are_those_of_the_contract():
    found = heap_as_json(full_heap())
    assert found["allocator"] == "glibc"
    assert found["blocks"]["in_use"] == 20
    assert found["leaked"]["direct"] == 5
    assert found["leaked"]["indirect_bytes"] == 20000
    assert {"free", "free_bytes", "in_use_bytes"} <= found["blocks"].keys()
    assert {"possible", "possible_bytes", "reachable"} <= found["leaked"].keys()
    json.dumps(found, allow_nan=False)


def test_types_and_sizes_are_listed_largest_first():
    found = heap_as_json(full_heap())
    assert found["by_type"] == [
        {"key": "8.0–9.9 KiB", "kind": "size", "count": 2, "bytes": 20000,
         "lost": 2, "lost_bytes": 20000},
        {"key": "Node", "kind": "class", "count": 15, "bytes": 720,
         "lost": 5, "lost_bytes": 240},
        {"key": "text", "kind": "text", "count": 3, "bytes": 72,
         "lost": 0, "lost_bytes": 0},
    ]  # fmt: skip
    assert [row["key"] for row in found["by_size"]] == [
        "8.0–9.9 KiB", "48 bytes", "24 bytes",
    ]  # fmt: skip


def test_what_is_unknown_is_null_under_the_same_keys():
    unknown, known = heap_as_json(None), heap_as_json(full_heap())
    assert unknown.keys() == known.keys()
    assert unknown["blocks"] is unknown["by_type"] is None
    blind = heap_as_json(heap(groups=None, without="leaked"))
    assert blind["leaked"] is None
    assert blind["blocks"] is not None


# --- csv ---------------------------------------------------------------------------


def test_the_table_has_rows_for_types_sizes_and_lost_blocks(tmp_path):
    write_difference(grown(), tmp_path / "d.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "d.csv").read_text("utf-8"))))
    by_section = {}
    for row in rows:
        by_section.setdefault(row["section"], []).append(row)
    assert {"heap_by_type", "heap_by_size", "heap_lost"} <= by_section.keys()
    node = next(row for row in by_section["heap_by_type"] if row["key"] == "Node")
    assert (node["before"], node["after"], node["delta_bytes"]) == ("0", "15", "720")


def test_the_table_has_the_totals_of_the_heap(tmp_path):
    write_difference(grown(), tmp_path / "d.csv")
    rows = csv.DictReader(io.StringIO((tmp_path / "d.csv").read_text("utf-8")))
    heap_rows = {row["key"]: row for row in rows if row["section"] == "heap"}
    assert list(heap_rows) == ["in_use", "free", "lost", "possible"]
    free = heap_rows["free"]
    assert (free["before"], free["after"], free["delta"]) == ("4", "4", "0")
    assert heap_rows["in_use"]["delta_bytes"] == "0"
    assert heap_rows["lost"]["after_bytes"] == "20240"


def test_the_masked_table_names_no_class_and_shows_no_contents(tmp_path):
    write_difference(grown(), tmp_path / "d.csv", mask=True)
    text = (tmp_path / "d.csv").read_text("utf-8")
    assert not any(secret in text for secret in (*SECRETS, "GET /"))
    assert "class-" in text
    assert "8.0–9.9 KiB" in text


# --- masking -----------------------------------------------------------------------


def test_a_masked_heap_tells_nothing_of_the_program():
    masked = Masker().heap_of(snapshot_of(full_heap())).heap
    text = texts_of(masked)
    assert not any(secret in text for secret in SECRETS)
    assert not any(masked.groups.peek.as_list())
    assert not any(masked.lost.peek.as_list())
    assert masked.leaked == full_heap().leaked
    assert masked.groups.count.tolist() == full_heap().groups.count.tolist()


def test_sentences_do_not_quote_what_was_masked():
    masker = Masker()
    masker.heap_of(snapshot_of(full_heap()))
    told = masker.text("67 Polygon own blocks like 'GET /home/alice'; Nodes stay")
    assert "Polygon" not in told
    assert "alice" not in told
    assert told.startswith("67 class-")
    assert told.endswith("Nodes stay")


# --- html --------------------------------------------------------------------------


def test_the_report_says_what_the_heap_holds():
    text = str(heap_section(snapshot_of(full_heap(), number=7)))
    for part in (
        "snapshot 7", "glibc 2.27 to 2.42", "Lost, directly", "Node", "8.0–9.9 KiB",
        "secret", "global g_cache", "Polygon", "counted otherwise", "seccomp",
        "2 looks", "/usr/lib/libfoo.so",
    ):  # fmt: skip
        assert part in text, part


def test_kinds_are_told_in_words():
    text = str(heap_section(snapshot_of(full_heap())))
    assert "size only" in text
    for raw in ("in-use", ">kernel<", ">files<", ">size<"):
        assert raw not in text, raw
    assert "size only" in difference_section(grown())


def test_the_report_sets_free_inside_the_allocator_against_in_use():
    text = str(difference_section(grown()))
    for part in ("Native heap", "Free in the allocator", "In use", "Possibly lost"):
        assert part in text, part
    assert "3.91 KiB" in text
    plain = compare(snapshot_of(None, 1), snapshot_of(None, 2))
    assert "Native heap" not in difference_section(plain)


def test_there_is_no_part_where_nobody_looked():
    assert heap_section(None) == ""
    assert heap_section(snapshot_of(None)) == ""
    plain = compare(snapshot_of(None, 1), snapshot_of(None, 2))
    assert "Heap by type" not in difference_section(plain)
    assert "Heap by type" in difference_section(grown())


def test_a_heap_that_is_not_understood_still_says_where_memory_is():
    blind = replace(full_heap(), blocks=None, leaked=None, groups=None, lost=None)
    text = str(heap_section(snapshot_of(blind)))
    assert "Where the resident memory is" in text
    assert "Lost, directly" not in text


def test_names_of_strangers_are_escaped():
    evil = heap(groups=[("<b onload=x>", "class", 8, 8, "direct", 1, 8, "</td>")])
    text = str(heap_section(snapshot_of(evil)))
    assert "<b onload" not in text
    assert "&lt;b onload=x&gt;" in text
