"""Where the search for pointers starts: ranges of words, each with what it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from leakgui.model.columns import I64, U64, Columns


class RootKind(IntEnum):
    """What a root is a part of."""

    GLOBAL = 0
    """Data of a module: .data, .bss, and what was read-only after relocation."""
    STACK = 1
    REGISTER = 2
    THREAD_LOCAL = 3
    """Static thread-local variables, the thread's control block, its dtv."""
    MEMORY = 4
    """Other private memory: mapped by the program itself, or by another allocator."""
    SHARED = 5
    """Memory shared with other processes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RootRanges(Columns):
    """Ranges of ``Image.words`` that are searched for pointers, by place, disjoint."""

    first_word: I64
    end_word: I64
    kind: I64
    """One of ``RootKind``."""
    tid: I64
    """The thread of a stack or of thread-local memory; -1 where there is none."""
    module: I64
    """Index in ``Image.modules`` of the module of a global; -1 where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LooseRoots(Columns):
    """Pointers that are in no range: registers, and blocks known to be in use."""

    value: U64
    kind: I64
    tid: I64
    number: I64
    """Which register: 0 to 26 as in ``Image.registers``, 100 and up are words of
    ``Image.vectors``; -1 where the root is no register."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Roots:
    """All that the search starts from."""

    ranges: RootRanges
    loose: LooseRoots

    @property
    def words(self) -> int:
        """How many words are searched."""
        return int((self.ranges.end_word - self.ranges.first_word).sum())
