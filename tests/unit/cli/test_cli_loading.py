"""What is read of snapshots: each once, and without those that are damaged."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from leakgui.analysis.difference import MOST_JUDGED_SNAPSHOTS
from leakgui.cli import loading
from leakgui.cli.main import run
from leakgui.session.reader import SessionReader
from tests.unit.heaps import full_heap, snapshot_of
from tests.unit.session.specimens import new_session


def recorded(folder: Path, count: int) -> Path:
    writer = new_session(folder, "some.leak")
    for number in range(1, count + 1):
        writer.add_readings(number * 1000, {"rss_bytes": 1e6 * number})
        writer.add_snapshot(snapshot_of(full_heap(), number))
    writer.close()
    return writer.path


def spoil(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("count", [1, 2, 5, MOST_JUDGED_SNAPSHOTS + 5])
def test_each_snapshot_is_read_once_at_most(tmp_path, monkeypatch, count) -> None:
    path, read = recorded(tmp_path, count), Counter()
    snapshot = SessionReader.snapshot

    def counting(self: SessionReader, number: int):
        read[number] += 1
        return snapshot(self, number)

    monkeypatch.setattr(SessionReader, "snapshot", counting)
    loaded = loading.load(path)
    assert set(read.values()) == {1}
    assert (loaded.overall is None) == (count < 2)
    assert loaded.heap.number == count
    if loaded.overall is not None:
        ends = (loaded.overall.from_number, loaded.overall.to_number)
        assert ends == (1, count)


def test_plain_snapshots_after_a_heap_do_not_hide_it(tmp_path) -> None:
    path = recorded(tmp_path, 2)
    writer = new_session(tmp_path, "plain.leak")
    writer.add_snapshot(snapshot_of(full_heap(), 1))
    writer.add_snapshot(snapshot_of(None, 2))
    writer.close()
    assert loading.load(writer.path).heap.number == 1
    assert loading.load(path).heap.number == 2


@pytest.mark.parametrize(
    ("column", "left_out"), [("taken_unix_s", [2]), ("paused_ms", []), ("gaps", [])]
)
def test_one_damaged_snapshot_spoils_no_judgement(
    tmp_path, capsys, column, left_out
) -> None:
    path = recorded(tmp_path, 4)
    spoil(path, f"UPDATE snapshot SET {column} = 'soon' WHERE number = 2")
    assert run(["judge", "--json", str(path)], lambda _: 99) != 2
    told = capsys.readouterr()
    assert json.loads(told.out)["findings"]
    assert ("Snapshot 2 is damaged" in told.err) == bool(left_out)
    numbers = [heading.number for heading in loading.load(path).headings]
    assert numbers == [one for one in range(1, 5) if one not in left_out]


def test_heaps_in_between_are_known_to_who_masks(tmp_path) -> None:
    loaded = loading.load(recorded(tmp_path, 3))
    assert len(loaded.judged_heaps) == 4
