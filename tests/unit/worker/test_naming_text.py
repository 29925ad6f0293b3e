"""What a peek into a block shows, and which blocks are taken for text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakgui.worker.naming.text import PEEK_LETTERS, begins_with_text, peek
from tests.unit.worker.naming_scenes import HEAP, PAGE, Scene


def look(content: bytes, size: int = 56) -> tuple[str, bool]:
    scene = Scene()
    scene.add(content, size)
    image = scene.image()
    return peek(image, 2, size), begins_with_text(image, 2, size)


@pytest.mark.parametrize(
    ("content", "shown", "is_text"),
    [
        (b"hello world\0", "hello world", True),
        (b"hello\0", "", False),
        (b"sixsix\0", "sixsix", True),
        ("größer".encode() + b"\0", "größer", True),
        (b"line\nbreak\0", "line\\x0abreak", True),
        (b"line\r\nbreak\0", "line\\x0d\\x0abreak", True),
        (b"\0\rde\rH\r+\r\0", "", False),
        (b"hello \x1b[31mred\0", "hello ", False),
        (b"\xff\xfe hello", " hello", False),
        (b"abcdef\xc3", "abcdef", False),
        (b"\0" * 16 + b"in the middle\0", "in the middle", False),
        (HEAP.to_bytes(8, "little") + b"behind a pointer\0", "behind a pointer", False),
        ((0x5555_5555_4141).to_bytes(8, "little"), "", False),
        (b"", "", False),
    ],
)
def test_peeks(content: bytes, shown: str, is_text: bool) -> None:
    assert look(content) == (shown, is_text)


def test_long_text_is_cut() -> None:
    shown, is_text = look(b"0123456789" * 20, 200)
    assert is_text
    assert shown == ("0123456789" * 5)[:PEEK_LETTERS]


def test_a_peek_stays_on_its_page() -> None:
    scene = Scene(absent=[1])
    scene.add(b"", PAGE - 56)
    address = scene.add(b"first half, second half", 40)
    place = (address - HEAP) // 8
    assert peek(scene.image(), place, 40).startswith("first half")
    assert begins_with_text(scene.image(), place, 40)
    assert peek(scene.image(), 1 << 40, 40) == ""
    assert peek(scene.image(), PAGE // 8, 40) == ""


@settings(max_examples=200)
@given(st.binary(max_size=56))
def test_any_content_gives_one_printable_line(content: bytes) -> None:
    shown, is_text = look(content)
    assert shown.isprintable()
    assert len(shown) <= PEEK_LETTERS
    if is_text:
        text = content.split(b"\0", 1)[0]
        assert len(text) >= 6
