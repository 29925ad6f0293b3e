"""Damaged, foreign, newer and hostile files are told apart, and never trusted."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leakgui.errors import BadUsage, LeakguiError, SessionUnreadable, WriteFailed
from leakgui.model.snapshot import GapReason
from leakgui.session.columns import PackedColumn, pack_column, unpack_column
from leakgui.session.opening import open_recording
from leakgui.session.reader import SessionReader
from leakgui.session.store import SessionWriter
from tests.unit.session.specimens import TARGET, a_snapshot, new_session


@pytest.fixture(autouse=True)
def _damage_is_expected(log_watch):
    log_watch.expect("is damaged")


def recorded(folder, seconds: int = 600):
    writer = new_session(folder)
    for second in range(seconds):
        writer.add_readings(second * 1000, {"rss_bytes": float(second), "handles": 2.0})
    writer.add_snapshot(a_snapshot())
    writer.close()
    return writer.path


def test_zero_bytes(tmp_path):
    (tmp_path / "a.leak").touch()
    with pytest.raises(SessionUnreadable, match="0 bytes"):
        open_recording(tmp_path / "a.leak")


def test_missing_and_folder(tmp_path):
    with pytest.raises(SessionUnreadable, match="cannot be read"):
        open_recording(tmp_path / "none.leak")
    with pytest.raises(SessionUnreadable, match="cannot be read"):
        open_recording(tmp_path)


def test_not_a_session(tmp_path):
    path = tmp_path / "a.leak"
    path.write_bytes(b"\x7fELF" + bytes(5000))
    with pytest.raises(SessionUnreadable):
        open_recording(path)
    with pytest.raises(SessionUnreadable, match="not a recording"):
        SessionReader(path)


def test_a_database_of_somebody_else(tmp_path, change):
    change(tmp_path / "firefox.sqlite", "CREATE TABLE places (url)")
    with pytest.raises(SessionUnreadable, match="not of leakgui"):
        open_recording(tmp_path / "firefox.sqlite")


def test_a_newer_major_names_both_versions(tmp_path, change):
    path = recorded(tmp_path, 3)
    change(path, "PRAGMA user_version = 2003")
    with pytest.raises(SessionUnreadable, match=r"format 2\.3.*1\.x") as caught:
        open_recording(path)
    assert "CSV" in caught.value.hint


def test_missing_tables(tmp_path, change):
    path = recorded(tmp_path, 3)
    change(path, "DROP TABLE sample")
    with pytest.raises(SessionUnreadable, match="sample missing"):
        open_recording(path)


def test_a_view_in_place_of_a_table_is_not_asked(tmp_path, change):
    path = recorded(tmp_path, 3)
    endless = (
        "CREATE VIEW sample AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1"
        " FROM c) SELECT x AS elapsed_ms, 1 AS metric, 1.0 AS value FROM c"
    )
    change(path, "DROP TABLE sample", endless)
    with pytest.raises(SessionUnreadable, match="sample missing"):
        open_recording(path)


def test_a_view_in_place_of_any_table_is_refused(tmp_path, change):
    path = recorded(tmp_path, 3)
    change(path, "DROP TABLE event", "CREATE VIEW Event AS SELECT 1 AS id")
    with pytest.raises(SessionUnreadable, match="event missing"):
        open_recording(path)


def test_a_trigger_is_never_set_off(tmp_path, change):
    path = recorded(tmp_path, 3)
    trap = "CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM sample; END"
    change(path, trap)
    assert len(open_recording(path).series["rss_bytes"]) == 3
    with pytest.raises(SessionUnreadable, match="not made by"):
        SessionWriter.append(path, TARGET)


def test_nonsense_in_cells_is_passed_over(tmp_path, change):
    path = recorded(tmp_path, 5)
    change(
        path,
        "INSERT INTO sample VALUES ('soon', 1, 2.0)",
        "INSERT INTO sample VALUES (7000, 1, 'much')",
        "INSERT INTO sample VALUES (8000, 1, x'00ff')",
        "INSERT INTO sample VALUES (9000, 1, 9e999)",
        "INSERT INTO sample VALUES (9223372036854775807, 1, 1.0)",
        "INSERT INTO sample VALUES (9500, 77, 1.0)",
        "INSERT INTO thinned VALUES (1, 1, 1, -5, -7, 1.0, 1.0, 'x')",
        "INSERT INTO event VALUES (90, 1, 'explosion', 'x', NULL)",
        "INSERT INTO event VALUES (91, x'80', 'note', x'ff', 'nine')",
        "INSERT INTO event VALUES (92, 9e999, 'note', 'x', NULL)",
        "INSERT INTO event VALUES (93, 9223372036854775807, 'note', 'x', NULL)",
        "INSERT INTO event VALUES (94, 1, 'note', 'x', 9e999)",
        "INSERT INTO gap VALUES (9e999, '[]', 9e999, 'x')",
        "INSERT INTO gap VALUES (1, '{', 2, 'x')",
        "INSERT INTO gap VALUES (2, '[[[1]]]', 3, 'x')",
        "UPDATE snapshot SET counters = '[1]', gaps = '{}', facts = 'null'",
    )
    found = open_recording(path)
    assert found.series["rss_bytes"].value.tolist() == [0, 1, 2, 3, 4]
    assert found.events == ()
    assert [gap.metrics for gap in found.gaps] == [("[[1]]",)]
    with SessionReader(path) as reader:
        assert reader.headings()[0].rss_bytes is None
        assert reader.snapshot(1).counters == {}


@pytest.mark.parametrize("number", ["1e999", "NaN", "9" * 400])
def test_a_counter_that_is_no_number_is_unknown(tmp_path, change, number):
    path = recorded(tmp_path, 3)
    counters = f'{{"rss_bytes": {number}, "handles": 3}}'
    change(path, f"UPDATE snapshot SET counters = '{counters}'")
    with SessionReader(path) as reader:
        assert reader.headings()[0].rss_bytes is None
        assert reader.snapshot(1).counters == {"handles": 3.0}


@pytest.mark.parametrize("column", ["elapsed_ms", "taken_unix_s"])
@pytest.mark.parametrize("value", ["9e999", "-9e999", "1e300"])
def test_a_snapshot_of_no_time_is_left_out(tmp_path, change, column, value):
    path = recorded(tmp_path, 3)
    change(path, f"UPDATE snapshot SET {column} = {value}")
    with SessionReader(path) as reader:
        assert reader.headings() == ()
        with pytest.raises(SessionUnreadable, match="Snapshot 1 is damaged"):
            reader.snapshot(1)


@pytest.mark.parametrize("column", ["pid", "start_ticks", "recording_started_unix_s"])
def test_a_recording_of_nobody_or_of_no_time_is_refused(tmp_path, change, column):
    path = recorded(tmp_path, 3)
    change(path, f"UPDATE target SET {column} = 9e999")
    with pytest.raises(SessionUnreadable, match="is damaged"):
        open_recording(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE snapshot_column SET rows = 20000000000 WHERE section = 'mappings'",
        "UPDATE snapshot_column SET rows = -1 WHERE section = 'mappings'",
        "UPDATE snapshot_column SET dtype = 'O' WHERE section = 'mappings'",
        "UPDATE snapshot_column SET dtype = '<f8' WHERE name = 'start'",
        "UPDATE snapshot_column SET data = x'00' WHERE section = 'mappings'",
        "UPDATE snapshot_column SET pool = x'00' WHERE name = 'path'",
        "UPDATE snapshot_column SET pool = NULL WHERE name = 'path'",
        "DELETE FROM snapshot_column WHERE name = 'start'",
        "DELETE FROM snapshot_column WHERE section = 'mappings' AND name = 'path'",
    ],
)
def test_a_damaged_column_is_a_gap_and_the_rest_is_there(tmp_path, change, statement):
    path = recorded(tmp_path, 3)
    change(path, statement)
    with SessionReader(path) as reader:
        snapshot = reader.snapshot(1)
    assert snapshot.mappings is None
    assert snapshot.handles is not None
    assert [g.reason for g in snapshot.gaps if g.where == "mappings"] == [
        GapReason.UNPARSABLE
    ]


def test_a_bomb_is_not_unpacked():
    bomb = zstandard.ZstdCompressor().compress(bytes(50_000_000))
    with pytest.raises(ValueError, match="more than 80 bytes"):
        unpack_column(PackedColumn("<u8", 10, bomb))
    pool = zstandard.ZstdCompressor().compress(json.dumps([1, 2]).encode())
    codes = pack_column(np.zeros(1, dtype=np.uint32)).data
    with pytest.raises(ValueError, match="no list of texts"):
        unpack_column(PackedColumn("text", 1, codes, pool))


def test_a_code_beyond_the_pool_is_refused():
    codes = pack_column(np.array([5], dtype=np.uint32)).data
    pool = zstandard.ZstdCompressor().compress(b'["a"]')
    with pytest.raises(ValueError, match="pool of 1"):
        unpack_column(PackedColumn("text", 1, codes, pool))


def test_a_truncated_file_gives_what_it_has(tmp_path):
    path = recorded(tmp_path, 20_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10 // 4096 * 4096])
    try:
        found = open_recording(path)
    except SessionUnreadable:
        return
    assert "malformed" in found.facts["damaged"]
    assert len(found.series["rss_bytes"]) > 0


def test_a_hole_in_the_middle_loses_only_the_hole(tmp_path):
    path = recorded(tmp_path, 3500)
    whole = bytearray(path.read_bytes())
    page = len(whole) // 2 // 4096 * 4096
    whole[page : page + 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    with SessionReader(path) as reader:
        found = reader.recording()
        assert reader.damage
    assert found.facts["damaged"]
    series = found.series["rss_bytes"]
    assert 0.5 * 3500 < len(series) < 3500
    assert series.elapsed_s[0] == 0.0
    assert series.elapsed_s[-1] == 3499.0
    assert (series.value == series.elapsed_s).all()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_random_damage_raises_nothing_but_what_is_known(tmp_path, data):
    good = tmp_path / "one.leak"
    if not good.exists():
        recorded(tmp_path, 300)
    spoiled = bytearray(good.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(spoiled)))
    path = tmp_path / "spoiled.leak"
    path.write_bytes(spoiled[:cut] if data.draw(st.booleans()) else spoiled)
    try:
        with SessionReader(path) as reader:
            reader.recording()
            for heading in reader.headings():
                reader.snapshot(heading.number)
            reader.closed_handles()
    except LeakguiError:
        pass


class FullDisk:
    """A connection whose disk is full for a while."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection, self.is_full = connection, True

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        if self.is_full and statement == "COMMIT":
            message = "database or disk is full"
            raise sqlite3.OperationalError(message)
        return self.connection.execute(statement, *values)

    def executemany(self, *values: object) -> sqlite3.Cursor:
        return self.connection.executemany(*values)

    def close(self) -> None:
        self.connection.close()


