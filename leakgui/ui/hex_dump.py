"""The first bytes of a block as people read them: offset, hexadecimal, characters."""

from __future__ import annotations

WIDE, NARROW = 16, 8
_WORD = 8


def hex_dump(content: bytes, width: int = WIDE) -> str:
    """Return lines of ``0010  47 45 54 20 …  GET /index``; words stand apart."""
    return "\n".join(
        _line(content[begin : begin + width], begin, width)
        for begin in range(0, len(content), width)
    )


def dump_columns(width: int) -> int:
    """Return how many characters a line of a dump has."""
    return 4 + 2 + (3 * width + width // _WORD - 2) + 2 + width


def _line(part: bytes, offset: int, width: int) -> str:
    words = [
        part[begin : begin + _WORD].hex(" ") for begin in range(0, len(part), _WORD)
    ]
    room = 3 * width + width // _WORD - 2
    letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
    return f"{offset:04x}  {'  '.join(words):<{room}}  {letters}"
