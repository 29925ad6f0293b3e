"""The files behind an image: names for addresses, and memory that was not copied."""

from __future__ import annotations

from leakgui.model.columns import U64
from leakgui.worker.image import Image


class Modules:
    """The mapped ELF files of one image; nothing is read before it is asked for.

    The files are strangers': what cannot be read, or makes no sense, is unknown and
    never an error. Descriptors belong to the image and are not closed here.
    """

    def __init__(self, image: Image) -> None:
        self._image = image

    def symbol_at(self, address: int) -> str | None:
        """Return ``g_cache (libfoo.so)`` or ``g_cache+16 (libfoo.so)`` for data.

        ``libfoo.so+0x4010`` where the module has no symbol for the address; None
        outside of every module.
        """
        raise NotImplementedError

    def read_words(self, addresses: U64) -> tuple[U64, U64]:
        """Return the words at these addresses, and 1 for each that is known."""
        raise NotImplementedError

    def read_text(self, address: int, most: int) -> bytes | None:
        """Return the bytes before the next NUL, at most ``most``; None: unknown."""
        raise NotImplementedError
