"""Only where Yama asks for it does a program declare us its tracer."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from leakgui.recording.consent import PR_SET_PTRACER, find_consent


@pytest.mark.parametrize("scope", ["0\n", "2\n", "3\n", None])
def test_nothing_is_declared_where_it_would_change_nothing(
    tmp_path: Path, scope: str | None
) -> None:
    file = tmp_path / "ptrace_scope"
    if scope is not None:
        file.write_text(scope)
    assert find_consent(str(file)) is None


def test_program_declares_this_process_where_only_descendants_may_be_traced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, ...]] = []

    class Libc:
        def prctl(self, option: int, *arguments: ctypes.c_ulong) -> int:
            asked.append((option, *(argument.value for argument in arguments)))
            return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Libc())
    file = tmp_path / "ptrace_scope"
    file.write_text("1\n")
    consent = find_consent(str(file))
    assert consent is not None
    assert not asked
    consent()
    assert asked == [(PR_SET_PTRACER, os.getpid(), 0, 0, 0)]
