"""The JSON that the command line promises."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from scenes import MIB, TARGET, counting, observed, rising

from leakgui.guidance.as_json import judgement_as_json
from leakgui.guidance.engine import judge
from leakgui.model.process import ProcessKey

FINDING_KEYS = [
    "rule",
    "verdict",
    "class",
    "metric",
    "subject",
    "rate_per_s",
    "rate_low_per_s",
    "rate_high_per_s",
    "limit",
    "eta_s",
    "eta_low_s",
    "eta_high_s",
    "confidence",
    "severity",
    "evidence",
    "against",
    "next_steps",
]


def test_keys_are_those_of_the_contract() -> None:
    judged = judge(observed(handles=counting(9, 1), limit_handles=1024.0))
    made = judgement_as_json(judged, "run.leak")
    assert list(made) == ["schema", "file", "target", "verdict", "series", "findings"]
    assert made["schema"] == 1
    assert made["file"] == "run.leak"
    assert made["target"] == {
        "pid": 4242,
        "started_utc": "2023-11-14T22:13:20.000Z",
        "name": "server",
    }
    assert made["verdict"] == "leak"
    assert made["series"] == {"handles": "growing"}
    (finding,) = made["findings"]
    assert list(finding) == FINDING_KEYS
    assert finding["class"] == "handle"
    assert finding["limit"]["value"] == 1024.0
    assert finding["limit"]["name"] == "open handles (ulimit -n)"
    assert finding["eta_s"] > 0


def test_what_is_never_reached_is_null() -> None:
    judged = judge(
        observed(
            anon_bytes=rising(50 * MIB, MIB), system_bytes=1e9, limit_system_bytes=1e18
        )
    )
    made = judgement_as_json(judged, "x")
    text = json.dumps(made, allow_nan=False)
    (finding,) = json.loads(text)["findings"]
    assert finding["eta_s"] is None
    assert finding["limit"]["used"] == 1e9


def test_what_is_unknown_is_null() -> None:
    judged = judge(observed(2, handles=9.0))
    (finding,) = judgement_as_json(judged, "x")["findings"]
    assert (finding["limit"], finding["rate_per_s"], finding["eta_s"]) == (None,) * 3


def test_the_process_of_a_table_is_null() -> None:
    judged = judge(observed(2))
    judged = replace(judged, target=replace(TARGET, key=ProcessKey(0, 0)))
    assert judgement_as_json(judged, "x")["target"]["pid"] is None


@pytest.mark.parametrize("moment", [math.nan, math.inf, -1e300])
def test_an_impossible_start_is_null(moment: float) -> None:
    judged = judge(observed(2))
    judged = replace(judged, target=replace(TARGET, started_unix_s=moment))
    assert judgement_as_json(judged, "x")["target"]["started_utc"] is None
