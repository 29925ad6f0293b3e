"""Nothing is looked at where the result cannot be kept, and nothing is left behind."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from leakgui.cli import looking
from leakgui.cli.main import run
from leakgui.errors import ProcessGone
from leakgui.probe.platform import current
from leakgui.session.reader import SessionReader
from leakgui.session.store import SessionWriter
from tests.unit.heaps import full_heap, snapshot_of
from tests.unit.session.specimens import new_session


@pytest.fixture
def looks(monkeypatch) -> list[object]:
    """Looks that were taken, of a process that is not looked into."""
    taken: list[object] = []

    def look_at(key, wish, *, elevate):
        taken.append(key)
        return replace(snapshot_of(full_heap()), taken_unix_s=2e9)

    monkeypatch.setattr(looking, "look_at", look_at)
    return taken


def own_session(path: Path) -> SessionWriter:
    reader = current().open_reader(current().find_key(os.getpid()))
    try:
        return SessionWriter.create(path, reader.describe(), 1.7e9)
    finally:
        reader.close()


def snapshot(path: Path) -> int:
    return run(["snapshot", str(os.getpid()), "-o", str(path), "--heap"], lambda _: 99)


def of_another_process(folder: Path) -> Path:
    writer = new_session(folder)
    writer.close()
    return writer.path


def damaged(folder: Path) -> Path:
    path = of_another_process(folder)
    path.write_bytes(path.read_bytes()[:2000])
    return path


def no_recording(folder: Path) -> Path:
    path = folder / "notes.leak"
    path.write_text("nothing of ours")
    return path


def in_no_folder(folder: Path) -> Path:
    return folder / "none" / "a.leak"


def a_folder(folder: Path) -> Path:
    return folder


@pytest.mark.parametrize(
    "make", [of_another_process, damaged, no_recording, in_no_folder, a_folder]
)
def test_what_cannot_be_kept_is_not_looked_at(tmp_path, looks, capsys, make) -> None:
    path = make(tmp_path)
    before = path.read_bytes() if path.is_file() else None
    assert snapshot(path) == 2
    assert looks == []
    assert capsys.readouterr().err.startswith("leakgui: ")
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_file_that_is_being_recorded_is_told_before(tmp_path, looks, capsys) -> None:
    writer = own_session(tmp_path / "a.leak")
    try:
        assert snapshot(writer.path) == 2
    finally:
        writer.close()
    assert looks == []
    assert "is being recorded now" in capsys.readouterr().err


def test_a_refused_look_leaves_no_file(tmp_path, monkeypatch) -> None:
    def look_at(key, wish, *, elevate):
        assert not (tmp_path / "a.leak").exists()
        raise ProcessGone("It ended.")

    monkeypatch.setattr(looking, "look_at", look_at)
    assert snapshot(tmp_path / "a.leak") == 2
    assert list(tmp_path.iterdir()) == []


def test_looks_add_up_in_a_new_file_and_in_one_that_was_made_meanwhile(
    tmp_path, looks, monkeypatch
) -> None:
    path = tmp_path / "a.leak"
    make = looking.look_at

    def look_at(key, wish, *, elevate):
        if not path.exists():
            own_session(path).close()
        return make(key, wish, elevate=elevate)

    monkeypatch.setattr(looking, "look_at", look_at)
    assert snapshot(path) == 0
    assert snapshot(path) == 0
    with SessionReader(path) as reader:
        found = reader.headings()
    assert [one.number for one in found] == [1, 2]
    assert found[0].elapsed_s < found[1].elapsed_s


def test_a_full_disk_says_that_the_snapshot_is_lost(
    tmp_path, looks, monkeypatch, capsys
) -> None:
    def cannot(self, work) -> None:
        raise looking_failed

    from leakgui.session.store import write_failed

    looking_failed = write_failed(tmp_path / "a.leak", OSError("disk is full"))
    monkeypatch.setattr(SessionWriter, "add_snapshot", cannot)
    assert snapshot(tmp_path / "a.leak") == 2
    assert "the snapshot is lost" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_may_not_be_written_is_said_in_plain_words(
    tmp_path, looks, monkeypatch, capsys
) -> None:
    own_session(tmp_path / "a.leak").close()

    def refuse(self, path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("leakgui.session.owning.Ownership.__init__", refuse)
    assert snapshot(tmp_path / "a.leak") == 2
    told = capsys.readouterr().err
    assert "cannot be written: Permission denied" in told
    assert "Errno" not in told
    assert looks == []
