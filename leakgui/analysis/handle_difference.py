"""What changed among open handles, by kind and by what they lead to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leakgui.analysis.grouping import (
    Integers,
    Label,
    Labels,
    Side,
    combine,
    count_texts,
    join_details,
    list_changes,
    list_counts,
)
from leakgui.formatting import format_duration
from leakgui.model.columns import F64
from leakgui.model.difference import Changes
from leakgui.model.snapshot import Handles
from leakgui.texts import say

FIRST_EPHEMERAL_PORT = 32768
"""Ports from here on are given out by the kernel (net.ipv4.ip_local_port_range)."""

_ARROW = " → "


def compare_handles(before: Handles, after: Handles, elapsed_s: float) -> Changes:
    """Return the handles of two snapshots by kind and target.

    ``elapsed_s`` is when the later one was taken: ages are told from there. Sockets
    are grouped by the far end they were connected to, or by the port they were
    accepted on, because the port at the other side is new for every connection.
    """
    tables = (before, after)
    listening = find_listening_ports(before) | find_listening_ports(after)
    labels = Labels()
    groups = [_group(table, labels, listening) for table in tables]
    sides = [Side(group=group) for group in groups]
    states = _states(tables, groups, len(labels))
    ages = _ages(groups[1], after.first_seen_s, elapsed_s, len(labels))
    details = [join_details(*pair) for pair in zip(states, ages, strict=True)]
    return list_changes(labels, sides[0], sides[1], details)


def find_listening_ports(table: Handles) -> frozenset[int]:
    """Return the ports on which somebody waits for connections."""
    if "LISTEN" not in table.state.pool:
        return frozenset()
    listens = np.flatnonzero(table.state.codes == table.state.pool.index("LISTEN"))
    targets = {table.target[row] for row in listens.tolist()}
    ports = (find_port(target) for target in targets)
    return frozenset(port for port in ports if port is not None)


def find_port(address: str) -> int | None:
    """Return the port at the end of ``tcp 10.0.0.1:80`` or ``[::1]:80``, or None."""
    digits = address.rpartition(":")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else None


def name_socket(target: str, state: str, peer: str, listening: frozenset[int]) -> str:
    """Return how a socket is grouped.

    ``tcp → 10.0.0.1:5432`` was connected, ``tcp :8080 ← *`` accepted there,
    ``tcp 0.0.0.0:8080 LISTEN`` waits; ``udp 0.0.0.0:*`` has a port of no meaning.
    """
    local = target.partition(_ARROW)[0] if peer else target
    protocol = local.partition(" ")[0]
    # A path may end in what looks like a port.
    port = None if protocol == "unix" else find_port(local)
    if state == "LISTEN":
        return f"{local} LISTEN"
    if peer:
        if _is_accepted(port, find_port(peer), listening):
            return f"{protocol} :{port} ← *"
        return f"{protocol}{_ARROW}{peer}"
    if port is not None and port >= FIRST_EPHEMERAL_PORT:
        return f"{local.rpartition(':')[0]}:*"
    return local


def _is_accepted(
    port: int | None, peer_port: int | None, listening: frozenset[int]
) -> bool:
    """Return whether the other side connected to us, as far as ports can tell."""
    if port is None or peer_port is None:
        return False
    return port in listening or port < FIRST_EPHEMERAL_PORT <= peer_port


def _group(table: Handles, labels: Labels, listening: frozenset[int]) -> Integers:
    combination, first = combine(
        (table.kind.codes, table.target.codes, table.state.codes)
    )
    found: list[Label] = []
    for row in first.tolist():
        kind, target = table.kind[row], table.target[row]
        if kind == "socket":
            target = name_socket(target, table.state[row], table.peer[row], listening)
        found.append((kind, target))
    return labels.codes(found)[combination]


def _states(
    tables: Sequence[Handles], groups: Sequence[Integers], count: int
) -> list[str]:
    """Return the states that occur, after, or before where all are gone."""
    old, new = (
        count_texts(group, table.state, count)
        for group, table in zip(groups, tables, strict=True)
    )
    return [list_counts(late or early) for early, late in zip(old, new, strict=True)]


def _ages(
    group: Integers, first_seen_s: F64, elapsed_s: float, count: int
) -> list[str]:
    """Return how long the oldest handle of each group is known to be open."""
    oldest = np.full(count, np.inf)
    known = np.flatnonzero(np.isfinite(first_seen_s))
    np.minimum.at(oldest, group[known], first_seen_s[known])
    age = np.where(np.isinf(oldest), np.nan, np.maximum(0.0, elapsed_s - oldest))
    # Most ages are alike: each is written once.
    ages, inverse = np.unique(np.round(age), return_inverse=True)
    texts = [_describe_age(value) for value in ages.tolist()]
    return [texts[place] for place in inverse.tolist()]


def _describe_age(age_s: float) -> str:
    if np.isnan(age_s):
        return ""
    return say("oldest open for {age}", age=format_duration(age_s))
