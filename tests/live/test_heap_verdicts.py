"""Do a few heap snapshots tell what nobody can tell from outside?

The whole way, from a real program over pauses and copies to the verdict. Targets run
side by side and are looked into in turns, as often as it takes: a machine that is busy
makes the looks rarer, not fewer.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from leakgui.cli.loading import load
from leakgui.demo.building import find_compiler
from leakgui.demo.catalogue import TARGETS, Language, PracticeTarget
from leakgui.demo.starting import prepare_target
from leakgui.model.finding import Confidence, Judgement
from leakgui.probe.platform import current
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.recorder import Recorder

pytestmark = [pytest.mark.live, pytest.mark.slow]

LOOKS = 4
BETWEEN_S = 2.0
"""Long enough for every target to grow by more than comes and goes."""
PATIENCE_S = 240.0
"""The first look of all compiles the kernels of the worker."""
COMPILED = [
    row for row in TARGETS if row.heap_class and row.language is not Language.PYTHON
]
OWNED_AND_LOST = "virtual-destructor"


def start(row: PracticeTarget) -> subprocess.Popen[str]:
    command = prepare_target(row.name).command
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert run.stderr.readline().startswith("leakgui practice target")
    return run


def end(run: subprocess.Popen[str]) -> None:
    run.terminate()
    run.communicate(timeout=PATIENCE_S)


def record(run: subprocess.Popen[str], file: Path) -> Recorder:
    recorder = Recorder(current().find_key(run.pid), file, interval_s=0.1)
    recorder.start()
    return recorder


def look(recorder: Recorder) -> None:
    wish = HeapWish(confirm_after_s=0.5)
    snapshot = recorder.take_snapshot("", wish).result(PATIENCE_S)
    assert snapshot.heap is not None, snapshot.gaps


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, Judgement]:
    """The judgement of every target that is told apart by its heap."""
    folder = tmp_path_factory.mktemp("heaps")
    rows = [row for row in COMPILED if find_compiler(row.language)]
    files = {row.name: folder / f"{row.name}.leak" for row in rows}
    with ExitStack() as targets:
        recorders = []
        for row in rows:
            run = start(row)
            targets.callback(end, run)
            recorders.append(record(run, files[row.name]))
            targets.callback(recorders[-1].stop)
        for _ in range(LOOKS):
            for recorder in recorders:
                look(recorder)
            time.sleep(BETWEEN_S)  # the targets need time to grow, not to get ready
        for recorder in recorders:
            recorder.stop()
    return {name: load(file).judgement for name, file in files.items()}


def first_of(name: str, verdicts: dict[str, Judgement]):
    if name not in verdicts:
        pytest.skip(f"no compiler for {name}")
    return verdicts[name].findings[0]


@pytest.mark.parametrize("row", COMPILED, ids=lambda row: row.name)
def test_heap_snapshots_name_the_class(row: PracticeTarget, verdicts) -> None:
    first = first_of(row.name, verdicts)
    assert (first.verdict, first.defect_class) == (row.heap_verdict, row.heap_class), (
        first
    )


@pytest.mark.parametrize("name", ["lost-blocks", OWNED_AND_LOST])
def test_lost_blocks_are_medium_by_themselves(name: str, verdicts) -> None:
    first = first_of(name, verdicts)
    assert first.confidence is not Confidence.WATCH, first
    assert any("hidden" in fact for fact in first.against)


def test_the_class_that_owns_such_buffers_is_named(verdicts) -> None:
    told = " ".join(first_of(OWNED_AND_LOST, verdicts).evidence)
    assert "Picture" in told
    assert "Message" in told


def test_who_holds_the_cache_is_named(verdicts) -> None:
    assert "g_cache" in " ".join(first_of("held-in-cache", verdicts).evidence)
