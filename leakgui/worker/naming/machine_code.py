"""The code of functions in modules' files: how long it is, and where it leads.

Nothing is disassembled: every four bytes of a function are tried as the distance by
which x86-64 code says where it calls, jumps or reads (Intel SDM volume 2, 2.2.1.6). A
distance that hits one of a few addresses to the byte is no coincidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.naming.modules import Modules

MOST_FUNCTION_BYTES = 1 << 16
CALL, JUMP = 0xE8, 0xE9
INDIRECT_JUMP = b"\xff\x25"
MARK_OF_TARGETS = b"\xf3\x0f\x1e\xfa"
"""endbr64, which may stand before everything that is jumped to."""
RETURN = b"\xc3"
STUB_BYTES = 16


@dataclass(frozen=True, slots=True)
class Code:
    """The bytes of one function as they are in its file."""

    address: int
    data: bytes

    def distant_targets(self) -> I64:
        """Return for each four bytes the address they mean if they are a distance."""
        data = np.frombuffer(self.data, np.uint8)
        if len(data) < 4:
            return np.zeros(0, np.int64)
        four = np.lib.stride_tricks.sliding_window_view(data, 4)
        distance = np.ascontiguousarray(four).view("<i4")[:, 0].astype(np.int64)
        found: I64 = self.address + 4 + np.arange(len(distance)) + distance
        return found

    def targets_of(self, *operations: int) -> list[int]:
        """Return where calls or jumps of these operation codes lead, each one once."""
        behind = self.distant_targets()[1:]
        data = np.frombuffer(self.data, np.uint8)[: len(behind)]
        found: list[int] = np.unique(behind[np.isin(data, operations)]).tolist()
        return found

    def does_nothing(self) -> bool:
        """Whether the function returns at once."""
        return self.data.removeprefix(MARK_OF_TARGETS).startswith(RETURN)

    def jumps_out(self, modules: Modules) -> list[int]:
        """Return the functions that this one jumps to, stubs left out."""
        return [
            target
            for target in self.targets_of(JUMP)
            if not self.address <= target < self.address + len(self.data)
            and modules.is_code(target)
            and slot_of_stub(modules, target) is None
        ]


def read_code(modules: Modules, address: int) -> Code | None:
    """Return the code from an address to the next function; None: unknown."""
    located = modules.locate(address)
    if located is None or not modules.is_code(address):
        return None
    file, inside = located
    starts = file.function_starts
    row = int(np.searchsorted(starts, inside, "right"))
    if row == 0:
        return None
    end = int(starts[row]) if row < len(starts) else inside + MOST_FUNCTION_BYTES
    data = modules.read(address, min(end - inside, MOST_FUNCTION_BYTES))
    return Code(address, data) if data else None


def slot_of_stub(modules: Modules, address: int) -> int | None:
    """Return which word a stub of a procedure linkage table jumps through, or None."""
    if not modules.is_code(address):
        return None
    data = modules.read(address, STUB_BYTES)
    start = len(MARK_OF_TARGETS) if data.startswith(MARK_OF_TARGETS) else 0
    at = data.find(INDIRECT_JUMP, start, start + 3)  # a bnd prefix may come before
    if at < 0 or at + 6 > len(data):
        return None
    distance = int.from_bytes(data[at + 2 : at + 6], "little", signed=True)
    return address + at + 6 + distance


def next_jump(modules: Modules, address: int) -> int | None:
    """Return where a function leads that does nothing but jump, or None."""
    data = modules.read(address, STUB_BYTES)
    start = len(MARK_OF_TARGETS) if data.startswith(MARK_OF_TARGETS) else 0
    if len(data) < start + 5 or data[start] != JUMP:
        return None
    distance = int.from_bytes(data[start + 1 : start + 5], "little", signed=True)
    return address + start + 5 + distance
