"""What the freezer is asked for, what it tells, and what it found."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import NamedTuple

from leakgui.model.process import ProcessKey
from leakgui.probe.freezing.copying import Ranges
from leakgui.probe.freezing.pagemap import Runs
from leakgui.probe.ownership import Owner, check_owner
from leakgui.probe.process_stat import ask_alive


class Order(NamedTuple):
    """What is to be copied, and where to."""

    key: ProcessKey
    owner: Owner | None
    """Who it has to belong to; None: to anybody."""
    memory: int
    """Descriptor of the file that the copy goes to."""
    may_fork: bool
    bytes_per_s: float
    """How fast this machine copies, as far as is known."""

    @property
    def pid(self) -> int:
        """Return the number of the target, which may be another's by now."""
        return self.key.pid


class Telling(NamedTuple):
    """Whom the freezer tells how it goes."""

    progress: Callable[[int, int], None]
    """Bytes done, and in all."""
    fuse: Callable[[float], None] = lambda _: None
    """How long it has from now; 0: as long as it takes."""


class Report(NamedTuple):
    """What was seen while the target stood still."""

    maps: bytes
    held: Runs
    """Of all mappings, not only of those copied."""
    failed: Ranges
    unseen_bytes: int
    """Of shared memory, see ``shared_files``."""
    resident_bytes: int
    tids: array[int]
    registers: array[int]
    vectors: array[int]
    has_forked: bool
    taken_unix_s: float
    paused_s: float
    """Of both stops where it forked."""
    notes: list[str]


def refuse_stranger(order: Order) -> None:
    """Raise where who stands still is not, or is no longer, who was meant.

    Asked while it is stopped: nothing can change after the answer. Before, its number
    may become another's, and it may begin a program that has another's rights.
    """
    ask_alive(order.key)
    if order.owner is not None:
        check_owner(order.pid, order.owner)
