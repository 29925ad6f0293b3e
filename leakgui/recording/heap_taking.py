"""How a recording asks for a native heap, and whom it asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap, Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Gap, Snapshot
from leakgui.wire.passing import Parcel

CONFIRM_AFTER_S = 3.0
"""What was in flight at the first look has landed somewhere by then."""

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapWish:
    """How to look into a heap."""

    level: Level = Level.PAUSE
    confirm_after_s: float = CONFIRM_AFTER_S
    """Seconds until a second look where anything seems lost; 0: one look only."""


@dataclass(frozen=True, slots=True)
class HeapStage:
    """How far a look is; ``total`` is 0 where nobody can say."""

    text: str
    done: int = 0
    total: int = 0


class Estimate(Protocol):
    """What a copy would cost, see ``HelperClient.estimate_heap_copy``."""

    @property
    def copy_bytes(self) -> int: ...

    @property
    def paused_ms(self) -> float: ...

    @property
    def fork_paused_ms(self) -> float: ...

    @property
    def can_fork(self) -> bool: ...

    @property
    def cannot_fork_reason(self) -> str: ...

    @property
    def notes(self) -> tuple[str, ...]: ...


class Copied(Protocol):
    """A copied heap on its way from the helper to the worker; closes its files."""

    @property
    def paused_ms(self) -> float: ...

    @property
    def gaps(self) -> tuple[Gap, ...]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def parcel(self) -> Parcel: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class HeapHelper(Protocol):
    """What is asked of ``leakgui.helper.client.HelperClient``."""

    def take_snapshot(self, key: ProcessKey, *, cancelled: Cancelled) -> Snapshot: ...

    def estimate_heap_copy(self, key: ProcessKey) -> Estimate: ...

    def copy_heap(
        self, key: ProcessKey, level: Level, progress: Progress, *, cancelled: Cancelled
    ) -> Copied: ...

    def close(self) -> None: ...


class HeapWorker(Protocol):
    """What is asked of ``leakgui.worker.client.WorkerClient``."""

    def warm_up(self) -> None: ...

    def is_cold(self) -> bool: ...

    def interpret(
        self,
        copied: Copied,
        progress: Progress,
        *,
        cancelled: Cancelled,
        confirm: bool,
    ) -> Heap: ...

    def describe_block(self, address: int) -> BlockDetail | None: ...

    def forget(self) -> None: ...

    def close(self) -> None: ...