def test_a_full_disk_loses_nothing_that_was_or_will_be_written(tmp_path):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    writer.commit()
    disk = writer._connection = FullDisk(writer._connection)
    writer.add_readings(1000, {"rss_bytes": 2.0, "handles": 1.0})
    for _ in range(3):
        with pytest.raises(WriteFailed, match="disk is full") as caught:
            writer.commit()
    assert "memory" in caught.value.hint
    assert open_recording(writer.path).series["rss_bytes"].value.tolist() == [1.0]
    disk.is_full = False
    writer.add_readings(2000, {"rss_bytes": 3.0})
    writer.close()
    found = open_recording(writer.path)
    assert found.series["rss_bytes"].value.tolist() == [1.0, 2.0, 3.0]
    assert found.series["handles"].value.tolist() == [1.0]


def test_what_waits_is_bounded_and_the_loss_is_a_gap(tmp_path, monkeypatch):
    monkeypatch.setattr("leakgui.session.pending.MOST_READINGS", 10)
    writer = new_session(tmp_path)
    writer._pending.__init__()
    for second in range(25):
        writer.add_readings(second * 1000, {"rss_bytes": float(second)})
    writer.close()
    found = open_recording(writer.path)
    assert found.series["rss_bytes"].value.tolist() == [*range(15, 25)]
    assert (found.gaps[0].from_s, found.gaps[0].to_s) == (0.0, 15.0)


