"""Wait until a program that ended is started again."""

from __future__ import annotations

from leakgui.model.process import ProcessKey, Target
from leakgui.probe.face import Platform


class NextStart:
    """Ask ``poll`` about once a second; it answers once the program is back."""

    def __init__(self, target: Target, platform: Platform | None = None) -> None:
        raise NotImplementedError

    def poll(self) -> ProcessKey | None:
        """Return the new process of the same program, or None."""
        raise NotImplementedError
