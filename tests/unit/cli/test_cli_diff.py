"""What ``leakgui diff`` says of two snapshots and of what they lack."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from leakgui.cli.main import run
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from tests.unit.heaps import full_heap, heap, snapshot_of
from tests.unit.session.specimens import new_session

SECOND_LOOK = Gap(
    where="heap.second look", reason=GapReason.VANISHED, detail="It ended."
)


def recorded(folder: Path, *snapshots: Snapshot) -> Path:
    writer = new_session(folder, "two.leak")
    for snapshot in snapshots:
        writer.add_snapshot(snapshot)
    writer.close()
    return writer.path


@pytest.fixture
def compared(tmp_path: Path) -> Path:
    small = replace(full_heap(), groups=heap(groups=[]).groups)
    last = replace(snapshot_of(full_heap(), 2), gaps=(SECOND_LOOK,))
    return recorded(tmp_path, snapshot_of(small, 1), last)


def diff(*words: object) -> int:
    return run(["diff", *map(str, words)], lambda _: 99)


def test_what_was_compared_is_not_called_left_out(compared, capsys) -> None:
    assert diff(compared) == 0
    told = capsys.readouterr()
    assert "heap, second look: It ended." in told.err
    assert "heap, second look: not compared" not in told.err
    assert "mappings: not compared, " in told.err
    assert "class Node" in told.out
    assert "size 8.0" not in told.out


def test_a_heap_that_was_refused_was_not_compared(tmp_path, capsys) -> None:
    refused = Gap(where="heap", reason=GapReason.DENIED, detail="Yama.")
    plain = replace(snapshot_of(None, 2), gaps=(refused,))
    assert diff(recorded(tmp_path, snapshot_of(full_heap(), 1), plain)) == 0
    assert "heap: not compared, Yama." in capsys.readouterr().err


def test_masked_means_all_that_is_printed(compared, tmp_path, capsys) -> None:
    table = tmp_path / "d.csv"
    assert diff(compared, "--mask", "--json", "--csv", table) == 0
    printed = capsys.readouterr().out
    assert diff(compared, "--mask") == 0
    for text in (printed, table.read_text("utf-8"), capsys.readouterr().out):
        assert "class-" in text
        for private in ("Node", "secret", "alice"):
            assert private not in text
    plain = json.loads(printed)
    keys = [row["key"] for row in plain["heap_by_type"] if row["kind"] == "class"]
    assert keys[0] in table.read_text("utf-8")
