"""Handles that are never closed, and pools that fill."""

from __future__ import annotations

import numpy as np
from scenes import changes, counting, difference, evidence, flat, well_formed

from leakgui.guidance.rules.handle_leak import HandleLeak
from leakgui.model.finding import Confidence, DefectClass, Verdict

RULE = HandleLeak()


def test_files_that_are_never_closed() -> None:
    found = RULE.examine(
        evidence(
            handles=counting(10, 1),
            handles_file=counting(4, 1),
            handles_socket=6.0,
            limit_handles=1024.0,
        )
    )
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.LEAK, DefectClass.HANDLE)
    assert found.metric == "handles_file"
    assert found.subject == "open files"
    assert found.confidence is Confidence.MEDIUM
    assert found.limit is not None
    assert found.limit.value == 1024
    assert found.eta_s is not None
    assert 800 < found.eta_s < 1000
    assert "100 % of new descriptors" in " ".join(found.evidence)
    assert found.summary.startswith("Leak-like growth of open files: +")
    assert well_formed(found)


def test_a_pool_that_fills_is_no_leak() -> None:
    assert RULE.examine(evidence(handles=lambda t: 10 + np.minimum(t, 30) // 1)) is None


def test_busy_traffic_is_no_leak() -> None:
    assert RULE.examine(evidence(handles=flat(20, 3))) is None


def test_sockets_and_memory_files_have_rules_of_their_own() -> None:
    for kind in ("socket", "memfd"):
        grown = {"handles": counting(10, 1), f"handles_{kind}": counting(4, 1)}
        assert RULE.examine(evidence(**grown)) is None


def test_without_kinds_it_is_still_a_handle_leak() -> None:
    found = RULE.examine(evidence(handles=counting(10, 1)))
    assert found is not None
    assert (found.metric, found.subject) == ("handles", "open handles")
    assert well_formed(found)


def test_mixed_kinds_are_named_together() -> None:
    found = RULE.examine(
        evidence(
            handles=counting(10, 2),
            handles_file=counting(4, 1),
            handles_pipe=counting(4, 1),
        )
    )
    assert found is not None
    assert found.subject == "open handles"


def test_a_kind_that_grows_alone_is_enough() -> None:
    found = RULE.examine(evidence(handles_eventfd=counting(4, 1)))
    assert found is not None
    assert found.metric == "handles_eventfd"


def test_two_differences_name_the_target_and_raise_confidence() -> None:
    grown = changes(("/tmp/x.log", "file", 10, np.nan), ("/etc", "file", 1, np.nan))
    found = RULE.examine(
        evidence(
            handles=counting(10, 1),
            handles_file=counting(4, 1),
            differences=(
                difference(1, handles=grown),
                difference(2, handles=grown),
            ),
        )
    )
    assert found is not None
    assert found.subject == "open files: /tmp/x.log"
    assert found.confidence is Confidence.HIGH
    assert "/tmp/x.log grew by 20" in " ".join(found.evidence)


def test_names_of_strangers_are_made_printable() -> None:
    grown = changes(("/tmp/\x1b[31m\n", "file", 10, np.nan))
    found = RULE.examine(
        evidence(
            handles=counting(10, 1),
            handles_file=counting(4, 1),
            differences=(difference(handles=grown),),
        )
    )
    assert found is not None
    assert "\x1b" not in found.subject + " ".join(found.evidence)
