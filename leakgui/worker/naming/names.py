"""The types of the blocks of one image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leakgui.model.columns import U64
from leakgui.model.heap import TypeKind
from leakgui.worker.image import Image
from leakgui.worker.naming.text import begins_with_text

TEXT = "text"
"""What blocks that begin with printable text are called."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """The C++ classes that occur in an image, by the tables that objects begin with."""

    table: U64
    """Addresses of virtual tables as they stand in objects, sorted, no two equal."""
    class_name: tuple[str, ...]
    """Demangled and printable, one a table."""
    base_name: tuple[str, ...]
    """The first base class, or empty."""

    def type_at(self, image: Image, place: int, size: int) -> tuple[str, TypeKind]:
        """Return name and kind of the block of ``size`` bytes at a place in ``words``.

        The name is a class, ``text``, or empty where only the size is known.
        """
        if not 0 <= place < len(image.words) or not image.is_present(place):
            return "", TypeKind.SIZE
        row = self.find_table(int(image.words[place]))
        if row is not None:
            return self.class_name[row], TypeKind.CLASS
        if begins_with_text(image, place, size):
            return TEXT, TypeKind.TEXT
        return "", TypeKind.SIZE

    def find_table(self, address: int) -> int | None:
        """Return the row of a table; None where no object begins with it."""
        row = int(np.searchsorted(self.table, np.uint64(address)))
        is_found = row < len(self.table) and int(self.table[row]) == address
        return row if is_found else None
