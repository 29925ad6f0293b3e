"""The words are written down, shown in the window, and used."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import leakgui
from leakgui.texts import RESOURCES

GLOSSARY = (RESOURCES / "glossary.md").read_text(encoding="utf-8")
ROOT = Path(leakgui.__file__).parent
AVOIDED = ("memory usage", "memory footprint", "file descriptor count")


@pytest.mark.parametrize(
    "word",
    ["RSS", "PSS", "USS", "mapping", "handle", "snapshot", "leak", "memory overflow"],
)
def test_a_word_is_explained(word):
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("|")]
    assert any(word in row.split("|")[1] for row in rows)


@pytest.mark.parametrize("level", ["look", "pause", "inject", "launch"])
def test_every_level_of_touching_a_target_is_explained(level):
    assert f"| {level} |" in GLOSSARY


def test_the_window_shows_them(qtbot):
    from leakgui.ui.help_dialog import HelpDialog

    dialog = HelpDialog()
    qtbot.addWidget(dialog)
    (text,) = dialog.findChildren(type(dialog.layout().itemAt(0).widget()))
    assert "resident" in text.toPlainText()
    assert "F5" in text.toPlainText()


def test_words_to_avoid_are_not_said():
    said = []
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.casefold()
                said += [f"{path.name}: {word}" for word in AVOIDED if word in text]
    assert said == []
