"""What is written is what is read."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from leakgui.errors import BadUsage, SessionUnreadable, WriteFailed
from leakgui.model.columns import Columns
from leakgui.model.process import ProcessKey
from leakgui.model.recording import Event, EventKind, TimeGap
from leakgui.model.snapshot import Snapshot
from leakgui.model.text_column import TextColumn
from leakgui.session.opening import is_session, open_recording
from leakgui.session.reader import SessionReader
from leakgui.session.rows import ClosedHandle
from leakgui.session.store import SessionWriter, rename_snapshot
from tests.unit.session.specimens import (
    STARTED,
    TARGET,
    a_snapshot,
    new_session,
    some_threads,
)

_LOCKS = Path("/proc/locks")


def assert_same_table(one: Columns | None, other: Columns | None) -> None:
    assert (one is None) == (other is None)
    if one is None:
        return
    for entry in fields(one):
        a, b = getattr(one, entry.name), getattr(other, entry.name)
        if isinstance(a, TextColumn):
            assert a.as_list() == b.as_list()
        elif a is None:
            assert b is None
        else:
            np.testing.assert_array_equal(a, b)
            assert a.dtype == b.dtype


def assert_same_snapshot(one: Snapshot, other: Snapshot) -> None:
    for section in ("mappings", "handles", "threads"):
        assert_same_table(getattr(one, section), getattr(other, section))
    for entry in fields(Snapshot):
        if entry.name not in ("mappings", "handles", "threads"):
            assert getattr(one, entry.name) == getattr(other, entry.name)


def test_readings_events_gaps_and_facts(tmp_path):
    writer = new_session(tmp_path)
    for index in range(100):
        writer.add_readings(index * 100, {"rss_bytes": 4096.0 * index, "handles": 3.0})
    writer.add_readings(10_050, {"pss_bytes": 0.5})
    events = (
        Event(kind=EventKind.STARTED, elapsed_s=0.0, text="a\x00b \udc80"),
        Event(kind=EventKind.STEP, elapsed_s=1.5, number=1),
    )
    for event in events:
        writer.add_event(event)
    gap = TimeGap(from_s=1.0, to_s=2.0, metrics=("pss_bytes",), cause="denied")
    writer.add_gap(replace(gap, to_s=1.2))
    writer.add_gap(gap)
    writer.set_fact("exit_code", "1")
    writer.set_fact("exit_code", "2")
    writer.close()

    found = open_recording(writer.path)
    assert found.target == TARGET
    assert found.started_unix_s == STARTED
    assert found.series["rss_bytes"].value.tolist() == [4096.0 * i for i in range(100)]
    assert found.series["rss_bytes"].elapsed_s.tolist() == [i / 10 for i in range(100)]
    assert found.series["pss_bytes"].elapsed_s.tolist() == [10.05]
    assert found.events[0].text == "a\x00b \\udc80"
    assert found.events[1] == events[1]
    assert found.gaps == (gap,)
    assert found.facts == {"system": "test", "exit_code": "2"}


def test_a_closed_session_is_one_file(tmp_path):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    writer.commit()
    assert (tmp_path / "one.leak-wal").exists()
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["one.leak"]
    assert writer.path.read_bytes()[18:20] == b"\x01\x01"  # no longer write-ahead


def test_a_snapshot_comes_back_whole(tmp_path):
    writer = new_session(tmp_path)
    first, second = a_snapshot(1), replace(a_snapshot(2, 9.0), threads=some_threads(5))
    writer.add_snapshot(first)
    writer.add_snapshot(second)
    writer.close()
    with SessionReader(writer.path) as reader:
        assert_same_snapshot(reader.snapshot(1), first)
        assert_same_snapshot(reader.snapshot(2), second)
        heading = reader.headings()[1]
        assert (heading.number, heading.name, heading.elapsed_s) == (2, "nr 2", 9.0)
        assert (heading.rss_bytes, heading.handles, heading.threads) == (8192, 3, None)
        with pytest.raises(BadUsage, match="no snapshot 7") as caught:
            reader.snapshot(7)
        assert "1, 2" in caught.value.hint


def test_a_snapshot_can_be_renamed_later(tmp_path):
    writer = new_session(tmp_path)
    writer.add_snapshot(a_snapshot())
    writer.close()
    rename_snapshot(writer.path, 1, "before the upload")
    with SessionReader(writer.path) as reader:
        assert reader.headings()[0].name == "before the upload"
        assert reader.snapshot(1).name == "before the upload"


def test_only_the_newest_closed_handles_and_gaps_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("leakgui.session.store.MOST_KEPT", 20)
    writer = new_session(tmp_path)
    for index in range(60):
        writer.add_closed_handles([ClosedHandle("file", f"/{index}", 0.5, 1.0)])
        writer.add_gap(TimeGap(from_s=index, to_s=index + 1, metrics=(), cause="late"))
        writer.commit()
    writer.close()
    with SessionReader(writer.path) as reader:
        assert len(reader.closed_handles()) == 20
        assert reader.closed_handles()[-1].target == "/59"
        assert [gap.from_s for gap in reader.recording().gaps][-20:] == [*range(40, 60)]


def test_closed_handles(tmp_path):
    writer = new_session(tmp_path)
    rows = [ClosedHandle("file", f"/{i}", 0.5, 1.0) for i in range(50)]
    writer.add_closed_handles(rows)
    writer.commit()
    writer.close()
    with SessionReader(writer.path) as reader:
        assert reader.closed_handles() == tuple(rows)


def test_appending_goes_on_where_it_ended(tmp_path):
    writer = new_session(tmp_path)
    writer.add_readings(5000, {"rss_bytes": 1.0})
    writer.add_snapshot(a_snapshot(3))
    writer.close()
    again = SessionWriter.append(writer.path, TARGET)
    assert again.last_elapsed_ms == 5000
    assert again.started_unix_s == STARTED
    assert again.last_snapshot_number == 3
    again.add_readings(6000, {"rss_bytes": 2.0, "handles": 9.0})
    again.close()
    found = open_recording(writer.path)
    assert found.series["rss_bytes"].value.tolist() == [1.0, 2.0]
    assert found.series["handles"].value.tolist() == [9.0]


@pytest.mark.parametrize(
    "other",
    [
        replace(TARGET, key=ProcessKey(4242, 778)),
        replace(TARGET, key=ProcessKey(4243, 777)),
        replace(TARGET, name="client"),
        replace(TARGET, started_unix_s=TARGET.started_unix_s + 86_400),
    ],
)
def test_another_process_is_refused(tmp_path, other):
    writer = new_session(tmp_path)
    writer.close()
    before = writer.path.read_bytes()
    with pytest.raises(BadUsage, match="recording of server") as caught:
        SessionWriter.append(writer.path, other)
    assert "another file" in caught.value.hint
    assert open_recording(writer.path).target == TARGET
    assert len(before) == writer.path.stat().st_size


def test_a_file_being_recorded_has_one_writer(tmp_path):
    writer = new_session(tmp_path)
    with pytest.raises(BadUsage, match="being recorded"):
        SessionWriter.append(writer.path, TARGET)
    writer.close()
    SessionWriter.append(writer.path, TARGET).close()


def test_an_existing_file_is_never_overwritten(tmp_path):
    (tmp_path / "one.leak").write_text("my thesis")
    with pytest.raises(WriteFailed, match="exists already"):
        new_session(tmp_path)
    assert (tmp_path / "one.leak").read_text() == "my thesis"


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(WriteFailed, match="cannot be made") as caught:
        new_session(tmp_path / "nowhere")
    assert "folder" in caught.value.hint


def test_it_can_be_read_while_it_is_written(tmp_path):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    writer.commit()
    with SessionReader(writer.path) as reader:
        assert len(reader.recording().series["rss_bytes"]) == 1
        writer.add_readings(1000, {"rss_bytes": 2.0})
        writer.commit()
        assert len(reader.recording().series["rss_bytes"]) == 2
        writer.close()  # beside a reader
    assert len(open_recording(writer.path).series["rss_bytes"]) == 2


@pytest.mark.skipif(not _LOCKS.exists(), reason="only Linux tells who locks what")
def test_reading_or_refusing_our_own_file_leaves_sqlite_its_locks(tmp_path):
    writer = new_session(tmp_path)
    before = locks_of(writer.path)
    assert any("POSIX" in lock for lock in before)
    with SessionReader(writer.path):
        pass
    is_session(writer.path)
    with pytest.raises(BadUsage, match="recorded now"):
        SessionWriter.append(writer.path, TARGET)
    assert locks_of(writer.path) == before
    writer.close()
    assert not locks_of(writer.path)


def locks_of(path):
    """Return the locks on a file, the kernel's running number left away."""
    mark = f":{path.stat().st_ino} "
    lines = _LOCKS.read_text(encoding="ascii").splitlines()
    return sorted(line.partition(":")[2] for line in lines if mark in line)


def test_a_newer_minor_is_read_but_not_continued(tmp_path, change):
    writer = new_session(tmp_path)
    writer.add_readings(0, {"rss_bytes": 1.0})
    writer.close()
    change(writer.path, "CREATE TABLE extra (x)", "PRAGMA user_version = 1007")
    assert open_recording(writer.path).series["rss_bytes"].value.tolist() == [1.0]
    with pytest.raises(SessionUnreadable, match="this version"):
        SessionWriter.append(writer.path, TARGET)


def test_kinds_are_told_by_content(tmp_path):
    writer = new_session(tmp_path, "table.csv")
    writer.close()
    (tmp_path / "real.leak").write_text("elapsed_s,rss_bytes\n0,1\n")
    assert is_session(tmp_path / "table.csv")
    assert not is_session(tmp_path / "real.leak")
    assert open_recording(tmp_path / "real.leak").series["rss_bytes"].value[0] == 1.0
