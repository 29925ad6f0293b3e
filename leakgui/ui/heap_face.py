"""What the window asks of a recorder about the native heap, as a face.

The real one is ``leakgui.recording.recorder.Recorder``; tests put a puppet here.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from leakgui.model.block import BlockDetail
from leakgui.model.heap import Level
from leakgui.model.snapshot import Snapshot


class Estimate(Protocol):
    """What a copy of the heap would cost, asked before anything is stopped."""

    @property
    def copy_bytes(self) -> int:
        """Bytes that would be copied."""

    @property
    def paused_ms(self) -> float:
        """How long the process would stand still."""

    @property
    def can_fork(self) -> bool:
        """Whether a fork snapshot is possible."""

    @property
    def cannot_fork_reason(self) -> str:
        """Why it is not."""


class Stage(Protocol):
    """How far a heap snapshot is."""

    @property
    def text(self) -> str:
        """What is done now, in a few words."""

    @property
    def done(self) -> int:
        """How much of it is done."""

    @property
    def total(self) -> int:
        """Of how much; 0 where that is not known."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user agreed to."""

    level: Level
    confirm_after_s: float = 3.0
    """Seconds until the second look; 0 takes one look only."""


@runtime_checkable
class HeapRecorder(Protocol):
    """A recording under way whose process can be looked into."""

    def estimate_heap_copy(self) -> Estimate:
        """Return what a copy would cost; stops nothing; not for the main thread.

        Raises:
            TargetError: it cannot be copied, with the reason and the remedy.
            HelperFailed: nobody could be asked.
        """

    def take_snapshot(
        self, name: str = "", heap: Wish | None = None
    ) -> Future[Snapshot]:
        """Take a snapshot in the background, with the heap where it is wished."""

    def describe_block(self, address: int) -> BlockDetail | None:
        """Describe a block of the newest heap; not for the main thread."""

    @property
    def heap_number(self) -> int | None:
        """The snapshot whose contents are still there to be looked into."""

    @property
    def heap_stage(self) -> Stage | None:
        """How far the heap snapshot under way is; None where none is."""

    def cancel_heap(self) -> None:
        """Give up the heap snapshot that is under way; the process runs on."""

    def use_elevated_helper(self, elevation: object) -> None:
        """Ask a helper with administrator rights from now on."""
