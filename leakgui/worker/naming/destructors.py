"""Whether a C++ class has a virtual destructor, told by its virtual table."""

from __future__ import annotations

import re
from enum import StrEnum

import numpy as np

from leakgui.worker.naming.demangling import is_demangled
from leakgui.worker.naming.machine_code import read_code
from leakgui.worker.naming.modules import Modules
from leakgui.worker.naming.releasing import Releasing
from leakgui.worker.naming.type_information import TypeInformation

MOST_SLOTS = 512
WORD = 8
MOST_FUNCTIONS = 100_000
# Itanium C++ ABI, 5.1.4.3, <ctor-dtor-name>, and "Ev": no parameters. Behind that may
# be what a compiler or a linker adds to copies and versions. What follows the first tag
# (B, 5.1.4.1) is not read: then it takes no time, and in doubt nobody is suspected.
_DESTRUCTOR = re.compile(r"D[0-5](?:Ev(?:[.@]|$)|B\d)")


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
        tables = information.describing_tables
        # The classes that describe classes declare their virtual destructor first, so
        # that slot 1 is the deleting one (Itanium C++ ABI, 2.5.2 and 2.9.5).
        slots = [modules.read_word(table + WORD) for table in tables]
        self._releasing = Releasing(modules, [slot for slot in slots if slot])
        self._is_harmless: dict[int, bool | None] = {}

    def missing_in(self, table: int) -> Certainty | None:
        """Return how sure it is that a class has none; None: it has one, or doubt."""
        slots = self._slots_of(table)
        if not slots:
            return None
        located = self._modules.locate(table)
        is_certain = located is not None and located[0].symbols is not None
        for slot in slots:
            has_name = self._has_harmless_name(slot)
            if has_name is False:
                return None
            is_certain = is_certain and has_name is True
        if is_certain:
            return Certainty.CERTAIN
        # Not all at once: most classes have their destructor in the first slots.
        if not all(self._releasing.releases(slot) is False for slot in slots):
            return None
        return None if self._has_destructor_pair(table, slots) else Certainty.LIKELY

    def _has_destructor_pair(self, table: int, slots: list[int]) -> bool:
        """Whether a function does what destructors do, however they release memory.

        The deleting one calls the one in the slot before it, and both set the object's
        pointer to the table (Itanium C++ ABI, 2.5.2 and 2.6.2), unless there is nothing
        to do and the first one just returns. Other functions may do so, too: then
        nothing is claimed of a class that does lack a destructor.
        """
        for before, slot in zip([table, *slots], slots, strict=False):
            code = read_code(self._modules, slot)
            if code is None or code.does_nothing():
                return True
            if np.isin([before, table], code.distant_targets()).any():
                return True
        return False

    def _has_harmless_name(self, function: int) -> bool | None:
        """Whether the name of a function is not a destructor's; None: it has none."""
        if function not in self._is_harmless:
            if len(self._is_harmless) >= MOST_FUNCTIONS:
                return False  # in doubt nobody is suspected
            names = self._modules.functions_at(function)
            self._is_harmless[function] = _are_harmless(names)
        return self._is_harmless[function]

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


def _are_harmless(names: tuple[str, ...]) -> bool | None:
    """Whether none of these mangled names is a destructor's; None: nobody can tell.

    A C++ name that the demangler does not understand may be one, however it is written:
    newer compilers know more kinds of names than it does.
    """
    if any(_DESTRUCTOR.search(name) for name in names):
        return False
    are_clear = all(not name.startswith("_Z") or is_demangled(name) for name in names)
    return True if names and are_clear else None


def _leading(flags: np.ndarray) -> int:
    """Return how many are true before the first that is not."""
    false = np.flatnonzero(~flags)
    return int(false[0]) if len(false) else len(flags)
