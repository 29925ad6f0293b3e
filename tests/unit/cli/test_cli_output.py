"""Is what is printed aligned, harmless, and quiet about closed pipes?"""

from __future__ import annotations

import contextlib
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from leakgui.cli import ps
from leakgui.cli.main import PIPE_CLOSED, run
from leakgui.cli.output import print_json, print_table


def test_columns_line_up(capsys) -> None:
    print_table((">PID", "NAME"), [("1", "a"), ("12345", "longer")])
    assert capsys.readouterr().out == "  PID  NAME\n    1  a\n12345  longer\n"


def test_strange_names_stay_in_their_row(capsys) -> None:
    print_table(("NAME", "END"), [("a\nb\x1b[31m", "x"), ("\udcff", "y")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "\x1b" not in "".join(lines)
    assert lines[1].rindex("x") == lines[2].rindex("y")


@given(st.text())
def test_json_is_one_line_of_ascii(text: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print_json({"name": text})
    line = printed.getvalue()
    assert line.count("\n") == 1
    assert line.isascii()
    assert json.loads(line) == {"schema": 1, "name": text}


def test_closed_pipe_is_quiet(monkeypatch, capsys) -> None:
    def break_pipe(*_: object) -> int:
        raise BrokenPipeError

    silenced = []
    monkeypatch.setattr(ps, "run", break_pipe)
    monkeypatch.setattr("leakgui.cli.main.silence_stdout", lambda: silenced.append(1))
    assert run(["ps"], lambda _: 1) == PIPE_CLOSED
    assert silenced
    assert capsys.readouterr().err == ""


def test_names_that_are_no_unicode_make_json_that_strict_readers_take(capsys):
    print_json({"name": "a\udcffb", "nested": [{"\udcfe": "\U0001f600"}]})
    line = capsys.readouterr().out
    read = json.loads(line)
    assert read["name"].startswith("a\ufffd")
    assert next(iter(read["nested"][0].values())) == "\U0001f600"
    json.dumps(read, ensure_ascii=False).encode("utf-8")
