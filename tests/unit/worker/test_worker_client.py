"""What the client does before and after there is a worker; see also tests/live."""

from __future__ import annotations

import os
import re
from contextlib import closing
from pathlib import Path

import pytest

from leakgui import __version__
from leakgui.errors import HelperFailed
from leakgui.worker import compiled_code
from leakgui.worker.client import WorkerClient, _explain
from leakgui.worker.compiled_code import VARIABLE, CompiledCode
from tests.unit.worker.parcels import Copied, received


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_compiled_code_is_kept_in_the_users_cache_by_version(cache):
    compiled = CompiledCode()
    folder = Path(compiled.environment()[VARIABLE])
    assert folder == cache / "leakgui" / f"numba-{__version__}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert compiled.environment()["PATH"] == os.environ["PATH"]
    compiled.close()
    assert folder.is_dir()


def test_where_the_user_says_otherwise_it_is_kept_there(monkeypatch, tmp_path, cache):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert CompiledCode().environment()[VARIABLE] == str(tmp_path)
    assert not cache.exists()


def test_without_such_a_place_it_is_kept_for_this_time(cache):
    cache.write_text("no folder")
    compiled = CompiledCode()
    folder = Path(compiled.environment()[VARIABLE])
    assert folder.is_dir()
    assert compiled.environment()[VARIABLE] == str(folder)
    compiled.close()
    compiled.close()
    assert not folder.exists()


def test_code_that_others_could_write_is_not_run(cache):
    folder = cache / "leakgui" / f"numba-{__version__}"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    compiled = CompiledCode()
    assert compiled.environment()[VARIABLE] != str(folder)
    compiled.close()


def test_the_engine_is_cold_until_a_heap_was_searched(cache, monkeypatch):
    compiled = CompiledCode()
    assert compiled.is_cold()
    compiled.note_compiled()
    assert not compiled.is_cold()
    assert not CompiledCode().is_cold()
    assert not WorkerClient().is_cold()
    monkeypatch.setattr(compiled_code, "fingerprint", lambda: "other sources")
    assert compiled.is_cold()


def test_what_is_kept_for_this_time_only_is_cold_the_next_time(cache):
    cache.write_text("no folder")
    with closing(CompiledCode()) as compiled:
        compiled.note_compiled()
        assert not compiled.is_cold()
    with closing(CompiledCode()) as compiled:
        assert compiled.is_cold()


def test_every_package_with_kernels_is_in_the_fingerprint():
    worker = Path(compiled_code.__file__).parent
    with_kernels = {
        str(source.parent.relative_to(worker))
        for source in worker.rglob("*.py")
        if re.search(r"^@(njit|kernel|part|maker)", source.read_text(), re.MULTILINE)
    }
    assert with_kernels <= set(compiled_code.SOURCES)


def test_closed_it_does_nothing_more():
    client = WorkerClient(("/nonexistent",))
    client.close()
    client.close()
    assert client.pid is None
    client.warm_up()
    client.forget()
    with Copied(received()) as copied, pytest.raises(HelperFailed):
        client.interpret(copied)


def test_a_worker_that_cannot_be_started_is_a_failure():
    with WorkerClient(("/nonexistent",)) as client:
        client.warm_up()
        with pytest.raises(HelperFailed, match="worker"):
            client.describe_block(5)


def test_what_killed_it_is_said_where_it_is_known():
    assert "memory" in _explain(-9)
    assert "SIGSEGV" in _explain(-11)
    assert _explain(-15) == ""
    assert _explain(0) == ""
