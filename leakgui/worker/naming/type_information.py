"""C++ type information of a running program, read from its virtual tables.

Layouts are those of the Itanium C++ ABI: section 2.5.2 (a table's address point is
behind offset-to-top and the pointer to ``type_info``) and section 2.9.5 (``type_info``
begins with a pointer to a table of its own class, then the mangled name).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import U64
from leakgui.worker.naming.modules import Modules

OFFSET_TO_TOP = 16
"""Bytes before the address point of a table."""
TYPE_INFO = 8
"""Bytes before the address point of a table."""
NAME = 8
"""Bytes behind the beginning of a ``type_info``."""
SINGLE_BASE = 16
"""``__si_class_type_info``: the base's ``type_info``."""
SEVERAL_COUNT = 20
"""``__vmi_class_type_info``: u32 flags, u32 number of bases, then for each ..."""
SEVERAL_FIRST = 24
"""... the base's ``type_info`` and offset and flags."""

NO_BASE = b"N10__cxxabiv117__class_type_infoE"
SINGLE = b"N10__cxxabiv120__si_class_type_infoE"
SEVERAL = b"N10__cxxabiv121__vmi_class_type_infoE"
KINDS = (NO_BASE, SINGLE, SEVERAL)

MOST_NAME = 4096
MOST_CLASSES = 20_000
MOST_KINDS = 4096
"""Different first words of what may be type information that are looked at."""
# Section 5.1.5, <class-enum-type>: a source name, nested, std, local or closure.
_CLASS_NAME = re.compile(rb"\*?[1-9NSZU][A-Za-z0-9_$.]*")


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """One class as its program describes it."""

    address: int
    mangled: str
    base: int
    """Address of the first base's type information; 0: none."""


class TypeInformation:
    """Reads and remembers the type information of one image."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._kinds: dict[int, bytes] = {}
        self._infos: dict[int, TypeInfo | None] = {}

    def behind_tables(self, tables: U64) -> U64:
        """Return for each supposed table where its type information is; 0: no table.

        Checks all that can be checked without reading a name: the type information
        is in memory of a module and begins with a table of a class that describes
        classes.
        """
        found = np.zeros(len(tables), np.uint64)
        rows = np.flatnonzero(tables >= OFFSET_TO_TOP)
        tops, are_known = self._modules.read_words(
            tables[rows] - np.uint64(OFFSET_TO_TOP)
        )
        rows = rows[are_known & (tops == 0)]
        infos, are_known = self._modules.read_words(tables[rows] - np.uint64(TYPE_INFO))
        rows, infos = rows[are_known], infos[are_known]
        is_described = self._are_described(infos)
        found[rows[is_described]] = infos[is_described]
        return found

    def _are_described(self, infos: U64) -> npt.NDArray[np.bool_]:
        firsts, are_known = self._modules.read_words(infos)
        firsts[~are_known] = 0
        different, counts = np.unique(firsts, return_counts=True)
        for row in np.argsort(-counts, kind="stable")[:MOST_KINDS].tolist():
            self._kind_of(int(different[row]))
        kinds = np.array([key for key, kind in self._kinds.items() if kind], np.uint64)
        described: npt.NDArray[np.bool_] = np.isin(firsts, kinds)
        return described

    def _kind_of(self, table: int) -> bytes:
        """Return which class describes classes with this table; empty: none.

        A run-time library describes these classes as any other, so that their names
        tell without symbols which is which, wherever the library was linked into.
        """
        kind = self._kinds.get(table)
        if kind is None:
            kind = b""
            if table >= TYPE_INFO and len(self._kinds) < MOST_KINDS:
                name = self._name_at(self._modules.read_word(table - TYPE_INFO))
                kind = name if name in KINDS else b""
            self._kinds[table] = kind
        return kind

    @property
    def describing_tables(self) -> list[int]:
        """The tables of the classes that describe classes, as far as they were met."""
        return [table for table, kind in self._kinds.items() if kind]

    def _name_at(self, info: int | None) -> bytes | None:
        if not info:
            return None
        text = self._modules.read_word(info + NAME)
        return self._modules.read_text(text, MOST_NAME) if text else None

    def read(self, address: int) -> TypeInfo | None:
        """Return the class described at an address; None where none is."""
        if address not in self._infos:
            if len(self._infos) >= MOST_CLASSES:
                return None
            self._infos[address] = self._read(address)
        return self._infos[address]

    def _read(self, address: int) -> TypeInfo | None:
        first = self._modules.read_word(address)
        kind = self._kind_of(first) if first else b""
        name = self._name_at(address) if kind else None
        if not name or not _CLASS_NAME.fullmatch(name):
            return None
        base = self._first_base(address, kind)
        return TypeInfo(address, name.decode("ascii"), base)

    def _first_base(self, address: int, kind: bytes) -> int:
        if kind == SINGLE:
            return self._modules.read_word(address + SINGLE_BASE) or 0
        if kind == SEVERAL:
            counts = self._modules.read(address + SEVERAL_COUNT, 4)
            if len(counts) == 4 and int.from_bytes(counts, "little") > 0:
                return self._modules.read_word(address + SEVERAL_FIRST) or 0
        return 0
