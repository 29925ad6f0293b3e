"""Does the set-up do only what is missing, and say the line where it may not?"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

import dev  # noqa: E402  # from packaging, which is no package
import environment  # noqa: E402
import set_up  # noqa: E402
import system_packages  # noqa: E402


def nothing(_text: str) -> None:
    """Say nothing."""


@pytest.fixture
def calls(monkeypatch) -> list[list[str]]:
    """Every program that would have been started; all of them succeed."""
    started: list[list[str]] = []

    def run(command, **_):
        started.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(subprocess, "call", lambda c, **_: started.append(c) or 0)
    return started


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    return tmp_path


def installs(calls: list[list[str]]) -> list[list[str]]:
    return [call for call in calls if "install" in call]


def test_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = f">={dev.OLDEST[0]}.{dev.OLDEST[1]}"
    above = f"<{dev.NEWEST[0]}.{dev.NEWEST[1] + 1}"
    assert project["requires-python"] == f"{oldest},{above}"


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 0), (3, 14, 0), (4, 0, 0)])
def test_other_pythons_are_told(monkeypatch, capsys, calls, version) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert dev.main(["run"]) == 2
    assert f"this is {version[0]}.{version[1]}" in capsys.readouterr().err
    assert not calls


@pytest.mark.parametrize("words", [[], ["nothing"], ["run", "more"]])
def test_wrong_words_show_the_usage(capsys, calls, words: list[str]) -> None:
    assert dev.main(words) == 2
    assert "packaging/dev.py test" in capsys.readouterr().out
    assert not calls


def test_installed_once_until_the_project_changes(checkout, calls) -> None:
    environment.install_project(checkout, "", nothing)
    environment.install_project(checkout, "", nothing)
    assert len(installs(calls)) == 1
    (checkout / "pyproject.toml").write_text("[project] # changed")
    environment.install_project(checkout, "", nothing)
    assert len(installs(calls)) == 2


def test_environment_of_the_tests_is_enough_to_run(checkout, calls) -> None:
    environment.install_project(checkout, "", nothing)
    environment.install_project(checkout, "test", nothing)
    assert [call[-1] for call in installs(calls)] == [
        str(checkout),
        f"{checkout}[test]",
    ]
    (checkout / ".venv" / "leakgui-base.stamp").unlink()
    environment.install_project(checkout, "", nothing)
    assert len(installs(calls)) == 2


def test_failed_installation_is_tried_again(checkout, calls, monkeypatch) -> None:
    monkeypatch.setattr(subprocess, "call", lambda *_, **__: 1)
    with pytest.raises(environment.SetupFailed):
        environment.install_project(checkout, "", nothing)
    assert not list((checkout / ".venv").iterdir())


def test_without_ensurepip_and_pip_the_line_is_said(checkout, monkeypatch) -> None:
    monkeypatch.setattr(environment, "has_module", lambda _: False)
    with pytest.raises(environment.SetupFailed) as told:
        environment.make_environment(checkout, nothing)
    assert "apt-get install -y --no-install-recommends python3-venv" in str(told.value)


def test_without_ensurepip_the_pip_that_is_there_does(tmp_path, monkeypatch) -> None:
    made = []

    def succeeds(command) -> bool:
        made.append(command)
        return "--without-pip" in command

    monkeypatch.setattr(environment, "has_module", lambda name: name == "pip")
    monkeypatch.setattr(environment, "_succeeds", succeeds)
    environment.make_environment(tmp_path, nothing)
    assert made[-1][1:3] == ["-m", "venv"]


def test_only_root_on_debian_installs_packages(monkeypatch, calls) -> None:
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 1000)
    assert not system_packages.install(["gcc"], nothing)
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages, "is_debian", lambda: False)
    assert not system_packages.install(["gcc"], nothing)
    assert not calls


def test_lists_are_fetched_where_there_are_none(monkeypatch, calls, tmp_path) -> None:
    monkeypatch.setattr(system_packages.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_packages, "is_debian", lambda: True)
    monkeypatch.setattr(system_packages.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(system_packages, "_LISTS", tmp_path)
    assert system_packages.install(["gcc"], nothing)
    assert [call[1] for call in calls] == ["update", "install"]
    calls.clear()
    (tmp_path / "mirror_main_Packages").touch()
    assert system_packages.install(["gcc"], nothing)
    assert [call[1] for call in calls] == ["install"]


def test_a_user_gets_one_line_and_goes_on(monkeypatch, capsys) -> None:
    done = []
    monkeypatch.setattr(set_up.shutil, "which", lambda _: None)
    monkeypatch.setattr(set_up.system_packages, "install", lambda *_: False)
    monkeypatch.setattr(set_up, "make_environment", lambda *_: done.append("made"))
    monkeypatch.setattr(set_up, "install_project", lambda *_: done.append("filled"))
    set_up.prepare(ROOT, for_tests=True)
    (line,) = capsys.readouterr().out.splitlines()
    for package in ("gcc", "g++", "xvfb", "openbox", "xdotool", "imagemagick"):
        assert f" {package}" in line
    assert done == ["made", "filled"]
