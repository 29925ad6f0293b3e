"""Who watches somebody else's process is told what will be missing, and why."""

from leakgui.probe.face import Capability
from leakgui.ui.access_note import note_of


def capability(key: str, label: str, command: str = "") -> Capability:
    return Capability(
        key=key,
        label=label,
        is_allowed=key == "counters",
        reason="It belongs to root.",
        command=command,
    )


COUNTERS = capability("counters", "memory and handle counts")
SHARES = capability("shares", "shared and private memory", "sudo leakgui")
MAPPINGS = capability("mappings", "mappings", "sudo other")
MEMORY = capability("memory", "contents of memory")


def test_nothing_is_said_where_everything_that_is_read_can_be_seen():
    assert note_of((COUNTERS, MEMORY)) is None


def test_says_what_is_missing_why_and_what_would_change_it():
    note = note_of((COUNTERS, SHARES, MAPPINGS, MEMORY))
    assert note is not None
    assert note.message == "Counts only. It belongs to root."
    assert "shared and private memory, mappings" in note.hint
    assert "contents" not in note.hint
    assert note.command == "sudo leakgui"
