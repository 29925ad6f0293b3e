"""What a process allows: the row of the list and the reasons of each refusal."""

from __future__ import annotations

import errno
import os

import pytest

from leakgui.errors import AccessDenied, ProcessGone, Unsupported
from leakgui.model.process import Access, ProcessKey
from leakgui.probe.capabilities import (
    QUESTIONS,
    Circumstances,
    explain_permission,
    explain_refusal,
    parse_rights,
)
from leakgui.probe.discovery import judge_access
from leakgui.probe.edge import explain, gone_error, translate
from leakgui.probe.identity import Identity
from leakgui.probe.process_stat import PF_EXITING, PF_KTHREAD, Stat

KEY = ProcessKey(7, 99)
REFUSED = PermissionError(errno.EACCES, "Permission denied")
BY_KEY = {question.key: question for question in QUESTIONS}


def stat(**changes: object) -> Stat:
    return Stat(7, "x", "S", 1, 0, 0, 1, 99, 0, 0, 0x5000)._replace(**changes)


def person(user_id: int) -> Identity:
    return Identity("x", "x", "somebody", user_id, "")


@pytest.mark.parametrize(
    ("line", "user_id", "access", "word"),
    [
        (stat(), 1000, Access.FULL, ""),
        (stat(), 0, Access.FULL, ""),
        (stat(start_code=1), 0, Access.COUNTS_ONLY, "belongs to somebody"),
        (stat(start_code=1), 1000, Access.COUNTS_ONLY, "protected"),
        (stat(flags=PF_KTHREAD, start_code=0), 0, Access.NOT_ALLOWED, "kernel thread"),
        (stat(state="Z", start_code=0), 1000, Access.NOT_ALLOWED, "already ended"),
        (stat(state="Z", threads=4), 1000, Access.COUNTS_ONLY, "first thread"),
        (stat(flags=PF_EXITING), 1000, Access.NOT_ALLOWED, "already ended"),
    ],
)
def test_access_of_the_list(line, user_id, access, word):
    found, reason = judge_access(line, person(user_id), my_id=1000)
    assert found is access
    assert word in reason
    assert bool(reason) == (access is not Access.FULL)


def around(**changes: object) -> Circumstances:
    plain = Circumstances(7, stat(), 1000, 1000, can_trace=False, yama_scope=0)
    return plain._replace(**changes)


@pytest.mark.parametrize(
    ("key", "circumstances", "word", "command"),
    [
        ("maps", around(user_id=0), "root, not to you", "sudo leakgui record 7"),
        ("mem", around(yama_scope=1), "ptrace_scope is 1", "sudo sysctl"),
        ("mem", around(yama_scope=2), "ptrace_scope is 2", "sudo leakgui record 7"),
        ("mem", around(yama_scope=3), "ptrace_scope is 3", ""),
        ("maps", around(yama_scope=1), "not dumpable", "sudo leakgui record 7"),
        ("mem", around(yama_scope=1, stat=stat(start_code=1)), "not dumpable", "sudo"),
        ("maps", around(my_id=0, user_id=0), "without CAP_SYS_PTRACE", "--cap-add"),
        ("maps", around(my_id=0, can_trace=True), "even against root", ""),
        ("maps", around(stat=stat(flags=PF_KTHREAD)), "kernel thread", ""),
        ("maps", around(stat=stat(state="Z", threads=2)), "first thread", ""),
    ],
)
def test_each_refusal_has_its_reason_and_command(key, circumstances, word, command):
    question = BY_KEY[{"maps": "mappings", "mem": "memory"}[key]]
    reason, found = explain_refusal(question, REFUSED, circumstances)
    assert word in reason
    assert found.startswith(command) or command in found
    assert bool(found) == bool(command)


def test_a_file_that_the_kernel_lacks_is_no_question_of_rights():
    missing = FileNotFoundError(errno.ENOENT, "No such file or directory")
    reason, command = explain_refusal(BY_KEY["shares"], missing, around())
    assert "kernel" in reason
    assert command == ""


def test_permission_has_a_reason_too():
    assert "yours" in explain_permission(around())
    assert "CAP_SYS_PTRACE" in explain_permission(around(user_id=0, can_trace=True))
    assert "Everybody" in explain_permission(around(user_id=0))


def test_rights_are_bits():
    assert parse_rights(b"CapEff:\t0000000000080000\n") == 1 << 19
    assert parse_rights(b"") == 0


def alive(key: ProcessKey) -> None:
    """The process runs."""


def gone(key: ProcessKey) -> None:
    raise gone_error(key.pid)


def hidden(key: ProcessKey) -> None:
    raise PermissionError(errno.EPERM, "hidden")


@pytest.mark.parametrize(
    ("error", "ask", "kind"),
    [
        (REFUSED, alive, AccessDenied),
        (REFUSED, hidden, AccessDenied),
        (REFUSED, gone, ProcessGone),
        (ProcessLookupError(errno.ESRCH, "No such process"), gone, ProcessGone),
        (ProcessLookupError(errno.ESRCH, "No such process"), alive, Unsupported),
        (OSError(errno.EIO, "Input/output error"), alive, Unsupported),
    ],
)
def test_an_error_is_explained_after_asking_again(error, ask, kind):
    assert type(explain(error, KEY, (OSError,), ask)) is kind


@pytest.mark.parametrize(("my_id", "has_sudo"), [(0, False), (1000, True)])
def test_root_is_not_told_to_become_root(monkeypatch, my_id, has_sudo):
    monkeypatch.setattr(os, "geteuid", lambda: my_id)
    hint = explain(REFUSED, KEY, (OSError,), alive).hint
    assert ("sudo leakgui record 7" in hint) == has_sudo
    assert "leakgui doctor 7" in hint


def test_the_edge_lets_through_what_is_no_error_of_the_system():
    class Subject:
        key = KEY

        @translate((OSError,), alive)
        def fail(self, error: Exception) -> None:
            raise error

        @translate((OSError,), alive)
        def answer(self, *, number: int) -> int:
            return number

    assert Subject().answer(number=3) == 3
    with pytest.raises(AccessDenied) as caught:
        Subject().fail(REFUSED)
    assert "7" in caught.value.hint
    with pytest.raises(ZeroDivisionError):
        Subject().fail(ZeroDivisionError())