def test_a_removed_file_is_noticed(tmp_path):
    writer = new_session(tmp_path)
    writer.path.unlink()
    writer.add_readings(0, {"rss_bytes": 1.0})
    with pytest.raises(WriteFailed, match="removed"):
        writer.commit()
    with pytest.raises(WriteFailed, match="removed"):
        writer.close()


@pytest.mark.parametrize("value", ["'long'", "x'00'", "9e999", "-1", "1e300"])
@pytest.mark.parametrize("column", ["paused_ms", "cost_ms"])
def test_a_duration_that_cannot_be_is_unknown_and_spoils_nothing(
    tmp_path, change, column, value
):
    path = recorded(tmp_path, 3)
    change(path, f"UPDATE snapshot SET {column} = {value}")
    with SessionReader(path) as reader:
        assert len(reader.headings()) == 1
        snapshot = reader.snapshot(1)
    assert math.isnan(getattr(snapshot, column))
    assert snapshot.handles is not None


def several(folder, count: int = 5):
    writer = new_session(folder, "several.leak")
    for number in range(1, count + 1):
        # A note longer than a page has pages of its own, which can be spoilt alone.
        one = replace(a_snapshot(number, 2.0 * number), note=f"{number}" * 20_000)
        writer.add_snapshot(one)
    writer.close()
    return writer.path


