"""Real programs that were once called what they are not, recorded and judged again.

None of them leaks. Each row says what the rules saw, so that nobody brings it back.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from leakgui.guidance.engine import judge, observe
from leakgui.model.finding import Confidence, DefectClass, Verdict
from leakgui.session.opening import open_recording

FOLDER = Path(__file__).parent
FALSE_VERDICTS = [
    # A backend touched 31 MiB of the common buffers for the first time, while its
    # address space stayed at 214 MiB: called a leak of shared memory.
    ("postgres_backend", Verdict.HEALTHY, DefectClass.STEADY, Confidence.MEDIUM),
    # The heap grew to 1.0 GiB in the first five seconds and by 300 MiB once more near
    # the end: called steady, and, called a step, it would have been a bulk load.
    ("java_two_steps", Verdict.HEALTHY, DefectClass.STEP, Confidence.MEDIUM),
    # The same on another day: five enlargements of the heap, flat between them. That is
    # growth, but the interval of its rate holds none at all.
    ("java_many_steps", Verdict.GROWING, DefectClass.UNKNOWN, Confidence.WATCH),
    # -Xms1g under a slow load: each page of the new space is used once before the first
    # collection comes. Growth, but into what was set aside at the start.
    ("java_fixed_heap", Verdict.GROWING, DefectClass.UNKNOWN, Confidence.WATCH),
    # Two jobs that do keep more until they end. That they grow is true; that [heap]
    # grew between snapshots made it a growth of high confidence.
    ("long_compile", Verdict.GROWING, DefectClass.UNKNOWN, Confidence.MEDIUM),
    ("make", Verdict.GROWING, DefectClass.UNKNOWN, Confidence.MEDIUM),
    # Packing uses tables of 674 MiB, set aside at the start, as input comes in.
    ("xz", Verdict.OVERFLOW, DefectClass.BULK_LOAD, Confidence.WATCH),
]


@pytest.mark.parametrize(
    ("name", "verdict", "defect_class", "confidence"),
    FALSE_VERDICTS,
    ids=[row[0] for row in FALSE_VERDICTS],
)
def test_false_verdicts_stay_gone(name, verdict, defect_class, confidence) -> None:
    judgement = judge(observe(open_recording(FOLDER / f"{name}.csv")))
    found = judgement.findings[0]
    assert (judgement.verdict, found.defect_class) == (verdict, defect_class)
    assert found.confidence is confidence


def test_every_recording_is_judged() -> None:
    kept = {path.stem for path in FOLDER.glob("*.csv")}
    assert kept == {row[0] for row in FALSE_VERDICTS}
    assert all(path.stat().st_size < 200_000 for path in FOLDER.glob("*.csv"))
