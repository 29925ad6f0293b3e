"""What ``leakgui snapshot`` says of what it could not read."""

from __future__ import annotations

from argparse import Namespace

from leakgui.cli.snapshot import _tell
from leakgui.model.process import ProcessKey, Target
from leakgui.model.snapshot import Gap, GapReason, Snapshot

TARGET = Target(
    key=ProcessKey(7, 9), name="a\nb", command="a", user="root", started_unix_s=1e9
)


def test_what_is_missing_is_told_once(capsys) -> None:
    gaps = (
        Gap(where="mappings", reason=GapReason.DENIED, detail="Try: sudo leakgui"),
        Gap(where="mappings", reason=GapReason.DENIED, detail="Permission denied"),
        Gap(where="handles", reason=GapReason.DENIED, detail=""),
        Gap(where="heap.second look", reason=GapReason.VANISHED, detail=""),
    )
    snapshot = Snapshot(
        number=1, name="", elapsed_s=0.5, taken_unix_s=1e9,
        counters={"rss_bytes": 4096.0}, mappings=None, handles=None, threads=None,
        gaps=gaps,
    )  # fmt: skip
    _tell(Namespace(json=False, output="f.leak"), TARGET, snapshot)
    told = capsys.readouterr()
    assert "RSS 4.00 KiB, mappings n/a, handles n/a, threads n/a" in told.out
    assert "a\\x0ab (PID 7)" in told.out
    assert told.err.splitlines() == [
        "  Not read, mappings: denied (Try: sudo leakgui)",
        "  Not read, handles: denied",
        "  Not read, heap, second look: vanished",
    ]
