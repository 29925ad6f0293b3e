"""Do a few heap snapshots tell what nobody can tell from outside?

The whole way, from a real program over pauses and copies to the verdict. Targets run
side by side; each is looked into every few seconds while it is recorded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import TARGETS, Language, PracticeTarget
from leakgui.demo.starting import prepare_target

pytestmark = [pytest.mark.live, pytest.mark.slow]

RECORDED_S = 26
EVERY_S = 5
PATIENCE_S = 90
COMPILED = [
    row for row in TARGETS if row.heap_class and row.language is not Language.PYTHON
]
OWNED_LOST = "virtual-destructor"


def can_be_built(row: PracticeTarget) -> bool:
    return row.language is Language.PYTHON or find_compiler(row.language) is not None


def start(row: PracticeTarget, folder: Path) -> subprocess.Popen[str]:
    """Record a target with heap snapshots; being its parent needs no more rights."""
    target = prepare_target(row.name, for_s=RECORDED_S + PATIENCE_S).command
    command = [sys.executable, "-m", "leakgui", "record", "--heap"]
    return subprocess.Popen(
        [*command, "--snapshot-every", str(EVERY_S), "--for", str(RECORDED_S),
         "-o", str(folder / f"{row.name}.leak"), "--", *target],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def judge(file: Path) -> dict:
    command = [sys.executable, "-m", "leakgui", "judge", "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, dict]:
    """The judgement of every target that is told apart by its heap."""
    folder = tmp_path_factory.mktemp("heaps")
    runs = {row.name: start(row, folder) for row in COMPILED if can_be_built(row)}
    said = {
        name: run.communicate(timeout=RECORDED_S + PATIENCE_S)[1]
        for name, run in runs.items()
    }
    return {
        name: judge(folder / f"{name}.leak") | {"said": said[name]} for name in runs
    }


@pytest.mark.parametrize("row", COMPILED, ids=lambda row: row.name)
def test_heap_snapshots_name_the_class(row: PracticeTarget, verdicts) -> None:
    if row.name not in verdicts:
        pytest.skip(f"no compiler for {row.name}")
    judged = verdicts[row.name]
    first = judged["findings"][0]
    told = (judged["verdict"], first["class"])
    assert told == (row.heap_verdict, row.heap_class), (judged["said"], first)


@pytest.mark.parametrize("name", ["lost-blocks", OWNED_LOST])
def test_lost_blocks_are_medium_by_themselves(name: str, verdicts) -> None:
    """Two differences agree, and half a minute is too short for more."""
    first = verdicts[name]["findings"][0]
    assert first["confidence"] == "medium", first
    assert any("hidden" in fact for fact in first["against"])


def test_the_class_that_owns_such_buffers_is_named(verdicts) -> None:
    told = " ".join(verdicts[OWNED_LOST]["findings"][0]["evidence"])
    assert "Picture" in told
    assert "Message" in told


def test_who_holds_the_cache_is_named(verdicts) -> None:
    told = " ".join(verdicts["held-in-cache"]["findings"][0]["evidence"])
    assert "g_cache" in told
