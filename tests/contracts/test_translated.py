"""Every text that a user sees goes through Qt's tr or through leakgui.texts."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import leakgui
from leakgui import errors

ROOT = Path(leakgui.__file__).parent
SHOWING = {
    "QLabel", "QPushButton", "QCheckBox", "QGroupBox", "QAction", "setText",
    "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName",
    "addTab", "addRow", "showMessage", "show_reason", "print_line", "print_message",
    "_text",
}  # fmt: skip
FAILING = {name for name in vars(errors) if isinstance(getattr(errors, name), type)}
# Not words: the program's own name, and an example of a command line.
NOT_WORDS = {"leakgui", "python3 server.py --port 8080", "n/a"}


def name_of(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def plain_texts(call: ast.Call) -> Iterator[str]:
    """The words among the arguments that are literals, and so are never translated."""
    arguments = list(call.args) if name_of(call) in SHOWING | FAILING else []
    if name_of(call) == "Column":
        arguments += [k.value for k in call.keywords if k.arg in ("title", "meaning")]
    for text in map(literal_of, arguments):
        is_command = text.startswith("leakgui ")
        is_word = any(map(str.isalpha, text)) and text.strip(" :") not in NOT_WORDS
        if is_word and not is_command:
            yield text


def literal_of(argument: ast.expr) -> str:
    """A literal, or what stands between the braces of a formatted one; else nothing."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    constants = [part.value for part in parts if isinstance(part, ast.Constant)]
    return "".join(value for value in constants if isinstance(value, str))


def test_no_text_is_shown_as_it_stands_in_the_code():
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        if "targets" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                found += [f"{path.name}:{node.lineno}: {t}" for t in plain_texts(node)]
    assert found == []


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("QLabel('Hello')", ["Hello"]),
        ("setText(f'= RSS {size}')", ["= RSS "]),
        ("setText(f'{name}: {size}')", []),
        ("setText(tr('Hello'))", []),
    ],
)
def test_the_check_sees_what_it_should(code, seen):
    (statement,) = ast.parse(code).body
    assert list(plain_texts(statement.value)) == seen
