"""Snapshots of a process that refuses some things, or ends meanwhile."""

from __future__ import annotations

import os

import pytest

from leakgui.errors import AccessDenied, ProcessGone, Unsupported
from leakgui.model.metric import Tier
from leakgui.model.process import ProcessKey
from leakgui.probe import snapshotting
from leakgui.probe.handles import SeenHandle
from leakgui.probe.mapping_rows import MappingRows
from leakgui.probe.mappings import SmapsTooSlow
from leakgui.probe.snapshotting import take_raw_snapshot
from leakgui.probe.threads import SeenThread

MAPS = (
    b"1000-3000 rw-p 00000000 00:00 0 [heap]\n7000-f000 rw-p 00000000 00:00 0 [stack]"
)


class Refusing:
    """A reader that raises what it is told to."""

    key = ProcessKey(os.getpid(), 1)

    def __init__(self, **failures: Exception) -> None:
        self.failures = failures
        self.reads: list[Tier] = []

    def read(self, tier):
        self.reads.append(tier)
        if self.reads.count(Tier.COUNTERS) == 2 and "end" in self.failures:
            raise self.failures["end"]
        if tier.name in self.failures:
            raise self.failures[tier.name]
        return {
            Tier.COUNTERS: {"rss_bytes": 1.0, "threads": 1.0, "handles": 1.0},
            Tier.LIMITS: {"limit_stack_bytes": 8192.0},
            Tier.SHARES: {"uss_bytes": 2.0},
            Tier.MAPPINGS: {"mappings": 9.0, "heap_bytes": 8192.0},
        }[tier]

    def read_handles(self):
        if "handles" in self.failures:
            raise self.failures["handles"]
        return {"handles_file": 1.0}, [SeenHandle(0, "file", "/x", 0, "", "")]

    def facts(self):
        return {"system": "Linux"}


@pytest.fixture(autouse=True)
def system(monkeypatch):
    """Stand in for /proc: a table of failures that a test fills."""
    failures: dict[str, Exception] = {}

    def give(what, value):
        def read(*_):
            if what in failures:
                raise failures[what]
            return value

        return read

    rows = MappingRows()
    rows.add_maps(MAPS)
    threads = [SeenThread(os.getpid(), "me", "S", "", 0xE000, False)]
    monkeypatch.setattr(snapshotting, "read_smaps", give("smaps", rows))
    monkeypatch.setattr(snapshotting, "read_maps", give("maps", rows))
    monkeypatch.setattr(snapshotting, "read_threads", give("threads", threads))
    return failures


def gaps(reader: Refusing) -> list[tuple[str, str]]:
    return [gap[:2] for gap in take_raw_snapshot(reader).gaps]


def test_everything_is_there_when_nothing_is_refused():
    told = []
    taken = take_raw_snapshot(
        Refusing(), lambda done, total: told.append((done, total))
    )
    assert taken.gaps == []
    assert set(taken.tables) == {"mappings", "handles", "threads"}
    assert taken.counters["mappings"] == 2.0  # what was read, not what was expected
    assert taken.counters["uss_bytes"] == 2.0
    assert taken.counters["handles_file"] == 1.0
    assert taken.tables["threads"]["stack_used"][0] == 0x1000
    assert taken.tables["threads"]["stack_limit"][0] == 8192.0
    assert taken.facts == {"system": "Linux"}
    assert told[-1] == (4, 4)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("SHARES", "shares"),
        ("LIMITS", "limits"),
        ("MAPPINGS", "mappings"),
        ("handles", "handles"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "reason"), [(AccessDenied, "denied"), (Unsupported, "unsupported")]
)
def test_what_is_refused_is_a_gap(name, where, kind, reason):
    reader = Refusing(**{name: kind("no", "try this")})
    taken = take_raw_snapshot(reader)
    assert taken.gaps == [(where, reason, "no try this")]


def test_handles_that_may_not_be_listed_are_none_and_not_an_empty_table():
    taken = take_raw_snapshot(Refusing(handles=AccessDenied("no")))
    assert taken.tables["handles"] is None
    assert "handles_file" not in taken.counters


def test_an_empty_file_of_mappings_is_a_gap_and_not_none_of_them(monkeypatch):
    monkeypatch.setattr(snapshotting, "read_smaps", lambda *_: MappingRows())
    taken = take_raw_snapshot(Refusing(MAPPINGS=Unsupported("no")))
    assert taken.tables["mappings"] is None
    assert "mappings" not in taken.counters
    assert taken.gaps[-1][:2] == ("mappings", "unsupported")


def test_counters_that_may_not_be_read_are_an_error():
    with pytest.raises(AccessDenied):
        take_raw_snapshot(Refusing(COUNTERS=AccessDenied("no")))


@pytest.mark.parametrize("when", ["COUNTERS", "end", "SHARES", "handles"])
def test_a_process_that_ends_is_gone_whenever_that_is_seen(when):
    with pytest.raises(ProcessGone):
        take_raw_snapshot(Refusing(**{when: ProcessGone("gone")}))


def test_its_identity_is_asked_at_the_end_too():
    reader = Refusing()
    take_raw_snapshot(reader)
    assert (reader.reads[0], reader.reads[-1]) == (Tier.COUNTERS, Tier.COUNTERS)


@pytest.mark.parametrize("error", [SmapsTooSlow(), PermissionError(13, "Denied")])
def test_without_sizes_the_ranges_are_read(system, error):
    system["smaps"] = error
    taken = take_raw_snapshot(Refusing())
    assert [gap[0] for gap in taken.gaps] == ["mapping-sizes"]
    assert "rss" not in taken.tables["mappings"]
    assert len(taken.tables["mappings"]["start"]) == 2


def test_without_maps_there_is_no_table_and_only_the_main_stack_is_known(system):
    system["smaps"] = system["maps"] = PermissionError(13, "Permission denied")
    taken = take_raw_snapshot(Refusing())
    assert taken.tables["mappings"] is None
    assert ("mappings", "denied", "Permission denied") in taken.gaps
    assert taken.tables["threads"] is not None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ProcessLookupError(3, "No such process"), "vanished"),
        (FileNotFoundError(2, "No such file"), "vanished"),
        (OSError(5, "Input/output error"), "unreadable"),
    ],
)
def test_an_error_of_the_system_has_its_reason(system, error, reason):
    system["threads"] = error
    assert gaps(Refusing()) == [("threads", reason)]


def test_lines_that_make_no_sense_are_told(system, monkeypatch):
    rows = MappingRows()
    rows.add_maps(b"nonsense\n" + MAPS)
    monkeypatch.setattr(snapshotting, "read_smaps", lambda *_: rows)
    assert gaps(Refusing()) == [("mappings", "unparsable")]


def test_refused_stack_pointers_are_told_once(monkeypatch):
    threads = [SeenThread(tid, "t", "S", "", None, True) for tid in (1, 2)]
    monkeypatch.setattr(snapshotting, "read_threads", lambda _: threads)
    assert gaps(Refusing()) == [("thread-stacks", "denied")]
