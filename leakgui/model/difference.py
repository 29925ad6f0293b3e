"""What changed between two snapshots, in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leakgui.model.columns import F64, I64, Columns
from leakgui.model.heap import HeapDifference
from leakgui.model.snapshot import Gap
from leakgui.model.text_column import TextColumn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes(Columns):
    """One row for each group of things that was there before, after, or both.

    Rows are ordered by growth, largest first. Counts are whole numbers; bytes are
    NaN where a size is unknown or makes no sense (handles).
    """

    key: TextColumn
    """What was grouped: a mapping's backing, a handle's kind and target, a name."""
    kind: TextColumn
    """The class of the group: ``anonymous``, ``file``, ``socket``, ..."""
    detail: TextColumn
    """What else is worth knowing: permissions, TCP states, what threads wait in."""
    before: I64
    after: I64
    delta: I64
    before_bytes: F64
    after_bytes: F64
    delta_bytes: F64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """A later snapshot minus an earlier one."""

    from_number: int
    to_number: int
    from_elapsed_s: float
    to_elapsed_s: float
    steps: int
    """Steps that the user marked in between; 0 means none was marked."""
    counters: Mapping[str, tuple[float | None, float | None]]
    """Metric values before and after; ``None`` where one is unknown."""
    mappings: Changes | None
    handles: Changes | None
    threads: Changes | None
    gaps: tuple[Gap, ...] = ()
    noise_bytes: float = 0.0
    """Changes of memory up to this are within what comes and goes by itself."""
    has_change: bool = True
    """False: no difference above noise."""
    heap_by_size: Changes | None = None
    """Blocks in use by size class; ``None`` where a snapshot has no heap."""
    heap_by_type: Changes | None = None
    """Blocks in use by class, text or, where neither is known, by size."""
    heap_lost: Changes | None = None
    """Blocks that nothing reaches, by class, text or size."""
    heap: HeapDifference | None = None
