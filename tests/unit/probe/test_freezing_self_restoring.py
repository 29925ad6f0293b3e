"""The frames that lead a thread back, byte for byte."""

from __future__ import annotations

import os
import struct
from array import array

import pytest

from leakgui.probe.freezing.registers import FIELDS, PLACE
from leakgui.probe.freezing.self_restoring import (
    ALL_SIGNALS,
    FRAME_BYTES,
    NO_CALL,
    RED_ZONE,
    Entrance,
    StateFormat,
    build_image,
    image_bytes,
    restart,
)
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.probe.platform import current

ENTRANCE = Entrance(call=0x7F0000001000, restore=0x7F0000002000)
FORM = StateFormat(features=0x7, size=832)
STACK = 0x7FFFFFFF0008


def registers(**values: int) -> array[int]:
    made = array("Q", [1000 + place for place in range(len(FIELDS))])
    made[PLACE["rsp"]], made[PLACE["orig_rax"]] = STACK, NO_CALL
    for name, value in values.items():
        made[PLACE[name]] = value % (1 << 64)
    return made


def state(in_use: int = 0x7, size: int = 2696) -> bytes:
    made = bytearray(os.urandom(size))
    made[512:520] = struct.pack("<Q", in_use)
    return bytes(made)


def test_an_image_lies_below_the_red_zone_and_fits():
    image = build_image(ENTRANCE, registers(), 0, state(), FORM)
    assert image.address % 64 == 0
    assert image.address + len(image.data) <= STACK - RED_ZONE
    assert image.address >= STACK - RED_ZONE - image_bytes(FORM)


def test_the_way_back_of_the_thread():
    kept = registers()
    image = build_image(ENTRANCE, kept, 0x5005, vectors := state(), FORM)
    frame = image.data[:FRAME_BYTES]
    restore, flags = struct.unpack_from("<QQ", frame)
    assert (restore, flags) == (ENTRANCE.restore, 7)
    # struct sigcontext_64 begins 40 bytes into struct ucontext, behind the address.
    words = struct.unpack_from("<18Q", frame, 48)
    names = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip eflags"
    assert list(words) == [kept[PLACE[name]] for name in names.split()]
    code, _, _, stack = struct.unpack_from("<4H", frame, 192)
    assert (code, stack) == (kept[PLACE["cs"]], kept[PLACE["ss"]])
    (at,) = struct.unpack_from("<Q", frame, 232)
    assert struct.unpack_from("<Q", frame, 304) == (0x5005,)
    assert at % 64 == 0
    packed = image.data[at - image.address :]
    software = struct.unpack_from("<IIQI", packed, 464)
    assert software == (0x46505853, FORM.size + 4, FORM.features, FORM.size)
    assert packed[FORM.size :] == struct.pack("<I", 0x46505845)
    assert packed[:464] == vectors[:464]
    assert packed[512 : FORM.size] == vectors[512 : FORM.size]


def test_the_way_out_of_a_child():
    image = build_image(ENTRANCE, registers(), 0, state(), FORM)
    frame = image.data[image.child_stack - image.address :][:FRAME_BYTES]
    words = dict(zip(("rdi", "rax", "rip"), (8, 13, 16), strict=True))
    found = {
        name: struct.unpack_from("<Q", frame, 48 + 8 * place)[0]
        for name, place in words.items()
    }
    assert found == {"rdi": 0, "rax": 231, "rip": ENTRANCE.call}
    assert struct.unpack_from("<Q", frame, 232) == (0,)
    assert struct.unpack_from("<Q", frame, 304) == (ALL_SIGNALS,)


def test_vectors_that_do_not_fit_the_format_are_no_image():
    assert build_image(ENTRANCE, registers(), 0, state(in_use=1 << 18), FORM) is None
    assert build_image(ENTRANCE, registers(), 0, state(size=600), FORM) is None


@pytest.mark.parametrize("answer", [-512, -513, -514])
def test_an_interrupted_call_is_made_again(answer):
    again = restart(registers(rax=answer, orig_rax=202, rip=0x5002))
    assert (again[PLACE["rax"]], again[PLACE["rip"]]) == (202, 0x5000)


def test_a_call_that_waits_for_a_time_goes_on_by_restart_syscall():
    again = restart(registers(rax=-516, orig_rax=35, rip=0x5002))
    assert (again[PLACE["rax"]], again[PLACE["rip"]]) == (219, 0x5000)


@pytest.mark.parametrize(
    "values",
    [
        {"rax": -512, "orig_rax": NO_CALL},  # a number of the program's own
        {"rax": -4, "orig_rax": 35},  # EINTR: the program sees that anyway
        {"rax": 7, "orig_rax": 0},
    ],
)
def test_nothing_else_is_changed(values):
    kept = registers(**values)
    assert restart(kept) == kept


@pytest.mark.skipif(
    current().name != "linux" or os.uname().machine != "x86_64", reason="x86-64 only"
)
def test_the_format_of_this_machine_is_found():
    form = find_state_format()
    if form is None:
        pytest.skip("this processor has no XSAVE")
    assert form.features & 0x3 == 0x3
    assert 576 <= form.size < 1 << 16
