"""Look into a native heap: copy, interpret, and look again at what seems lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

from leakgui.errors import (
    AccessDenied,
    HelperFailed,
    LeakguiError,
    ProcessGone,
    Unsupported,
)
from leakgui.model.block import BlockDetail
from leakgui.model.heap import Heap, Level
from leakgui.model.process import ProcessKey
from leakgui.model.snapshot import Gap, GapReason, Snapshot
from leakgui.texts import say

CONFIRM_AFTER_S = 3.0
"""What was in flight at the first look has landed somewhere by then."""
HEAP = "heap"
"""``Gap.where`` of what concerns the heap as a whole."""
_LOOK_EVERY_S = 0.05

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
    def can_fork(self) -> bool: ...

    @property
    def cannot_fork_reason(self) -> str: ...


class Copied(Protocol):
    """A copied heap on its way from the helper to the worker; closes its files."""

    @property
    def paused_ms(self) -> float: ...

    @property
    def gaps(self) -> tuple[Gap, ...]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

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

    def interpret(
        self,
        copied: Copied,
        progress: Progress,
        *,
        cancelled: Cancelled,
        confirm: bool,
    ) -> Heap: ...

    def describe_block(self, address: int) -> BlockDetail | None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What a look into a heap gave, or why it gave nothing."""

    heap: Heap | None = None
    gaps: tuple[Gap, ...] = ()
    paused_ms: float = 0.0
    """Over all looks, also where nothing came of them."""
    cost_ms: float = 0.0
    """How long it took, without the wait between two looks."""
    refusal: LeakguiError | None = None
    """Why there is no heap."""
