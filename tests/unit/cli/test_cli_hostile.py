"""A recording from a stranger: it is not overwritten, and writes no escapes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from leakgui.cli.keeping import Keeping
from leakgui.cli.main import run
from leakgui.errors import SessionUnreadable
from leakgui.model.process import ProcessKey, Target
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.session.reader import SessionReader

TARGET = Target(
    key=ProcessKey(7, 9), name="a", command="a", user="root", started_unix_s=1e9
)


def snapshot_at(taken_unix_s: float) -> Snapshot:
    gaps = (Gap(where="hand\x1b[2Jles", reason=GapReason.DENIED, detail="\x1b[0m"),)
    return Snapshot(
        number=0, name="", elapsed_s=0.0, taken_unix_s=taken_unix_s,
        counters={"rss_bytes": 4096.0}, mappings=None, handles=None, threads=None,
        gaps=gaps,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.leak"
    for taken_unix_s in (1.5e9, 1.5e9 + 2.5):
        with Keeping(path, TARGET, {}) as kept:
            kept.keep(snapshot_at(taken_unix_s))
    return path


def leakgui(*words: object) -> int:
    return run([str(word) for word in words], open_window=lambda _: 99)


def test_snapshots_lie_where_they_were_taken(file) -> None:
    with SessionReader(file) as reader:
        first, second = reader.headings()
        assert (first.elapsed_s, second.elapsed_s) == (0.0, 2.5)
        assert reader.recording().started_unix_s == 1.5e9


@pytest.mark.parametrize("words", [("export", "--csv"), ("diff", "--csv")])
def test_a_recording_is_not_replaced_by_what_is_made_of_it(file, words, capsys) -> None:
    command, option = words
    before = file.read_bytes()
    assert leakgui(command, file, option, file) == 2
    assert "is the recording itself" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert leakgui(command, file, option, file.with_name("b.csv")) == 0


def test_words_of_a_recording_do_not_steer_the_terminal(file, capsys) -> None:
    assert leakgui("diff", file) == 0
    assert "\x1b" not in "".join(capsys.readouterr())


def test_words_of_a_damaged_schema_do_not_steer_the_terminal(file, capsys) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_schema SET sql = 'x', name = 'a\x1b[2J'")
    connection.commit()
    connection.close()
    with pytest.raises(SessionUnreadable, match="x1b"):
        SessionReader(file)
    assert leakgui("diff", file) == 2
    printed = capsys.readouterr()
    assert "\x1b" not in printed.err
    assert printed.out == ""