def test_one_damaged_snapshot_is_passed_over_and_told(tmp_path, change):
    path = several(tmp_path)
    change(path, "UPDATE snapshot SET taken_unix_s = 'soon' WHERE number = 3")
    with SessionReader(path) as reader:
        assert [one.number for one in reader.headings()] == [1, 2, 4, 5]
        assert reader.damage == ("Snapshot 3 is damaged.",)
        assert reader.find_snapshot(3) is reader.find_snapshot(77) is None
        assert reader.find_snapshot(4).number == 4
        with pytest.raises(SessionUnreadable, match="Snapshot 3 is damaged"):
            reader.snapshot(3)


def test_what_follows_a_damaged_row_is_read(tmp_path):
    path = several(tmp_path)
    whole = bytearray(path.read_bytes())
    # The third note's chain of pages leads nowhere from its second page on.
    page = whole.index(b"3" * 4000) // 4096 * 4096
    whole[page : page + 4] = b"\xff" * 4
    path.write_bytes(whole)
    with SessionReader(path) as reader:
        assert [one.number for one in reader.headings()] == [1, 2, 4, 5]
        assert reader.damage
        with pytest.raises(SessionUnreadable, match="Snapshot 3 is damaged"):
            reader.snapshot(3)
        assert reader.find_snapshot(3) is None
        assert reader.snapshot(5).note.startswith("5")


def test_a_process_that_began_at_no_time_is_another_one(tmp_path, change):
    path = recorded(tmp_path, 3)
    change(path, "UPDATE target SET started_unix_s = 'soon'")
    with pytest.raises(BadUsage, match="not of this run"):
        SessionWriter.append(path, TARGET)


def test_tables_that_damage_took_are_said_to_be_damaged(tmp_path):
    path = several(tmp_path)
    whole = bytearray(path.read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'snapshot_column'"
        ).fetchone()
    whole[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    with SessionReader(path) as reader:
        snapshot = reader.snapshot(2)
    told = {gap.where: gap.reason for gap in snapshot.gaps}
    assert told["mappings"] is told["handles"] is GapReason.UNPARSABLE
    with pytest.raises(SessionUnreadable) as caught:
        SessionWriter.append(path, TARGET)
    assert "\n" not in caught.value.message
    assert "***" not in caught.value.message
