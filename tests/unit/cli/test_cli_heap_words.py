"""What is said before, after and instead of a look into a heap."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from types import SimpleNamespace

import pytest

from leakgui.analysis.difference import compare
from leakgui.cli import heap_access
from leakgui.cli.diff import _print_difference
from leakgui.cli.heap_access import announce_heap, tell_missing_heaps
from leakgui.cli.heap_options import wish_of
from leakgui.cli.heap_text import print_heap
from leakgui.cli.snapshot import _as_json, _has_blocks
from leakgui.errors import AccessDenied, HelperFailed, Unsupported
from leakgui.model.heap import Level
from leakgui.model.process import ProcessKey, Target
from leakgui.model.snapshot import Gap, GapReason
from leakgui.recording.clock import RecordingClock
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.live import LiveRecording
from leakgui.worker.compiled_code import CompiledCode
from tests.unit.heaps import full_heap, heap, snapshot_of

KEY = ProcessKey(42, 7)
TARGET = Target(key=KEY, name="a", command="a", user="root", started_unix_s=1e9)
CAN_FORK = SimpleNamespace(
    copy_bytes=120 << 20, paused_ms=35.0, fork_paused_ms=4.0, can_fork=True,
    cannot_fork_reason="",
    notes=(),
)  # fmt: skip


class Helper:
    def __init__(self, answer) -> None:
        self.answer = answer
        self.is_closed = False

    def estimate_heap_copy(self, key):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def start(self) -> None:
        if isinstance(self.answer, HelperFailed):
            raise self.answer

    def close(self) -> None:
        self.is_closed = True


def asked(**changes) -> Namespace:
    given = {"heap": True, "inject": False, "once": False, "elevate": False}
    return Namespace(**given | changes)


def test_the_options_are_a_wish():
    assert wish_of(asked(heap=False)) is None
    assert wish_of(asked()) == HeapWish(level=Level.PAUSE, confirm_after_s=3.0)
    once = HeapWish(level=Level.INJECT, confirm_after_s=0.0)
    assert wish_of(asked(inject=True, once=True)) == once


# --- before ------------------------------------------------------------------------


def test_what_will_happen_is_said_beforehand(capsys):
    helper = Helper(CAN_FORK)
    assert announce_heap(KEY, HeapWish(), helper, elevate=False) is helper
    told = capsys.readouterr()
    assert told.out == ""
    assert "Stops PID 42 for about 35 ms (120 MiB to copy)." in told.err
    assert "once more 3 s later" in told.err


@pytest.mark.parametrize("is_cold", [True, False])
def test_the_first_look_of_all_is_said_to_take_longer(is_cold, monkeypatch, capsys):
    monkeypatch.setattr(CompiledCode, "is_cold", lambda _: is_cold)
    announce_heap(KEY, HeapWish(), Helper(CAN_FORK), elevate=False)
    assert ("once after an installation" in capsys.readouterr().err) == is_cold


def test_one_look_and_a_fork_are_said_so(capsys):
    wish = HeapWish(level=Level.INJECT, confirm_after_s=0)
    announce_heap(KEY, wish, Helper(CAN_FORK), elevate=False)
    told = capsys.readouterr().err
    assert "about 4 ms" in told
    assert "made to fork" in told
    assert "once more" not in told


def test_a_fork_that_is_not_possible_is_told_with_the_reason(capsys):
    answer = SimpleNamespace(**vars(CAN_FORK))
    answer.can_fork, answer.cannot_fork_reason = False, "It is under seccomp."
    answer.notes = ("9 MiB of it are swapped out.",)
    announce_heap(KEY, HeapWish(level=Level.INJECT), Helper(answer), elevate=False)
    told = capsys.readouterr().err
    assert "about 35 ms" in told
    assert "No fork, its memory is copied: It is under seccomp." in told
    assert "9 MiB of it are swapped out. Where anything seems lost" in told


def test_other_refusals_are_told_when_it_is_tried(capsys):
    helper = Helper(Unsupported("32 bits."))
    assert announce_heap(KEY, HeapWish(), helper, elevate=True) is helper
    assert capsys.readouterr().err == ""


# --- rights ------------------------------------------------------------------------

DENIED = AccessDenied("Yama lets nobody look.", "sudo something")


@pytest.fixture
def elevation(monkeypatch):
    """A way to more rights, and what the terminal says."""
    way = SimpleNamespace(
        command=("sudo", "helper"), explanation="This is run:\nsudo helper",
        start_timeout_s=1.0, elevated=Helper(CAN_FORK), is_terminal=True,
        would_help=True, typed="y\n",
    )  # fmt: skip
    stdin = SimpleNamespace(isatty=lambda: way.is_terminal, readline=lambda: way.typed)
    monkeypatch.setattr(heap_access.sys, "stdin", stdin)
    monkeypatch.setattr("leakgui.helper.elevation.find_elevation", lambda: way)
    monkeypatch.setattr(
        "leakgui.recording.heap_rights.would_rights_help", lambda _: way.would_help
    )
    monkeypatch.setattr(
        "leakgui.helper.client.HelperClient", lambda *_, **__: way.elevated
    )
    return way


def denied(elevate=False):
    helper = Helper(DENIED)
    return announce_heap(KEY, HeapWish(), helper, elevate=elevate), helper


def test_rights_are_asked_for_at_a_terminal(elevation, capsys):
    found, _ = denied()
    assert found is elevation.elevated
    told = capsys.readouterr().err
    assert "Yama lets nobody look." in told
    assert "sudo helper" in told
    assert "[y/N]" in told
    assert "Stops PID 42" in told


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_no_answer_is_a_no(elevation, typed, capsys):
    elevation.typed = typed
    found, first = denied()
    assert found is first


def test_without_a_terminal_nobody_is_asked(elevation, capsys):
    elevation.is_terminal = False
    found, first = denied()
    assert found is first
    assert "--elevate" in capsys.readouterr().err


def test_the_option_agrees_beforehand(elevation, capsys):
    elevation.is_terminal = False
    found, _ = denied(elevate=True)
    assert found is elevation.elevated


def test_a_password_that_nobody_gives_is_no_failure(elevation, capsys):
    elevation.elevated = Helper(HelperFailed("Nobody gave a password."))
    found, first = denied(elevate=True)
    assert found is first
    assert elevation.elevated.is_closed
    assert "Nobody gave a password." in capsys.readouterr().err


def test_a_second_refusal_is_not_asked_about_again(elevation, capsys):
    elevation.elevated = Helper(DENIED)
    found, _ = denied()
    assert found is elevation.elevated
    assert capsys.readouterr().err.count("[y/N]") == 1


def test_nobody_gives_a_password_for_nothing(elevation, capsys):
    elevation.would_help = False
    found, first = denied(elevate=True)
    assert found is first
    assert capsys.readouterr().err == ""


def test_where_there_is_no_way_nothing_is_offered(elevation, monkeypatch, capsys):
    monkeypatch.setattr("leakgui.helper.elevation.find_elevation", lambda: None)
    found, first = denied(elevate=True)
    assert found is first
    assert capsys.readouterr().err == ""


# --- after -------------------------------------------------------------------------


def test_totals_and_the_largest_types_are_printed(capsys):
    print_heap(full_heap())
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].startswith("Heap of glibc 2.27 to 2.42, stopped for 12 ms + 11 ms")
    assert any(line.split() == ["lost,", "directly", "5", "240", "B"] for line in lines)
    lost = next(i for i, line in enumerate(lines) if "LARGEST LOST" in line)
    assert lines[lost + 1].split() == ["2", "19.5", "KiB", "8.0–9.9", "KiB"]
    assert lines[lost + 2].split() == ["5", "240", "B", "Node"]
    assert "seccomp" in told.err


def test_what_was_seen_once_only_is_said_to_be_doubtful(capsys):
    print_heap(replace(full_heap(), looks=1, walked_share=0.42))
    told = capsys.readouterr().out
    assert "one look" in told
    assert "only 42 % of it could be walked" in told


def test_an_allocator_that_is_not_understood_has_no_totals(capsys):
    blind = heap(groups=None, without="blocks", allocator="jemalloc", version="")
    print_heap(replace(blind, leaked=None))
    assert capsys.readouterr().out.splitlines() == [
        "Heap of jemalloc, stopped for 12 ms + 11 ms, 1.00 MiB copied"
    ]


def test_nothing_of_the_heap_is_not_what_was_asked_for():
    assert _has_blocks(snapshot_of(full_heap()))
    assert not _has_blocks(snapshot_of(None))
    assert not _has_blocks(snapshot_of(heap(groups=None, without="blocks")))


def test_a_heap_that_was_walked_in_part_is_not_complete():
    whole = snapshot_of(full_heap())
    assert _as_json("f", TARGET, whole)["complete"]
    partly = replace(full_heap(), is_complete=False)
    assert not _as_json("f", TARGET, snapshot_of(partly))["complete"]


def test_a_difference_tells_of_the_heap(capsys):
    before, after = snapshot_of(heap(groups=[]), 1), snapshot_of(full_heap(), 2)
    _print_difference(compare(before, after))
    told = capsys.readouterr().out
    for part in ("heap in use", "heap lost", "Heap by type", "Heap by size",
                 "Lost blocks", "class Node"):  # fmt: skip
        assert part in told, part


# --- recordings --------------------------------------------------------------------


def live_with(*snapshots):
    live = LiveRecording(TARGET, RecordingClock())
    for snapshot in snapshots:
        live.add_snapshot(snapshot)
    return live


def test_a_recording_without_any_heap_says_why(capsys):
    denied = Gap(where="heap", reason=GapReason.DENIED, detail="Yama. Try: sudo")
    refused = replace(snapshot_of(None), gaps=(denied,))
    tell_missing_heaps(live_with(refused))
    assert capsys.readouterr().err == "No heap: Yama. Try: sudo\n"


def test_a_recording_with_a_heap_says_nothing(capsys):
    tell_missing_heaps(live_with(snapshot_of(full_heap(), 1), snapshot_of(None, 2)))
    assert capsys.readouterr().err == ""


def test_a_recording_too_short_for_a_heap_says_so(capsys):
    tell_missing_heaps(live_with())
    told = capsys.readouterr().err
    assert told == "No heap: the recording ended before one was taken.\n"
