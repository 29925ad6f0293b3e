"""Sockets that are never closed, and connections that come and go."""

from __future__ import annotations

import numpy as np
from scenes import changes, counting, difference, evidence, flat, well_formed

from leakgui.guidance.rules.socket_leak import SocketLeak
from leakgui.model.finding import DefectClass, Verdict

RULE = SocketLeak()


def grown(**more):
    return evidence(
        handles=counting(10, 1), handles_socket=counting(4, 1), handles_file=6.0, **more
    )


def test_sockets_that_are_never_closed() -> None:
    found = RULE.examine(grown(sockets_close_wait=counting(0, 1)))
    assert found is not None
    assert (found.verdict, found.defect_class) == (Verdict.LEAK, DefectClass.SOCKET)
    assert found.metric == "handles_socket"
    assert "CLOSE_WAIT: the peer closed" in " ".join(found.evidence)
    assert well_formed(found)


def test_connections_that_come_and_go_are_no_leak() -> None:
    assert (
        RULE.examine(evidence(handles=flat(30, 4), handles_socket=flat(20, 4))) is None
    )


def test_files_are_not_sockets() -> None:
    found = RULE.examine(
        evidence(
            handles=counting(10, 1), handles_file=counting(4, 1), handles_socket=6.0
        )
    )
    assert found is None


def test_open_connections_without_a_bound() -> None:
    found = RULE.examine(grown(sockets_established=counting(0, 1)))
    assert found is not None
    assert "ESTABLISHED" in " ".join(found.evidence)


def test_states_and_peer_come_from_differences_too() -> None:
    for state, words in (("CLOSE_WAIT", "peer closed"), ("ESTABLISHED", "without a")):
        rows = changes(("10.0.0.1:5432", "socket", 9, np.nan), detail=state)
        found = RULE.examine(grown(differences=(difference(handles=rows),)))
        assert found is not None
        assert found.subject == "open sockets: 10.0.0.1:5432"
        assert words in " ".join(found.evidence)


def test_unknown_states_are_not_made_up() -> None:
    found = RULE.examine(grown())
    assert found is not None
    assert "CLOSE_WAIT" not in " ".join(found.evidence)


def test_snapshots_name_the_kind_where_kinds_were_read_too_rarely() -> None:
    rows = changes(("10.0.0.1:80", "socket", 9, np.nan), ("/x", "file", 1, np.nan))
    both = (difference(1, handles=rows), difference(2))
    found = RULE.examine(
        evidence(handles=counting(10, 1), handles_socket=6.0, differences=both)
    )
    assert found is not None
    assert (found.metric, found.subject) == ("handles", "open sockets: 10.0.0.1:80")
    assert well_formed(found)
