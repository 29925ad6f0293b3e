"""Snapshots without a file fill no more than their room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leakgui.model.snapshot import Snapshot, Threads
from leakgui.model.text_column import TextColumn
from leakgui.recording.shelf import Shelf, size_of


def snapshot(number: int, rows: int) -> Snapshot:
    texts = TextColumn.of([f"t{i}" for i in range(rows)])
    return Snapshot(
        number=number,
        name="",
        elapsed_s=0.0,
        taken_unix_s=0.0,
        counters={},
        mappings=None,
        handles=None,
        threads=Threads(
            tid=np.arange(rows, dtype=np.int64),
            name=texts,
            state=texts,
            waits_in=texts,
            stack_used=np.zeros(rows),
            stack_limit=np.zeros(rows),
        ),
    )


def test_the_oldest_go_first_and_the_newest_always_stays():
    one = snapshot(1, 1000)
    shelf = Shelf(most_bytes=size_of(one) * 2)
    for number in (1, 2, 3):
        shelf.put(replace(one, number=number))
    assert [shelf.find(n) is not None for n in (1, 2, 3)] == [False, True, True]
    shelf.put(snapshot(4, 100_000))
    assert [shelf.find(n) is not None for n in (2, 3, 4)] == [False, False, True]


def test_what_is_in_the_file_leaves():
    shelf = Shelf()
    shelf.put(snapshot(1, 3))
    shelf.release(1)
    shelf.release(1)
    assert shelf.find(1) is None
