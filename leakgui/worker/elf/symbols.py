"""The symbols of one ELF file, by address."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import I64, U64
from leakgui.worker.elf import layout

MOST_NAME = 4096
"""Bytes of a name that are looked at."""
MOST_ALIASES = 64
MOST_MATCHES = 4096


class SymbolTable:
    """Symbols of a table, found by unrelocated address; names are read when asked for.

    Args:
        records: ``layout.SYMBOL`` as in the file.
        names: The string table of the file.
    """

    def __init__(self, records: npt.NDArray[np.void], names: bytes) -> None:
        self._records = records
        self._names = names
        kinds = records["info"] & 0xF
        is_defined = (records["section"] != 0) & (records["value"] != 0)
        is_data = kinds == layout.TYPE_OBJECT
        is_code = (kinds == layout.TYPE_FUNCTION) | (
            kinds == layout.TYPE_INDIRECT_FUNCTION
        )
        self._data, self._data_at = self._sorted(is_defined & is_data)
        self._code, self._code_at = self._sorted(is_defined & is_code)

    def _sorted(self, chosen: npt.NDArray[np.bool_]) -> tuple[I64, U64]:
        entries = np.flatnonzero(chosen)
        order = np.argsort(self._records["value"][entries], kind="stable")
        entries = entries[order]
        return entries, self._records["value"][entries].astype(np.uint64)

    def data_at(self, address: int) -> tuple[str, int] | None:
        """Return the name of the data symbol that covers an address, and its start."""
        last = int(np.searchsorted(self._data_at, np.uint64(address), "right")) - 1
        if last < 0:
            return None
        start = int(self._data_at[last])
        first = int(np.searchsorted(self._data_at, np.uint64(start), "left"))
        entries = self._data[max(first, last - MOST_ALIASES) : last + 1]
        covering = [e for e in entries if address - start < self._size(int(e))]
        if not covering:
            return None
        # Of several names at one place the global one is what the program calls it.
        chosen = max(covering, key=lambda e: int(self._records["info"][e]) >> 4)
        name = self.name_of_entry(int(chosen))
        return (name, start) if name else None

    def _size(self, entry: int) -> int:
        return max(int(self._records["size"][entry]), 1)

    def functions_at(self, address: int) -> tuple[str, ...]:
        """Return all names of the function that begins at an address."""
        first, last = np.searchsorted(
            self._code_at, np.array([address, address + 1], np.uint64)
        )
        chosen = self._code[first : min(last, first + MOST_ALIASES)]
        return tuple(self.name_of_entry(int(entry)) for entry in chosen)

    def find_functions(self, prefix: bytes) -> list[int]:
        """Return the addresses of the functions whose names begin like this."""
        places: list[int] = []
        at = self._names.find(prefix)
        while at >= 0 and len(places) < MOST_MATCHES:
            places.append(at)
            at = self._names.find(prefix, at + 1)
        is_match = np.isin(self._records["name"][self._code], np.array(places))
        return [int(address) for address in self._code_at[is_match][:MOST_MATCHES]]

    def name_of_entry(self, entry: int) -> str:
        """Return the name of the symbol in a row of the table; empty: unknown."""
        if entry >= len(self._records):
            return ""
        name = self._raw_name(int(self._records["name"][entry]))
        return name.decode("utf-8", "surrogateescape")

    def _raw_name(self, at: int) -> bytes:
        end = self._names.find(b"\0", at, at + MOST_NAME)
        return self._names[at : end if end >= 0 else at + MOST_NAME]
