"""Are practice targets built once, whole, and not at all without a compiler?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from leakgui.demo import building, starting
from leakgui.demo.building import build_target
from leakgui.demo.catalogue import TARGETS, Language, find_target
from leakgui.errors import BadUsage, ToolMissing

LOST = find_target("lost-blocks")


@pytest.fixture
def sources(tmp_path):
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / building.HEADER).write_text("/* shared */")
    (folder / LOST.source).write_text("int main(void) { return 0; }")
    return folder


@pytest.fixture
def compilations(monkeypatch) -> list[list[str]]:
    """A compiler that writes a file at once, and every call of it."""
    calls: list[list[str]] = []

    def compile_quickly(command, **_):
        calls.append(command)
        Path(command[command.index("-o") + 1]).write_text("program")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(building, "find_compiler", lambda _: "/usr/bin/cc")
    monkeypatch.setattr(building.subprocess, "run", compile_quickly)
    return calls


def test_built_once(sources, tmp_path, compilations) -> None:
    first = build_target(LOST, sources, tmp_path / "cache")
    assert build_target(LOST, sources, tmp_path / "cache") == first
    assert first.read_text() == "program"
    assert len(compilations) == 1


@pytest.mark.parametrize("changed", [LOST.source, building.HEADER])
def test_built_again_when_a_source_changed(
    sources, tmp_path, compilations, changed: str
) -> None:
    first = build_target(LOST, sources, tmp_path / "cache")
    (sources / changed).write_text("changed")
    assert build_target(LOST, sources, tmp_path / "cache") != first
    assert len(compilations) == 2


def test_failed_build_leaves_no_program(sources, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(building, "find_compiler", lambda _: "/usr/bin/cc")
    monkeypatch.setattr(
        building.subprocess, "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1, "", "error: x"),
    )  # fmt: skip
    with pytest.raises(ToolMissing) as told:
        build_target(LOST, sources, tmp_path / "cache")
    assert "error: x" in told.value.hint
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_without_compiler_the_hint_says_what_to_install(monkeypatch, sources) -> None:
    monkeypatch.setattr(building.shutil, "which", lambda _: None)
    with pytest.raises(ToolMissing) as told:
        build_target(find_target("mapping-leak"), sources)
    assert "apt" in told.value.hint


def test_headline_runs_without_compiler_and_says_so(monkeypatch) -> None:
    monkeypatch.setattr(building.shutil, "which", lambda _: None)
    prepared = starting.prepare_target("lost-blocks")
    assert prepared.command[-1].endswith("lost_blocks.py")
    assert "malloc" in prepared.note


def test_python_targets_need_no_compiler(monkeypatch) -> None:
    monkeypatch.setattr(building.shutil, "which", lambda _: None)
    for target in TARGETS:
        if target.language is Language.PYTHON:
            assert (
                starting.prepare_target(target.name).command[-1].endswith(target.source)
            )


def test_unknown_name_lists_the_known() -> None:
    with pytest.raises(BadUsage) as told:
        find_target("nothing")
    assert "lost-blocks" in told.value.hint
