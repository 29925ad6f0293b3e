"""The native heap of one process at one instant: what is in use, free, and lost.

The blocks themselves stay in the process that interpreted them; what is kept are
groups of blocks, in columns, and those blocks that somebody will want to look at.
"Direct", "indirect", "possible" and "reachable" mean what Valgrind means by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from leakgui.model.columns import F64, I64, U64, Columns
from leakgui.model.text_column import TextColumn


class BlockState(StrEnum):
    """Whether a pointer leads to a block, and from where."""

    REACHABLE = "reachable"
    DIRECT = "direct"
    """Unreachable, and no other unreachable block points to it; of a cycle, one."""
    INDIRECT = "indirect"
    """Unreachable, pointed to only from unreachable blocks."""
    POSSIBLE = "possible"
    """Pointed to only at an inner address, or from such a block."""


class TypeKind(StrEnum):
    """How a group of blocks got its name."""

    CLASS = "class"
    """A C++ class, by the type information that its first word leads to."""
    TEXT = "text"
    """Blocks that begin with printable text."""
    SIZE = "size"
    """Nothing but the size is known."""


class Level(StrEnum):
    """How a heap was copied."""

    PAUSE = "pause"
    INJECT = "inject"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTotals:
    """The blocks of an allocator by what it did with them; sizes are usable bytes."""

    in_use: int
    in_use_bytes: int
    free: int
    """Free chunks, the unused end of each arena included, and those below."""
    free_bytes: int
    cached: int
    """Of the free ones: kept by a thread or a fastbin for the next request."""
    cached_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTotals:
    """The blocks in use by what leads to them; sizes are usable bytes."""

    direct: int
    direct_bytes: int
    indirect: int
    indirect_bytes: int
    possible: int
    possible_bytes: int
    reachable: int
    reachable_bytes: int
    unconfirmed: int = 0
    """Of the reachable ones: lost in the second look only, so perhaps in flight."""
    unconfirmed_bytes: int = 0

    @property
    def lost(self) -> int:
        """Blocks that nothing reaches any more."""
        return self.direct + self.indirect

    @property
    def lost_bytes(self) -> int:
        """Bytes of the blocks that nothing reaches any more."""
        return self.direct_bytes + self.indirect_bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockGroups(Columns):
    """Blocks in use, one row for each type, size class and state that occurs."""

    type_name: TextColumn
    """A class, ``text``, or empty where only the size is known."""
    type_kind: TextColumn
    """One of ``TypeKind``."""
    least_bytes: U64
    """The size class: usable bytes from ..."""
    most_bytes: U64
    """... to, both included; equal for small blocks, which have classes of one size."""
    state: TextColumn
    """One of ``BlockState``."""
    count: I64
    bytes: U64
    peek: TextColumn
    """The first printable bytes of one of them, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LostBlocks(Columns):
    """The directly leaked blocks that hold most, with what hangs on each."""

    address: U64
    bytes: U64
    type_name: TextColumn
    type_kind: TextColumn
    indirect: I64
    """Lost blocks that this one leads to, directly or through others. What several
    direct ones lead to counts for one of them only, as with Valgrind, so that
    the sum is ``LeakTotals.indirect``: it need not hang on this one alone."""
    indirect_bytes: U64
    peek: TextColumn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PossibleBlocks(Columns):
    """Possibly leaked blocks, grouped by size and by where pointers enter them."""

    bytes: U64
    """Usable size of each block of the group."""
    offset: I64
    """Where in the block its pointers lead; -1: reached from another one only."""
    count: I64
    type_name: TextColumn
    """What more than half of them are: a class, ``text``, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntrusiveBlocks(Columns):
    """Blocks that are all entered at one inner offset: a header, so reachable."""

    bytes: U64
    offset: I64
    count: I64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arenas(Columns):
    """The pools of the allocator."""

    address: U64
    label: TextColumn
    """``main``, ``thread 1``, ...; ``mapped``: blocks with a mapping of their own."""
    system_bytes: U64
    """Taken from the system."""
    in_use: I64
    in_use_bytes: U64
    free: I64
    free_bytes: U64
    walked_share: F64
    """How much of it could be walked, 0 to 1; 1 when all totals agree."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holders(Columns):
    """Who holds the memory that is still reachable, the largest first."""

    root: TextColumn
    """``global g_cache (libfoo.so)``, ``stack of thread 12``, ``register rbx``, ..."""
    root_kind: TextColumn
    """``global``, ``stack``, ``register``, ``thread-local``, ``memory``."""
    path: TextColumn
    """From the root to the block, block by block: ``g_cache → Map+16 → 64 B``; of a
    long path the ends, and how many more blocks are counted with this one."""
    address: U64
    """The block that holds the rest. Where several hang on the root together, as the
    nodes of a list do, the nearest to it."""
    bytes: U64
    type_name: TextColumn
    retained: I64
    """Blocks that would be lost with it, and with those beside it; they included."""
    retained_bytes: U64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DestructorSuspects(Columns):
    """Polymorphic classes without a virtual destructor, and what they may have lost."""

    class_name: TextColumn
    base_name: TextColumn
    """The base class, or empty where it has none with a table of its own."""
    certainty: TextColumn
    """``certain`` with full symbols, else ``likely``."""
    objects: I64
    """Live blocks that begin with such an object."""
    lost_bytes_each: U64
    """Usable size of leaked blocks like those it owns; 0: none."""
    lost: I64
    """How many such blocks are leaked."""
    lost_bytes: U64
    offset: I64
    """Where in an object the pointer to such a block lies; -1: none."""
    owned: I64
    """Live blocks of that size that objects of this class own at that offset ..."""
    owned_by_all: I64
    """... of all such live blocks that any object owns: equal means it alone does."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Composition(Columns):
    """Where the resident memory is; the rows add up to ``Heap.resident_bytes``."""

    kind: TextColumn
    """``in-use``, ``lost``, ``possible``, ``free``, ``overhead``, ``stacks``,
    ``files``, ``shared``, ``other``, ``swapped``, ``kernel``."""
    label: TextColumn
    bytes: I64
    """Bytes, of the allocator's memory swapped ones too. ``swapped`` takes those out
    again and is negative; ``kernel``, what the kernel counts otherwise, may be."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heap:
    """What is known of a native heap; ``None`` where the allocator isn't understood."""

    allocator: str
    """``glibc``, ``jemalloc``, ``tcmalloc``, ``mimalloc``, ``musl``, ``sanitizer``,
    ``go``, ``valgrind`` or ``unknown``."""
    version: str
    """Which layout was found: ``2.27 to 2.42``; empty where none was."""
    level: Level
    looks: int
    """1, or 2 where leaked blocks were confirmed by a second look."""
    paused_ms: tuple[float, ...]
    """How long the target stood still, for each look."""
    copied_bytes: int
    resident_bytes: int
    """RSS while it stood still."""
    walked_share: float
    """Bytes of arenas that were walked without contradiction, 0 to 1."""
    is_complete: bool
    """Everything was copied and walked: nothing known was left out."""
    blocks: BlockTotals | None = None
    leaked: LeakTotals | None = None
    """``None`` also where the walk or the search for pointers had to be given up."""
    groups: BlockGroups | None = None
    lost: LostBlocks | None = None
    possible: PossibleBlocks | None = None
    intrusive: IntrusiveBlocks | None = None
    arenas: Arenas | None = None
    holders: Holders | None = None
    suspects: DestructorSuspects | None = None
    composition: Composition | None = None
    notes: tuple[str, ...] = ()
    """What else should be known: a fork that was not possible, and why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeapDifference:
    """A later heap minus an earlier one, in bytes and blocks; see ``Difference``."""

    from_number: int
    to_number: int
    from_elapsed_s: float
    to_elapsed_s: float
    in_use_bytes: int
    """Change of what is in use."""
    free_bytes: int
    """Change of what is free inside the allocator."""
    lost: int
    lost_bytes: int
    """Change of what nothing reaches (direct and indirect)."""
    possible_bytes: int
    after: Heap
    """The later of the two, whole."""
    before: Heap
