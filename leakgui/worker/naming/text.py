"""Blocks that hold text, and the first printable characters of a block."""

from __future__ import annotations

from leakgui.worker.image import Image

PEEK_LETTERS = 48


def peek(image: Image, place: int, size: int) -> str:
    """Return the first printable run of the block at a place in ``words``, or empty.

    At most ``PEEK_LETTERS`` characters, fit for one line of a window.
    """
    raise NotImplementedError
