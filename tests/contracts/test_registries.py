"""What is listed in a tuple is what lies in the folder, and the documents know it."""

from __future__ import annotations

import importlib
from pathlib import Path

from leakgui.cli import main, window
from leakgui.demo.catalogue import TARGETS
from leakgui.demo.starting import SOURCES
from leakgui.guidance.rules import RULES
from leakgui.model.limit import LIMITS
from leakgui.model.metric import METRIC_BY_KEY, METRICS

ROOT = Path(__file__).parents[2]
SHARED_SOURCES = {"practice.py", "practice.h"}


def test_every_command_is_listed() -> None:
    modules = [
        importlib.import_module(f"leakgui.cli.{file.stem}")
        for file in (ROOT / "leakgui/cli").glob("*.py")
        if file.stem != "__init__"
    ]
    commands = {module.name for module in modules if hasattr(module, "prepare_parser")}
    assert commands - {window.name} == {command.name for command in main.COMMANDS}


def test_every_practice_target_is_listed() -> None:
    files = {file.name for file in SOURCES.iterdir() if file.is_file()}
    listed = {row.source for row in TARGETS} | {row.stand_in for row in TARGETS} - {""}
    assert files - SHARED_SOURCES == listed
    assert len({row.name for row in TARGETS}) == len(TARGETS)


def test_documents_know_every_command_and_target() -> None:
    commands = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
    targets = (ROOT / "docs/practice-targets.md").read_text(encoding="utf-8")
    for command in main.COMMANDS:
        assert f"leakgui {command.name}" in commands
    for row in TARGETS:
        assert f"`{row.name}`" in targets


def test_every_rule_is_listed_and_has_a_test() -> None:
    folder = ROOT / "leakgui/guidance/rules"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert files == {type(rule).__module__.rpartition(".")[2] for rule in RULES}
    assert len({rule.key for rule in RULES}) == len(RULES)
    tests = ROOT / "tests/unit/guidance/rules"
    assert {f"test_{name}" for name in files} <= {f.stem for f in tests.glob("*.py")}


def test_every_page_is_shown_somewhere() -> None:
    files = (ROOT / "leakgui/ui/pages").glob("*.py")
    window = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "leakgui/ui").glob("*.py")
    )
    for name in {file.stem for file in files} - {"__init__"}:
        assert f"leakgui.ui.pages.{name} import" in window, name


def test_metrics_and_limits_agree() -> None:
    assert len(METRIC_BY_KEY) == len(METRICS)
    for limit in LIMITS:
        for key in (limit.used_metric, limit.limit_metric, limit.plot_metric):
            assert key in METRIC_BY_KEY, limit.key
