import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from leakgui.errors import WriteFailed
from leakgui.export.writing import write_bytes, write_parts, write_text

NOBODY = 65534


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "f"
    write_bytes(path, b"one")
    write_bytes(path, b"two")
    assert path.read_bytes() == b"two"
    assert names_in(tmp_path) == ["f"]


def test_keeps_the_rights_of_the_old_file_and_gives_usual_ones_to_a_new(tmp_path):
    path, new = tmp_path / "f", tmp_path / "g"
    path.touch()
    path.chmod(0o640)
    write_bytes(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        write_bytes(new, b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


def test_a_symbolic_link_keeps_pointing(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_folder_is_refused_by_name(tmp_path):
    with pytest.raises(WriteFailed, match="directory") as failure:
        write_bytes(tmp_path, b"x")
    assert str(tmp_path) in failure.value.message


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(WriteFailed, match="No such file") as failure:
        write_bytes(tmp_path / "none" / "f", b"x")
    assert "none" in failure.value.message


def test_a_pipe_is_written_to_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_bytes(pipe, b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_failure_half_way_leaves_the_old_file_and_nothing_beside(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def parts():
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteFailed, match="No space left"):
        write_parts(path, parts())
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["f"]


def test_a_bug_half_way_leaves_the_old_file_too(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def parts():
        yield b"half"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_parts(path, parts())
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["f"]


LIMITED = """
import sys
from pathlib import Path
from leakgui.errors import WriteFailed
from leakgui.export.writing import write_bytes
try:
    write_bytes(Path(sys.argv[1]), b"x" * 100_000)
except WriteFailed as failure:
    print(failure.message)
"""


def test_a_full_disk_is_told_and_loses_nothing(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        check=True,
    )
    assert str(path) in done.stdout
    assert "File too large" in done.stdout
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["f"]


@pytest.fixture
def read_only_folder():
    """A folder that this process may not write to, root or not."""
    folder = Path(tempfile.mkdtemp())
    (folder / "f").write_bytes(b"old")
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_told(read_only_folder):
    path = read_only_folder / "f"
    with pytest.raises(WriteFailed, match="Permission denied") as failure:
        write_bytes(path, b"new")
    assert str(path) in failure.value.message
    assert path.read_bytes() == b"old"
    assert names_in(read_only_folder) == ["f"]


def test_a_refusing_system_is_told(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("leakgui.export.writing.os.replace", refuse)
    with pytest.raises(WriteFailed, match="Permission denied"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["f"]


def test_text_that_is_not_unicode_is_written_all_the_same(tmp_path):
    write_text(tmp_path / "f", "a\udcffb")
    assert (tmp_path / "f").read_text(encoding="utf-8") == "a?b"
