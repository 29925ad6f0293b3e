"""Whether the heap of a process may be copied, as a row beside what may be read."""

from __future__ import annotations

from leakgui.errors import ProcessGone, TargetError
from leakgui.model.process import ProcessKey
from leakgui.probe.face import Capability
from leakgui.probe.freezing.refusals import refuse_unfit
from leakgui.texts import say

KEY = "pause"


def find_pause_capability(key: ProcessKey, memory: Capability) -> Capability:
    """Return whether a process may be stopped for a copy; nothing is stopped now.

    ``memory`` is the row about reading its memory: the same command would allow both.

    Raises:
        ProcessGone: it ended.
    """
    label = say("native heap, in a short pause")
    try:
        refuse_unfit(key)
    except ProcessGone:
        raise
    except TargetError as error:
        command = "" if memory.is_allowed else memory.command
        return Capability(
            key=KEY, label=label, is_allowed=False, reason=error.message,
            command=command,
        )  # fmt: skip
    return Capability(key=KEY, label=label, is_allowed=True, reason=memory.reason)
