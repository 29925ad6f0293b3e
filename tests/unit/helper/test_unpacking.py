"""Snapshots over the pipe: the same on the other side, or refused."""

from __future__ import annotations

import io
import math
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.errors import HelperFailed
from leakgui.helper.packing import pack_snapshot
from leakgui.helper.unpacking import unpack_snapshot
from leakgui.model.snapshot import GapReason
from leakgui.probe.handles import SeenHandle
from leakgui.probe.mapping_rows import SIZE_LABELS
from leakgui.probe.raw import RawSnapshot, text_column
from leakgui.probe.snapshotting import tabulate_handles
from leakgui.probe.threads import MainStack, SeenThread, tabulate_threads
from leakgui.wire.frames import Frame, Header, Sent, read_frame, write_frame
from leakgui.wire.pools import pack_pool, unpack_pool

TOP = 0xFFFFFFFFFF601000


def taken() -> RawSnapshot:
    sizes = {name: array("Q", [4096, TOP]) for name in SIZE_LABELS}
    return RawSnapshot(
        taken_unix_s=12.5,
        counters={"rss_bytes": 4096.0, "pss_bytes": math.nan},
        tables={
            "mappings": {
                "start": array("Q", [4096, TOP - 4096]),
                "end": array("Q", [8192, TOP]),
                "permissions": text_column(["rw-p", "--xp"]),
                "offset": array("Q", [0, 0]),
                "inode": array("Q", [7, 0]),
                "path": text_column(["/tmp/\udcff\n", "[vsyscall]"]),
                **sizes,
            },
            "handles": tabulate_handles([SeenHandle(3, "file", "/x", 9, "", "")]),
            "threads": tabulate_threads(
                [SeenThread(1, "main", "R", "", None, False)],
                1,
                None,
                MainStack(4096.0, math.nan),
            ),
        },
        gaps=[("limits", "denied", "not yours")],
        facts={"system": "Linux"},
        cost_ms=3.5,
    )


def across(header: Header, columns: list[tuple[str, Sent]]) -> Frame:
    pipe = io.BytesIO()
    write_frame(pipe, header, columns)
    frame = read_frame(io.BytesIO(pipe.getvalue()))
    assert frame is not None
    return frame


def test_every_column_arrives():
    snapshot = unpack_snapshot(across(*pack_snapshot(taken())))
    assert (snapshot.number, snapshot.name, snapshot.elapsed_s) == (0, "", 0.0)
    assert (snapshot.taken_unix_s, snapshot.cost_ms) == (12.5, 3.5)
    assert snapshot.counters == {"rss_bytes": 4096.0}
    assert snapshot.facts == {"system": "Linux"}
    assert [(gap.where, gap.reason) for gap in snapshot.gaps] == [
        ("limits", GapReason.DENIED)
    ]
    mappings, handles, threads = snapshot.mappings, snapshot.handles, snapshot.threads
    assert mappings is not None
    assert handles is not None
    assert threads is not None
    assert mappings.end.tolist() == [8192, TOP]
    assert mappings.path.as_list() == ["/tmp/\udcff\n", "[vsyscall]"]
    assert mappings.swap is not None
    assert mappings.swap.tolist() == [4096, TOP]
    assert handles.target.as_list() == ["/x"]
    assert np.isnan(handles.first_seen_s).all()
    assert threads.stack_used.tolist() == [4096.0]
    assert np.isnan(threads.stack_limit).all()


def test_columns_lie_in_the_payload_and_cannot_be_written():
    frame = across(*pack_snapshot(taken()))
    mappings = unpack_snapshot(frame).mappings
    assert mappings is not None
    assert np.shares_memory(mappings.start, np.frombuffer(frame.payload, np.uint8))
    assert not mappings.start.flags.writeable
    assert mappings.start.flags.aligned


def test_absent_tables_and_sizes_stay_absent():
    raw = taken()
    raw.tables["handles"] = None
    for name in SIZE_LABELS:
        del raw.tables["mappings"][name]
    snapshot = unpack_snapshot(across(*pack_snapshot(raw)))
    assert snapshot.handles is None
    assert snapshot.mappings is not None
    assert snapshot.mappings.rss is None


def test_an_empty_table_is_there_and_empty():
    raw = RawSnapshot(taken_unix_s=0.0, tables={"handles": tabulate_handles([])})
    snapshot = unpack_snapshot(across(*pack_snapshot(raw)))
    assert snapshot.handles is not None
    assert len(snapshot.handles) == 0


@given(st.lists(st.text(st.characters(), max_size=4), max_size=3000))
def test_texts_of_any_kind_arrive(texts):
    assert unpack_pool(pack_pool(texts)) == tuple(texts)


@pytest.mark.parametrize(
    "changed",
    [
        {"counters": None},
        {"counters": {"rss_bytes": "many"}},
        {"counters": {"rss_bytes": True}},
        {"gaps": [["limits", "weather", ""]]},
        {"gaps": [["limits"]]},
        {"gaps": 5},
        {"facts": []},
        {"taken_unix_s": None},
        {"cost_ms": "1"},
    ],
)
def test_a_header_of_another_shape_is_refused(changed):
    header, columns = pack_snapshot(taken())
    with pytest.raises(HelperFailed):
        unpack_snapshot(across({**header, **changed}, columns))


@pytest.mark.parametrize("missing", ["counters", "gaps", "facts", "cost_ms"])
def test_a_header_that_lacks_something_is_refused(missing):
    header, columns = pack_snapshot(taken())
    del header[missing]
    with pytest.raises(HelperFailed):
        unpack_snapshot(across(header, columns))


@pytest.mark.parametrize(
    "changed",
    [
        {"mappings.start": array("Q", [1])},
        {"mappings.start": array("d", [1.0, 2.0])},
        {"mappings.start": b"12"},
        {"mappings.path": array("I", [0, 99])},
        {"mappings.path": array("Q", [0, 1])},
        {"mappings.path.pool": b"not json"},
        {"mappings.path.pool": b"[1, 2]"},
        {"mappings.path.pool": b'{"a": "b"}\n7'},
        {"mappings.path.pool": b"[" * 100_000},
        {"mappings.path.pool": array("I", [1])},
        {"threads.stack_used": array("Q", [1])},
        {"handles.number": array("Q", [1])},
    ],
)
def test_columns_of_another_shape_are_refused(changed):
    header, columns = pack_snapshot(taken())
    with pytest.raises(HelperFailed):
        unpack_snapshot(across(header, list({**dict(columns), **changed}.items())))


def test_a_column_that_nobody_knows_is_left_alone():
    header, columns = pack_snapshot(taken())
    columns.append(("handles.what", array("Q", [1, 2, 3])))
    assert unpack_snapshot(across(header, columns)).handles is not None


@pytest.mark.parametrize("missing", ["mappings.start", "handles.kind", "threads.tid"])
def test_a_table_that_lacks_a_column_is_refused(missing):
    header, columns = pack_snapshot(taken())
    with pytest.raises(HelperFailed):
        unpack_snapshot(across(header, [c for c in columns if c[0] != missing]))
