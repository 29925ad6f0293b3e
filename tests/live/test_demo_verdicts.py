"""Does the whole way, from a real program to the verdict, end where it should?

Targets are recorded side by side, each for as long as a fair answer takes; the one
that needs a core for itself is recorded alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import TARGETS, Language, PracticeTarget

pytestmark = [pytest.mark.live, pytest.mark.slow]

AT_ONCE = 6
LONGER_S = 60
NEEDS_A_CORE = {"runaway-loop"}
AT_ONCE_ROWS = [row for row in TARGETS if row.name not in NEEDS_A_CORE]


def can_be_built(row: PracticeTarget) -> bool:
    return row.language is Language.PYTHON or find_compiler(row.language) is not None


def start(row: PracticeTarget, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "leakgui", "demo", row.name, "--headless"]
    return subprocess.Popen(
        [*command, "--json", "-o", str(folder / f"{row.name}.leak")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip


def finish(row: PracticeTarget, run: subprocess.Popen[str]) -> dict:
    printed, _ = run.communicate(timeout=row.fair_answer_s + LONGER_S)
    return json.loads(printed)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> Iterator[dict[str, dict]]:
    """The judgement of every target, recorded a few at a time."""
    folder = tmp_path_factory.mktemp("verdicts")
    rows = sorted(filter(can_be_built, AT_ONCE_ROWS), key=lambda row: row.fair_answer_s)
    judged: dict[str, dict] = {}
    for first in range(0, len(rows), AT_ONCE):
        runs = [(row, start(row, folder)) for row in rows[first : first + AT_ONCE]]
        judged |= {row.name: finish(row, run) for row, run in runs}
    return judged


@pytest.mark.parametrize("row", AT_ONCE_ROWS, ids=lambda row: row.name)
def test_verdict_is_the_expected_one(row: PracticeTarget, verdicts) -> None:
    if row.name not in verdicts:
        pytest.skip(f"no compiler for {row.name}")
    check(row, verdicts[row.name])


@pytest.mark.parametrize(
    "row",
    [row for row in TARGETS if row.name in NEEDS_A_CORE],
    ids=lambda row: row.name,
)
def test_verdict_of_a_busy_one(row: PracticeTarget, tmp_path) -> None:
    check(row, finish(row, start(row, tmp_path)))


def check(row: PracticeTarget, judged: dict) -> None:
    first = judged["findings"][0]
    told = (judged["verdict"], first["class"])
    assert told == (row.expected_verdict, row.expected_class), first["evidence"]
