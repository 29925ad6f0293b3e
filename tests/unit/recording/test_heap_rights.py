"""Rights are asked for only where they are what is missing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from leakgui.errors import AccessDenied, ProcessGone
from leakgui.recording import heap_rights
from leakgui.recording.heap_rights import would_rights_help
from tests.unit.recording.puppets import KEY


def put(
    monkeypatch,
    *,
    is_allowed: bool,
    refusal: Exception | None = None,
    is_beyond: bool = False,
) -> None:
    def check(pid: int, user: int) -> None:
        if refusal is not None:
            raise refusal

    rows = (SimpleNamespace(key="memory", is_allowed=is_allowed),)
    platform = SimpleNamespace(capabilities=lambda _: rows)
    monkeypatch.setattr(heap_rights, "current", lambda: platform)
    monkeypatch.setattr(heap_rights, "check_owner", check)
    monkeypatch.setattr(heap_rights, "is_beyond_rights", lambda _: is_beyond)


def test_they_help_where_memory_may_not_be_read(monkeypatch):
    put(monkeypatch, is_allowed=False)
    assert would_rights_help(KEY)


def test_they_do_not_help_where_it_may_be_read_already(monkeypatch):
    put(monkeypatch, is_allowed=True)
    assert not would_rights_help(KEY)


@pytest.mark.parametrize("refusal", [AccessDenied("Another's."), ProcessGone("Gone.")])
def test_they_do_not_help_with_processes_of_others(monkeypatch, refusal):
    put(monkeypatch, is_allowed=False, refusal=refusal)
    assert not would_rights_help(KEY)


def test_they_do_not_help_where_nobody_may(monkeypatch):
    put(monkeypatch, is_allowed=False, is_beyond=True)
    assert not would_rights_help(KEY)
