"""The types of the blocks of one image."""

from __future__ import annotations

from dataclasses import dataclass

from leakgui.model.columns import U64
from leakgui.model.heap import TypeKind
from leakgui.worker.image import Image

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
        raise NotImplementedError
