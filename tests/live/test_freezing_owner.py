"""Whoever has rights looks only at what is wholly the user's who asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakgui.errors import AccessDenied, ProcessGone
from leakgui.probe.freezing import INJECT, PAUSE, collecting, copy_heap, freezer
from leakgui.probe.ownership import Owner, check_owner
from leakgui.probe.platform import current
from tests.live.as_nobody import AS_NOBODY, GROUP_OF_ANOTHER, NOBODY, compile_linger
from tests.live.freezing_programs import Program, read_status

pytestmark = [
    pytest.mark.live,
    pytest.mark.needs_tool("gcc", "setpriv"),
    pytest.mark.skipif(
        current().name != "linux" or os.geteuid() != 0, reason="becomes another user"
    ),
]
WHO = Owner(NOBODY, NOBODY)


@pytest.fixture(scope="module")
def linger() -> Iterator[Path]:
    # Not pytest's folder: nobody may not go there.
    with tempfile.TemporaryDirectory() as folder:
        yield compile_linger(Path(folder))


@pytest.fixture
def privileged(linger) -> Path:
    """A program with the rights of another group, as chage(1) of Debian."""
    program = linger.with_name("privileged")
    shutil.copy(linger, program)
    os.chown(program, 0, GROUP_OF_ANOTHER)
    program.chmod(0o2755)
    return program


def run(*command: str | Path) -> Program:
    return Program(*command, prefix=AS_NOBODY)


def test_an_ordinary_program_of_the_users_own_is_copied(linger):
    with run(linger) as program:
        check_owner(program.pid, WHO)
        for level in (PAUSE, INJECT):
            with copy_heap(program.key, level, owner=WHO) as copy:
                assert (copy.level, copy.copied_bytes > 0) == (level, True)


@pytest.mark.parametrize("owner", [Owner(NOBODY - 1, NOBODY), Owner(0, 0)])
def test_one_of_another_user_is_not(linger, owner):
    with run(linger) as program, pytest.raises(AccessDenied, match="is not one of"):
        check_owner(program.pid, owner)


@pytest.mark.parametrize("arguments", [(), ("drop",), ("drop", "dumpable")])
def test_a_program_with_the_rights_of_another_group_is_not(privileged, arguments):
    """Even where nothing is left of them but what it has read."""
    with run(privileged, *arguments) as program:
        if arguments:
            assert set(read_status(program.pid, "Gid").split()) == {str(NOBODY)}
        with pytest.raises(AccessDenied, match=r"its (own )?user"):
            check_owner(program.pid, WHO)


def test_nor_one_whose_file_has_capabilities(linger, needs_tool):
    needs_tool("setcap")
    program = linger.with_name("capable")
    shutil.copy(linger, program)
    program.chmod(0o755)
    subprocess.run(["setcap", "cap_dac_read_search=ep", str(program)], check=True)
    prefix = AS_NOBODY[:4]
    with (
        Program(program, "dumpable", prefix=prefix) as target,
        pytest.raises(AccessDenied, match="rights that its user lacks"),
    ):
        check_owner(target.pid, WHO)


def test_nor_one_that_protects_itself_against_its_own_user(linger):
    with (
        run(linger, "protected") as program,
        pytest.raises(AccessDenied, match="protects itself"),
    ):
        check_owner(program.pid, WHO)


def test_nor_one_with_a_single_thread_of_another_user(tmp_path):
    code = (
        "import ctypes, threading\n"
        "ready, libc = threading.Event(), ctypes.CDLL(None)\n"
        "libc.prctl(4, 1)\n"
        "other = threading.Thread(target=threading.Event().wait, daemon=True)\n"
        "other.start()\n"
        # Not the C library's, which changes all threads.
        f"libc.syscall(119, {NOBODY}, {NOBODY}, {NOBODY})\n"
        f"libc.syscall(117, {NOBODY}, {NOBODY}, {NOBODY})\n"
        "libc.prctl(4, 1)\n"
        "print('{}', flush=True)\n"
        "input()"
    )
    with Program("/usr/bin/python3", "-I", "-c", code) as program:
        assert set(read_status(program.pid, "Uid").split()) == {str(NOBODY)}
        with pytest.raises(AccessDenied, match="is not one of"):
            check_owner(program.pid, WHO)


def test_a_process_that_ended_is_gone():
    with pytest.raises(ProcessGone):
        check_owner(2**22 + 1, WHO)


def never_read(tids: list[int]) -> object:
    raise AssertionError(tids)


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_program_that_gets_rights_shortly_before_the_stop_is_let_go(
    linger, privileged, monkeypatch, level
):
    prepare = freezer.Freezer._prepare
    with run(linger) as program:

        def prepare_and_let_it_begin(self: freezer.Freezer) -> object:
            planned = prepare(self)
            program._process.stdin.write(f"{privileged}\n".encode())
            program._process.stdin.flush()
            assert program._read() == {}  # it began, and has dropped its rights
            return planned

        monkeypatch.setattr(freezer.Freezer, "_prepare", prepare_and_let_it_begin)
        monkeypatch.setattr(freezer, "_read_threads", never_read)
        with pytest.raises(AccessDenied, match="rights that its user lacks"):
            copy_heap(program.key, level, owner=WHO)
        assert read_status(program.pid, "TracerPid") == "0"
        assert program.end() == 0


@pytest.mark.parametrize("level", [PAUSE, INJECT])
def test_a_number_that_became_anothers_shortly_before_the_stop(
    linger, monkeypatch, level
):
    prepare = freezer.Freezer._prepare

    def prepare_and_reuse(self: freezer.Freezer) -> object:
        planned = prepare(self)
        key = self._order.key
        self._order = self._order._replace(key=key._replace(start_ticks=1))
        return planned

    monkeypatch.setattr(freezer.Freezer, "_prepare", prepare_and_reuse)
    monkeypatch.setattr(freezer, "_read_threads", never_read)
    with run(linger) as program:
        with pytest.raises(ProcessGone, match="has ended"):
            copy_heap(program.key, level)
        assert read_status(program.pid, "TracerPid") == "0"
        assert program.end() == 0


def test_nothing_is_called_in_what_it_became_while_its_fork_was_copied(
    linger, privileged, monkeypatch
):
    """The copy is of what it was, and good; only its fork stays as a zombie."""
    collect = collecting.Collector._collect_now
    with run(linger) as program:

        def begin_and_collect(self: collecting.Collector, fork: object) -> bool:
            program._process.stdin.write(f"{privileged}\n".encode())
            program._process.stdin.flush()
            assert program._read() == {}
            return collect(self, fork)

        def never_call(*_: object) -> bool:
            raise AssertionError

        monkeypatch.setattr(collecting.Collector, "_collect_now", begin_and_collect)
        monkeypatch.setattr(collecting, "collect_fork", never_call)
        with copy_heap(program.key, INJECT, owner=WHO) as copy:
            assert copy.level == INJECT
            assert any("zombie" in note for note in copy.notes)
        assert program.end() == 0
