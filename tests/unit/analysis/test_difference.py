"""Differences: every row of both snapshots is counted once, in the right group."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.analysis.difference import compare
from leakgui.analysis.grouping import combine
from leakgui.analysis.handle_difference import name_socket
from leakgui.analysis.mapping_difference import classify_backing
from leakgui.analysis.thread_difference import fold_numbers
from leakgui.model.difference import Changes
from leakgui.model.snapshot import (
    Gap,
    GapReason,
    Handles,
    Mappings,
    Snapshot,
    Threads,
)
from leakgui.model.text_column import TextColumn

MIB = 1 << 20
Rows = Sequence[tuple[object, ...]]


def mappings(rows: Rows, *, has_sizes: bool = True) -> Mappings:
    """Build from (path, permissions, size, rss)."""
    count = len(rows)
    start = (np.arange(count, dtype=np.uint64) + np.uint64(1)) << np.uint64(40)
    size = np.array([row[2] for row in rows], dtype=np.uint64)
    rss = np.array([row[3] for row in rows], dtype=np.uint64)
    return Mappings(
        start=start,
        end=start + size,
        permissions=TextColumn.of(str(row[1]) for row in rows),
        offset=np.zeros(count, np.uint64),
        inode=np.zeros(count, np.uint64),
        path=TextColumn.of(str(row[0]) for row in rows),
        rss=rss if has_sizes else None,
    )


def handles(rows: Rows) -> Handles:
    """Build from (kind, target, state, peer, first_seen_s)."""
    count = len(rows)
    return Handles(
        number=np.arange(count, dtype=np.int64),
        kind=TextColumn.of(str(row[0]) for row in rows),
        target=TextColumn.of(str(row[1]) for row in rows),
        state=TextColumn.of(str(row[2]) for row in rows),
        peer=TextColumn.of(str(row[3]) for row in rows),
        inode=np.arange(count, dtype=np.uint64),
        first_seen_s=np.array([row[4] for row in rows], dtype=np.float64),
    )


def threads(rows: Rows) -> Threads:
    """Build from (name, state, waits_in, stack_used)."""
    count = len(rows)
    return Threads(
        tid=np.arange(count, dtype=np.int64),
        name=TextColumn.of(str(row[0]) for row in rows),
        state=TextColumn.of(str(row[1]) for row in rows),
        waits_in=TextColumn.of(str(row[2]) for row in rows),
        stack_used=np.array([row[3] for row in rows], dtype=np.float64),
        stack_limit=np.full(count, 8.0 * MIB),
    )


def snapshot(
    number: int,
    *,
    maps: Mappings | None = None,
    opened: Handles | None = None,
    running: Threads | None = None,
    gaps: tuple[Gap, ...] = (),
    **counters: float,
) -> Snapshot:
    return Snapshot(
        number=number,
        name="",
        elapsed_s=100.0 * number,
        taken_unix_s=0.0,
        counters=counters,
        mappings=maps,
        handles=opened,
        threads=running,
        gaps=gaps,
    )


def rows_of(changes: Changes | None) -> dict[str, tuple[int, int, int]]:
    assert changes is not None
    return {
        changes.key[i]: (
            int(changes.before[i]),
            int(changes.after[i]),
            int(changes.delta[i]),
        )
        for i in range(len(changes))
    }


def detail_of(changes: Changes | None, key: str) -> str:
    assert changes is not None
    return changes.detail[changes.key.as_list().index(key)]


def compare_maps(before: Rows, after: Rows, **kinds: bool) -> Changes:
    changes = compare(
        snapshot(1, maps=mappings(before, **kinds)),
        snapshot(2, maps=mappings(after, **kinds)),
    ).mappings
    assert changes is not None
    return changes


def compare_opened(before: Rows, after: Rows) -> Changes:
    changes = compare(
        snapshot(1, opened=handles(before)), snapshot(2, opened=handles(after))
    ).handles
    assert changes is not None
    return changes


def test_new_thread_stacks_are_one_row():
    library = [("/lib/libc.so.6", "r-xp", MIB, MIB)]
    stack = [("", "rw-p", 8 * MIB, 8192), ("", "---p", 4096, 0)]
    changes = compare_maps(library + stack, library + stack * 50)
    assert rows_of(changes) == {
        "anonymous rw 8.00 MiB": (1, 50, 49),
        "anonymous no access 4.00 KiB": (1, 50, 49),
        "/lib/libc.so.6": (1, 1, 0),
    }
    assert changes.key[0] == "anonymous rw 8.00 MiB"
    assert changes.delta_bytes[0] == 49 * 8192


def test_few_anonymous_mappings_are_grouped_by_what_may_be_done():
    changes = compare_maps(
        [("", "rw-p", 4096, 4096)],
        [("", "rw-p", 8192, 8192), ("", "rw-s", 4096, 0), ("", "r-xp", 4096, 0)],
    )
    assert rows_of(changes) == {
        "anonymous rw": (1, 1, 0),
        "anonymous rw shared": (0, 1, 1),
        "anonymous rx": (0, 1, 1),
    }
    assert changes.delta_bytes[0] == 4096


def test_the_largest_growth_comes_first_and_what_shrank_last():
    changes = compare_maps(
        [("/a", "r--p", MIB, 9 * MIB), ("/b", "r--p", MIB, 0), ("/c", "r--p", MIB, 5)],
        [("/b", "r--p", MIB, 2 * MIB), ("/c", "r--p", MIB, 9), ("/d", "r--p", 1, MIB)],
    )
    assert changes.key.as_list() == ["/b", "/d", "/c", "/a"]
    assert changes.delta_bytes.tolist() == [2 * MIB, MIB, 4, -9 * MIB]
    assert changes.after_bytes.tolist() == [2 * MIB, MIB, 9, 0]


def test_without_sizes_bytes_are_unknown_and_the_address_space_is_told():
    changes = compare_maps(
        [("/a", "r--p", MIB, 0), ("[heap]", "rw-p", MIB, 0)],
        [("/a", "r--p", MIB, 0), ("[heap]", "rw-p", 3 * MIB, 0)],
        has_sizes=False,
    )
    assert changes.key[0] == "[heap]"
    assert np.isnan(changes.delta_bytes).all()
    assert np.isnan(changes.before_bytes).all()
    assert "address space 1.00 MiB → 3.00 MiB" in changes.detail[0]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("", None),
        ("[heap]", ("heap", "[heap]")),
        ("[stack]", ("stack", "[stack]")),
        ("[stack:812]", ("stack", "[stack:#]")),
        ("[vdso]", ("kernel", "[vdso]")),
        ("[anon: Go: heap]", ("anonymous", "[anon: Go: heap]")),
        ("/memfd:cache (deleted)", ("memfd", "memfd:cache")),
        ("/SYSV0000002a (deleted)", ("SysV", "/SYSV0000002a (deleted)")),
        ("/dev/shm/q", ("shared memory", "/dev/shm/q")),
        ("/dev/shm/q (deleted)", ("shared memory", "/dev/shm/q (deleted)")),
        ("/dev/zero (deleted)", ("shared memory", "/dev/zero (deleted)")),
        ("/dev/dri/card0", ("device", "/dev/dri/card0")),
        ("/tmp/x (deleted)", ("deleted file", "/tmp/x (deleted)")),
        ("/lib/libc.so.6", ("file", "/lib/libc.so.6")),
        ("socket:[7]", ("other", "socket:[7]")),
    ],
)
def test_a_backing_says_what_kind_it_is(path, label):
    assert classify_backing(path) == label


def test_fifty_connections_to_one_peer_are_one_row():
    peer = "10.0.0.1:5432"
    rows = [
        ("socket", f"tcp 10.0.0.2:{40000 + i} → {peer}", state, peer, 20.0)
        for i, state in enumerate(["CLOSE_WAIT"] * 38 + ["ESTABLISHED"] * 12)
    ]
    changes = compare_opened([("file", "/etc/x", "", "", 1.0)], rows)
    assert rows_of(changes) == {
        f"tcp → {peer}": (0, 50, 50),
        "/etc/x": (1, 0, -1),
    }
    assert changes.kind.as_list() == ["socket", "file"]
    detail = changes.detail[0]
    assert detail == "38 CLOSE_WAIT, 12 ESTABLISHED; oldest open for 3 min"


def test_connections_that_a_server_accepted_are_one_row():
    rows = [("socket", "tcp 0.0.0.0:45123", "LISTEN", "", math.nan)] + [
        (
            "socket",
            f"tcp 127.0.0.1:45123 → 10.1.1.{i}:50{i:03}",
            "ESTABLISHED",
            f"10.1.1.{i}:50{i:03}",
            math.nan,
        )
        for i in range(9)
    ]
    assert rows_of(compare_opened(rows[:1], rows)) == {
        "tcp :45123 ← *": (0, 9, 9),
        "tcp 0.0.0.0:45123 LISTEN": (1, 1, 0),
    }


@pytest.mark.parametrize(
    ("target", "state", "peer", "name"),
    [
        (
            "tcp 1.1.1.1:80 → 2.2.2.2:50000",
            "CLOSE_WAIT",
            "2.2.2.2:50000",
            "tcp :80 ← *",
        ),
        (
            "tcp6 [::1]:50000 → [::2]:443",
            "ESTABLISHED",
            "[::2]:443",
            "tcp6 → [::2]:443",
        ),
        ("udp 0.0.0.0:41234", "", "", "udp 0.0.0.0:*"),
        ("udp 0.0.0.0:53", "", "", "udp 0.0.0.0:53"),
        ("unix /run/x.sock", "LISTEN", "", "unix /run/x.sock LISTEN"),
        ("unix (unnamed)", "CONNECTED", "", "unix (unnamed)"),
        ("unix @/tmp/a:99999", "CONNECTED", "", "unix @/tmp/a:99999"),
        ("socket", "", "", "socket"),
        ("", "", "nonsense", " → nonsense"),
    ],
)
def test_a_socket_is_named_by_its_meaningful_end(target, state, peer, name):
    assert name_socket(target, state, peer, frozenset()) == name


def test_threads_of_a_pool_are_one_row():
    changes = compare(
        snapshot(1, running=threads([("main", "R", "", math.nan)])),
        snapshot(
            2,
            running=threads(
                [("main", "S", "do_poll", 4096.0)]
                + [(f"worker-{i}", "S", "futex_do_wait", 1000.0) for i in range(50)]
            ),
        ),
    ).threads
    assert rows_of(changes) == {"worker-#": (0, 50, 50), "main": (1, 1, 0)}
    assert detail_of(changes, "worker-#") == "50 S; 50 futex_do_wait"
    assert changes is not None
    assert changes.after_bytes[0] == 50_000
    assert math.isnan(changes.delta_bytes[1])


@pytest.mark.parametrize(
    ("names", "folded"),
    [
        ({"worker-12"}, {"worker-#"}),
        ({"python3.11"}, {"python3.11"}),
        ({"io1", "io2"}, {"io#"}),
        ({"io1"}, {"io1"}),
        ({"12"}, {"12"}),
        ({"kworker/0:1"}, {"kworker/0:#"}),
        ({""}, {""}),
    ],
)
def test_only_numbers_that_count_are_folded(names, folded):
    assert set(fold_numbers(names).values()) == folded


def test_a_section_that_one_snapshot_lacks_is_none_with_its_reason():
    denied = Gap(where="handles", reason=GapReason.DENIED, detail="not yours")
    difference = compare(
        snapshot(1, opened=handles([]), maps=mappings([])),
        snapshot(2, gaps=(denied,)),
    )
    assert difference.handles is None
    assert difference.mappings is None
    assert difference.threads is None
    assert denied in difference.gaps
    assert {gap.where for gap in difference.gaps} == {"handles", "mappings", "threads"}


def test_counters_that_one_snapshot_lacks_are_none():
    difference = compare(snapshot(1, rss_bytes=5.0), snapshot(2, pss_bytes=7.0), 3)
    assert difference.counters == {"rss_bytes": (5.0, None), "pss_bytes": (None, 7.0)}
    assert (difference.from_number, difference.to_number, difference.steps) == (1, 2, 3)
    assert (difference.from_elapsed_s, difference.to_elapsed_s) == (100.0, 200.0)


@pytest.mark.parametrize(
    ("before", "after", "has_change"),
    [
        ({"rss_bytes": 10.0 * MIB}, {"rss_bytes": 10.0 * MIB + 128 * 1024}, False),
        ({"rss_bytes": 10.0 * MIB}, {"rss_bytes": 10.0 * MIB + 132 * 1024}, True),
        ({"rss_bytes": 10.0 * MIB}, {"rss_bytes": 9.0 * MIB}, True),
        ({"rss_bytes": 100.0 * MIB}, {"rss_bytes": 101.0 * MIB}, False),
        (
            {"rss_bytes": MIB, "uss_bytes": MIB},
            {"rss_bytes": 9.0 * MIB, "uss_bytes": MIB},
            False,
        ),
        ({"rss_bytes": MIB, "uss_bytes": MIB}, {"rss_bytes": MIB}, False),
        ({}, {"rss_bytes": MIB}, True),
    ],
)
def test_memory_within_noise_is_no_change(before, after, has_change):
    difference = compare(snapshot(1, **before), snapshot(2, **after))
    assert difference.has_change is has_change


def test_one_handle_instead_of_another_is_a_change():
    old, new = ("file", "/a", "", "", 0.0), ("file", "/b", "", "", 0.0)
    memory = {"rss_bytes": float(MIB)}
    same = compare(
        snapshot(1, opened=handles([old]), **memory),
        snapshot(2, opened=handles([old]), **memory),
    )
    other = compare(
        snapshot(1, opened=handles([old]), **memory),
        snapshot(2, opened=handles([new]), **memory),
    )
    assert (same.has_change, other.has_change) == (False, True)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, (1 << 64) - 1), st.integers(0, 2)),
        max_size=20,
    )
)
def test_combinations_of_numbers_of_any_size_are_told_apart(rows):
    columns = [np.array([row[at] for row in rows], np.uint64) for at in range(3)]
    combination, first = combine(columns)
    assert [rows[first[number]] for number in combination] == rows
    assert len(first) == len(set(rows))


_HANDLE = st.tuples(
    st.sampled_from(["file", "pipe"]),
    st.sampled_from(["/a", "/b", "pipe", ""]),
    st.sampled_from(["", "X"]),
    st.just(""),
    st.sampled_from([math.nan, 1.0, 5.0]),
)


@given(st.lists(_HANDLE, max_size=30), st.lists(_HANDLE, max_size=30))
def test_counting_by_hand_gives_the_same(before, after):
    changes = compare_opened(before, after)
    old, new = (Counter(row[:2] for row in rows) for rows in (before, after))
    found = {
        (changes.kind[i], changes.key[i]): (
            int(changes.before[i]),
            int(changes.after[i]),
        )
        for i in range(len(changes))
    }
    assert found == {label: (old[label], new[label]) for label in old | new}
    assert (changes.delta == changes.after - changes.before).all()
    assert (np.diff(changes.delta) <= 0).all()


_MAPPING = st.tuples(
    st.sampled_from(["", "", "/a", "[heap]"]),
    st.sampled_from(["rw-p", "---p", "rw-s"]),
    st.sampled_from([4096, 8192, 1 << 46]),
    st.integers(0, 4096),
)


@given(st.lists(_MAPPING, max_size=30), st.lists(_MAPPING, max_size=30))
def test_no_mapping_and_no_byte_is_lost(before, after):
    changes = compare_maps(before, after)
    assert int(changes.before.sum()) == len(before)
    assert int(changes.after.sum()) == len(after)
    assert changes.before_bytes.sum() == sum(row[3] for row in before)
    assert changes.after_bytes.sum() == sum(row[3] for row in after)
    assert (np.diff(changes.delta_bytes) <= 0).all()


def test_sixty_thousand_mappings_take_less_than_a_tenth_of_a_second():
    rows = [
        (f"/lib/{at % 300}" if at % 10 == 0 else "", "rw-p", 4096 * (at % 199 + 1), 1)
        for at in range(60_000)
    ]
    before, after = (snapshot(n, maps=mappings(rows[n:])) for n in (1, 2))
    took_s = []
    for _ in range(3):
        begun_s = time.thread_time()
        changes = compare(before, after).mappings
        took_s.append(time.thread_time() - begun_s)
    assert changes is not None
    assert int(changes.delta.sum()) == -1
    assert min(took_s) < 0.1
