"""Which functions release memory, told by their names or by their code."""

from __future__ import annotations

import numpy as np

from leakgui.worker.naming.machine_code import (
    CALL,
    JUMP,
    Code,
    next_jump,
    read_code,
    slot_of_stub,
)
from leakgui.worker.naming.modules import Modules

MOST_FUNCTIONS = 20_000
MOST_BYTES = 64 << 20
"""Code that is looked at for all answers together ..."""
BYTES_A_TARGET = 512
"""... where each call or jump takes as long as so many bytes."""
MOST_TARGETS = 4096
"""Calls and jumps of one function."""
MOST_JUMPS = 3
"""So many jumps from one function to the next are followed ..."""
MOST_FOLLOWED = 16
"""... and so many functions in all, for one answer."""
DELETE = b"_Zdl"
"""How mangled names of ``operator delete`` begin (Itanium C++ ABI, 5.1.5.3)."""


def is_releasing(name: str) -> bool:
    """Whether a symbol is an ``operator delete``, a class's own one, or ``free``."""
    return name.startswith(DELETE.decode()) or name == "free" or "dlEPv" in name


class Releasing:
    """Answers which functions release memory; remembers what it was asked.

    Args:
        modules: The files to read.
        destructors: Functions known to be deleting destructors of a run-time library.
            Where nothing has a name, what they jump to is ``operator delete``.
    """

    def __init__(self, modules: Modules, destructors: list[int]) -> None:
        self._modules = modules
        self._destructors = destructors
        self._known: dict[int, frozenset[int]] = {}
        self._answers: dict[int, bool | None] = {}
        self._left = MOST_BYTES

    def releases(self, function: int) -> bool | None:
        """Whether a function, or one it jumps to, releases memory; None: unknown."""
        if function not in self._answers:
            if len(self._answers) >= MOST_FUNCTIONS:
                return None
            self._answers[function] = self._follow(function)
        return self._answers[function]

    def _follow(self, function: int) -> bool | None:
        waiting, seen = [(function, 0)], {function}
        while waiting:
            address, jumps = waiting.pop()
            code = read_code(self._modules, address)
            known = self._known_at(address)
            if code is None or not known or not self._can_afford(code):
                return None
            if self._is_direct(code, known):
                return True
            for target in code.jumps_out(self._modules):
                if target in seen or jumps == MOST_JUMPS:
                    continue
                if len(seen) == MOST_FOLLOWED:
                    return None
                seen.add(target)
                waiting.append((target, jumps + 1))
        return False

    def _can_afford(self, code: Code) -> bool:
        """Whether code may still be looked at: the time for all of it is bounded."""
        targets = len(code.targets_of(CALL, JUMP))
        self._left -= len(code.data) + targets * BYTES_A_TARGET
        return self._left > 0 and targets <= MOST_TARGETS

    def _is_direct(self, code: Code, known: frozenset[int]) -> bool:
        if np.isin(code.distant_targets(), list(known)).any():
            return True
        for target in code.targets_of(CALL, JUMP):
            if slot_of_stub(self._modules, target) in known:
                return True
            if any(map(is_releasing, self._modules.functions_at(target))):
                return True
        return False

    def _known_at(self, address: int) -> frozenset[int]:
        """Return what stands for releasing in the module that an address belongs to."""
        row = self._modules.find_region(address)
        number = -1 if row is None else int(self._modules.module_of_region[row])
        if number not in self._known:
            self._known[number] = frozenset(self._find_known(address, number))
        return self._known[number]

    def _find_known(self, address: int, number: int) -> set[int]:
        located = self._modules.locate(address)
        if located is None:
            return set()
        file, inside = located
        bias = address - inside
        found = {at + bias for at, name in file.slots.items() if is_releasing(name)}
        for table in (file.symbols, file.dynamic_symbols):
            if table is not None:
                found.update(at + bias for at in table.find_functions(DELETE))
        return found | self._behind_destructors(number)

    def _behind_destructors(self, number: int) -> set[int]:
        """Return ``operator delete`` where it was linked in and stripped."""
        found: set[int] = set()
        for function in self._destructors:
            row = self._modules.find_region(function)
            if row is None or int(self._modules.module_of_region[row]) != number:
                continue
            code = read_code(self._modules, function)
            jumps = code.jumps_out(self._modules) if code is not None else []
            if len(jumps) == 1:
                found.update(self._forwarded(jumps[0]))
        return found

    def _forwarded(self, address: int) -> list[int]:
        """Return a function and those that it does nothing but jump to."""
        found = [address]
        while len(found) <= MOST_JUMPS:
            target = next_jump(self._modules, found[-1])
            if target is None or not self._modules.is_code(target):
                break
            found.append(target)
        return found
