"""``leakgui ps`` lists a process of which the system tells nothing but the pid."""

from __future__ import annotations

import json

import pytest

from leakgui.cli.main import run
from leakgui.model.process import Access, Process, ProcessKey
from leakgui.probe import platform

HIDDEN = Process(
    key=ProcessKey(4242, 0), parent_pid=0, name="4242", command="", user="root",
    started_unix_s=float("nan"), state="", rss_bytes=None, handles=None, threads=None,
    access=Access.NOT_ALLOWED, access_reason="hidden by the system (hidepid)",
)  # fmt: skip


class OnlyHidden:
    def list_processes(self) -> list[Process]:
        return [HIDDEN]


@pytest.fixture(autouse=True)
def _only_hidden(monkeypatch) -> None:
    monkeypatch.setattr(platform, "current", OnlyHidden)


def test_a_hidden_process_is_a_row(capsys) -> None:
    assert run(["ps"], open_window=lambda _: 0) == 0
    row = capsys.readouterr().out.splitlines()[1]
    assert row.split() == ["4242", "4242", "root", *["n/a"] * 4, "not", "allowed"]


def test_what_is_not_told_of_a_hidden_process_is_null(capsys) -> None:
    assert run(["ps", "--json"], open_window=lambda _: 0) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["pid"] == 4242
    for key in ("start_ticks", "started_utc", "rss_bytes", "handles", "threads"):
        assert row[key] is None
