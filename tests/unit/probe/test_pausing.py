"""The row that says whether a heap may be copied."""

from __future__ import annotations

import pytest

from leakgui.errors import AccessDenied, ProcessGone, Unsupported
from leakgui.model.process import ProcessKey
from leakgui.probe.face import Capability
from leakgui.probe.freezing import pausing
from leakgui.probe.freezing.pausing import find_pause_capability

KEY = ProcessKey(1, 1)
ALLOWED = Capability(key="memory", label="m", is_allowed=True, reason="It is yours.")
REFUSED = Capability(
    key="memory", label="m", is_allowed=False, reason="No.", command="sudo x"
)


def ask(memory: Capability, error: Exception | None, monkeypatch) -> Capability:
    def refuse(key: ProcessKey) -> None:
        if error is not None:
            raise error

    monkeypatch.setattr(pausing, "refuse_unfit", refuse)
    return find_pause_capability(KEY, memory)


def test_what_may_be_stopped(monkeypatch):
    row = ask(ALLOWED, None, monkeypatch)
    assert (row.key, row.is_allowed, row.reason) == ("pause", True, "It is yours.")
    assert row.command == ""


@pytest.mark.parametrize(("memory", "command"), [(REFUSED, "sudo x"), (ALLOWED, "")])
@pytest.mark.parametrize("kind", [AccessDenied, Unsupported])
def test_what_may_not_says_why(memory, command, kind, monkeypatch):
    row = ask(memory, kind("Because.", "Do."), monkeypatch)
    assert (row.is_allowed, row.reason, row.command) == (False, "Because.", command)


def test_what_ended_is_gone(monkeypatch):
    with pytest.raises(ProcessGone):
        ask(ALLOWED, ProcessGone("gone"), monkeypatch)
