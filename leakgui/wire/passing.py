"""Frames with open files beside them, over a socket between two processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leakgui.wire.frames import Frame

MOST_FILES = 512
"""In one parcel: a memory file and the modules of a very large program."""


@dataclass(slots=True)
class Parcel:
    """A frame that was received, and the files that came with it, to be closed."""

    frame: Frame
    files: Sequence[int] = ()
    """Open descriptors, not inherited by other programs."""

    def close(self) -> None:
        """Close the files; may be called more than once."""
        raise NotImplementedError
