"""Does judge print the contract, and end with the code that scripts rely on?"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest

from leakgui.cli import judge, loading
from leakgui.cli.main import run
from leakgui.cli.verdict_text import describe
from leakgui.errors import SessionUnreadable
from leakgui.model.finding import (
    Confidence,
    DefectClass,
    Finding,
    Judgement,
    Severity,
    Verdict,
)
from leakgui.model.process import ProcessKey, Target
from leakgui.model.recording import Recording


def judgement_of(verdict: Verdict, *, name: str = "web") -> Judgement:
    target = Target(
        key=ProcessKey(7, 1), name=name, command="", user="", started_unix_s=0.0
    )
    finding = Finding(
        rule="test-rule", verdict=verdict, defect_class=DefectClass.HANDLE,
        metric="handles", subject="files", summary="Handles rise.",
        confidence=Confidence.MEDIUM, severity=Severity.LOW,
        evidence=("They rose by 12.",), against=("None was found.",),
        next_steps=("Close them.",), rate_per_s=0.5,
    )  # fmt: skip
    return Judgement(target=target, verdict=verdict, series={}, findings=(finding,))


@pytest.fixture
def recordings(monkeypatch):
    """Files whose names are their verdicts; any other cannot be read."""

    def load(path) -> loading.Loaded:
        if path.name not in set(Verdict):
            raise SessionUnreadable("It is \x1bbroken.", "Mend it.")
        judgement = judgement_of(Verdict(path.name))
        recording = Recording(target=judgement.target, started_unix_s=0.0, series={})
        return loading.Loaded(recording=recording, judgement=judgement)

    monkeypatch.setattr(loading, "load", load)


def judged(*words: str) -> int:
    return run(["judge", *words], lambda _: 99)


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("healthy", 0), ("leak", 1), ("overflow", 1), ("growing", 1), ("undecided", 3)],
)
def test_code_of_each_verdict(recordings, verdict: str, code: int) -> None:
    assert judged(verdict) == code


def test_every_verdict_has_a_code() -> None:
    assert set(judge.EXIT_CODES) == set(Verdict)


def test_worst_wins_in_any_order(recordings) -> None:
    code = {"healthy": 0, "undecided": 3, "leak": 1, "broken": 2}
    order = [2, 1, 3, 0]
    for files in itertools.permutations(code, 2):
        expected = min((code[file] for file in files), key=order.index)
        assert judged(*files) == expected
        assert judged("--json", *files) == expected


def test_json_goes_on_after_a_broken_file(recordings, capsys) -> None:
    assert judged("--json", "broken", "leak") == 2
    printed = capsys.readouterr()
    (entry,) = (json.loads(line) for line in printed.out.splitlines())
    assert entry["verdict"] == "leak"
    assert entry["file"] == "leak"
    assert printed.err.splitlines() == [
        "leakgui: broken: It is \\x1bbroken.",
        "  Mend it.",
    ]


def test_a_file_is_named_once(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert judged("nobody.leak") == 2
    assert capsys.readouterr().err.count("nobody.leak") == 1
    assert judged(str(tmp_path / "nobody.leak")) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_text_has_both_sides(recordings, capsys) -> None:
    judged("leak")
    printed = capsys.readouterr().out
    for text in (
        "LEAK",
        "They rose by 12.",
        "None was found.",
        "Close them.",
        "+30/min",
    ):
        assert text in printed


def test_text_of_a_table_names_no_process_number() -> None:
    judgement = judgement_of(Verdict.LEAK)
    assert "web (PID 7)  f.leak" in next(describe(judgement, "f.leak"))
    nobody = replace(judgement.target, key=ProcessKey(0, 0))
    line = next(describe(replace(judgement, target=nobody), "f.csv"))
    assert "web  f.csv" in line


def test_text_of_a_strange_name_is_one_line() -> None:
    lines = list(describe(judgement_of(Verdict.LEAK, name="a\nb\x1b[2J"), "f\n.leak"))
    assert "a\\x0ab\\x1b[2J" in lines[0]
    assert not any("\n" in line or "\x1b" in line for line in lines)
