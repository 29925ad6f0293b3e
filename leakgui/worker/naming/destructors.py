"""Whether a C++ class has a virtual destructor, told by its virtual table."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from leakgui.worker.naming.demangling import demangle_symbol
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.releasing import Releasing
from leakgui.worker.naming.type_information import TypeInformation

MOST_SLOTS = 512
WORD = 8


class Certainty(StrEnum):
    """How sure it is that a class has no virtual destructor."""

    CERTAIN = "certain"
    """Every function of its table has a name, in a module with all its symbols."""
    LIKELY = "likely"
    """No function of its table releases memory, as a deleting destructor must."""


class Destructors:
    """Judges the classes of one image by their virtual tables."""

    def __init__(self, modules: Modules, information: TypeInformation) -> None:
        self._modules = modules
        self._information = information
        tables = information.describing_tables
        # The classes that describe classes declare their virtual destructor first, so
        # that slot 1 is the deleting one (Itanium C++ ABI, 2.5.2 and 2.9.5).
        slots = [modules.read_word(table + WORD) for table in tables]
        self._releasing = Releasing(modules, [slot for slot in slots if slot])

    def missing_in(self, table: int) -> Certainty | None:
        """Return how sure it is that a class has none; None: it has one, or doubt."""
        slots = self._slots_of(table)
        if not slots:
            return None
        names = [self._modules.functions_at(slot) for slot in slots]
        if any("~" in demangle_symbol(name) for each in names for name in each):
            return None
        located = self._modules.locate(table)
        has_all_symbols = located is not None and located[0].symbols is not None
        if has_all_symbols and all(names):
            return Certainty.CERTAIN
        answers = [self._releasing.releases(slot) for slot in slots]
        return Certainty.LIKELY if all(answer is False for answer in answers) else None

    def _slots_of(self, table: int) -> list[int]:
        """Return the functions of a table; none where its end is in doubt."""
        steps = np.arange(MOST_SLOTS, dtype=np.uint64) * np.uint64(WORD)
        places = np.uint64(table) + steps
        words, are_known = self._modules.read_words(places)
        values = words[: _leading(are_known)].tolist()
        slots: list[int] = []
        for value in values:
            if not self._modules.is_code(value):
                break
            slots.append(value)
        behind = values[len(slots) : len(slots) + 2]
        # The table of an abstract class, seen while an object of it is destroyed, has
        # zeros for both destructors (gcc 12 cp/class.cc, build_vtbl_initializer).
        is_doubtful = behind == [0, 0] or len(slots) == MOST_SLOTS
        return [] if is_doubtful else slots


def _leading(flags: np.ndarray) -> int:
    """Return how many are true before the first that is not."""
    false = np.flatnonzero(~flags)
    return int(false[0]) if len(false) else len(flags)
