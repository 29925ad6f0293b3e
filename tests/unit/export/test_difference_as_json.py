"""The JSON of a difference: the contract's keys, and null for what is unknown."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np

from leakgui.analysis.difference import compare
from leakgui.export.difference_as_json import difference_as_json
from leakgui.model.difference import Changes, Difference
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.model.text_column import TextColumn
from tests.unit.heaps import heap, snapshot_of

NODES = ("Node", "class", 48, 48, "reachable", 10, 480, "")
LOST = ("Node", "class", 48, 48, "direct", 5, 240, "")


def one_row(key: str, delta_bytes: float) -> Changes:
    return Changes(
        key=TextColumn.of([key]),
        kind=TextColumn.of(["file"]),
        detail=TextColumn.of(["r--p"]),
        before=np.array([1], np.int64),
        after=np.array([51], np.int64),
        delta=np.array([50], np.int64),
        before_bytes=np.array([0.0]),
        after_bytes=np.array([delta_bytes]),
        delta_bytes=np.array([delta_bytes]),
    )


def difference(handles: Changes | None) -> Difference:
    return Difference(
        from_number=1,
        to_number=3,
        from_elapsed_s=0.0,
        to_elapsed_s=9.0,
        steps=0,
        counters={},
        mappings=None,
        handles=handles,
        threads=None,
        gaps=(Gap(where="mappings", reason=GapReason.DENIED, detail="not yours"),),
    )


def test_the_keys_are_those_of_the_contract():
    found = difference_as_json(difference(None))
    assert list(found) == [
        "schema",
        "from",
        "to",
        "mappings",
        "handles",
        "threads",
        "heap",
        "heap_by_size",
        "heap_by_type",
        "heap_lost",
        "objects_by_type",
        "containers",
        "gaps",
    ]
    assert (found["schema"], found["from"], found["to"]) == (1, 1, 3)


def test_what_is_absent_is_null_and_has_its_reason():
    found = difference_as_json(difference(one_row("/a", 1.0)))
    reasons = {gap["where"]: gap["reason"] for gap in found["gaps"]}
    assert reasons == {
        "mappings": "denied",
        "heap": "unsupported",
        "heap_by_size": "unsupported",
        "heap_by_type": "unsupported",
        "heap_lost": "unsupported",
        "objects_by_type": "unsupported",
        "containers": "unsupported",
    }
    assert all(found[where] is None for where in reasons)


def test_a_row_has_whole_numbers_and_null_for_unknown_bytes():
    found = difference_as_json(difference(one_row("/a\n\udcff", math.nan)))
    row = found["handles"][0]
    assert row["key"] == "/a\\x0a\\xff"
    assert (row["before"], row["after"], row["delta"]) == (1, 51, 50)
    assert row["delta_bytes"] is None
    json.dumps(found, allow_nan=False).encode("utf-8")


def test_heaps_are_lists_of_groups():
    before = snapshot_of(heap(groups=[NODES]), number=1)
    after = snapshot_of(heap(groups=[NODES, LOST], direct=(5, 240)), number=2)
    found = difference_as_json(compare(before, after))
    assert found["heap_by_type"] == [
        {
            "key": "Node", "kind": "class", "detail": "", "before": 10, "after": 15,
            "delta": 5, "before_bytes": 480, "after_bytes": 720, "delta_bytes": 240,
        }
    ]  # fmt: skip
    assert [row["key"] for row in found["heap_by_size"]] == ["48 bytes"]
    assert [row["delta"] for row in found["heap_lost"]] == [5]
    assert not any(gap["where"].startswith("heap") for gap in found["gaps"])


def test_a_refused_heap_is_null_with_the_refusal_as_reason():
    refused = Gap(where="heap", reason=GapReason.DENIED, detail="Yama. Try: sudo")
    after = replace(snapshot_of(None, number=2), gaps=(refused,))
    found = difference_as_json(compare(snapshot_of(heap(groups=[NODES])), after))
    reasons = {gap["where"]: gap for gap in found["gaps"]}
    for section in ("heap_by_size", "heap_by_type", "heap_lost"):
        assert found[section] is None
        assert reasons[section]["reason"] == "denied"
        assert "sudo" in reasons[section]["detail"]


def test_totals_set_what_is_in_use_against_what_is_free():
    before = snapshot_of(heap(groups=[NODES]), number=1)
    after = snapshot_of(heap(groups=[NODES, LOST], direct=(5, 240)), number=2)
    found = difference_as_json(compare(before, after))["heap"]
    assert found["in_use"] == {"before": 10, "after": 15, "delta": 5}
    assert found["in_use_bytes"] == {"before": 480, "after": 720, "delta": 240}
    assert found["free_bytes"] == {"before": 4000, "after": 4000, "delta": 0}
    assert found["lost"] == {"before": 0, "after": 5, "delta": 5}
    assert found["lost_bytes"]["delta"] == 240
    assert found["possible_bytes"]["delta"] == 0


def blind() -> Snapshot:
    """Return a snapshot whose blocks are known, but not what leads to them."""
    return snapshot_of(heap(groups=[NODES], without="leaked"), number=2)


def test_what_is_lost_is_said_to_be_unknown_where_blocks_are_known():
    found = difference_as_json(compare(snapshot_of(heap(groups=[NODES])), blind()))
    assert found["heap_by_type"] is not None
    assert found["heap_lost"] is found["heap"] is None
    reasons = {gap["where"]: gap for gap in found["gaps"]}
    for section in ("heap", "heap_lost"):
        assert reasons[section]["reason"] == "unreadable"
        assert "What is lost is not known" in reasons[section]["detail"]


def test_the_reason_is_that_of_the_heap_and_not_of_a_part_of_it():
    second = Gap(where="heap.second look", reason=GapReason.VANISHED, detail="ended")
    whole = Gap(where="heap", reason=GapReason.UNSUPPORTED, detail="not found out")
    after = replace(blind(), gaps=(second, whole))
    found = difference_as_json(compare(snapshot_of(heap(groups=[NODES])), after))
    wheres = [gap["where"] for gap in found["gaps"]]
    assert len(wheres) == len(set(wheres))
    reasons = {gap["where"]: gap for gap in found["gaps"]}
    assert reasons["heap_lost"]["detail"] == "not found out"
    only_second = replace(blind(), gaps=(second,))
    found = difference_as_json(compare(snapshot_of(heap(groups=[NODES])), only_second))
    reasons = {gap["where"]: gap for gap in found["gaps"]}
    assert "What is lost is not known" in reasons["heap_lost"]["detail"]
