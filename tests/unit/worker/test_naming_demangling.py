"""Names of types as people write them, whatever the name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.worker.naming.demangling import (
    MOST_LETTERS,
    demangle_symbol,
    demangle_type,
)


@pytest.mark.parametrize(
    ("mangled", "plain"),
    [
        ("7Polygon", "Polygon"),
        ("*N12_GLOBAL__N_16HiddenE", "(anonymous namespace)::Hidden"),
        ("N2ns3FooIiEE", "ns::Foo<int>"),
        ("Z4mainE5Local", "main::Local"),
        ("Z4mainEUlvE_", "main::{lambda()#1}"),
        ("no name at all", "no name at all"),
        ("1", "1"),
    ],
)
def test_types_read_as_they_were_written(mangled: str, plain: str) -> None:
    assert demangle_type(mangled) == plain


def test_symbols_of_c_stay_as_they_are() -> None:
    assert demangle_symbol("g_cache") == "g_cache"
    assert demangle_symbol("_ZN2ns7g_cacheE") == "ns::g_cache"
    assert demangle_symbol("_Z") == "_Z"


@pytest.mark.parametrize(
    "name",
    [
        "A" * 1_000_000,
        "P" * 1000 + "i",
        "1AI" * 300,
        # Each template names the one before it twice: 2**40 letters if written out.
        "1XI1AIiE" + "".join(f"1BIS{n}_S{n}_E" for n in "13579BDFHJLNPRTVXZ") * 2 + "E",
    ],
)
def test_a_hostile_name_is_bounded(name: str) -> None:
    assert len(demangle_type(name)) <= MOST_LETTERS


@given(
    st.text(alphabet="0123456789_ZNSTIELXJDPKRFMABCabcdefistuvwxyUQ*$.", max_size=300)
)
def test_any_name_gives_something_printable(name: str) -> None:
    plain = demangle_type(name)
    assert plain.isprintable()
    assert len(plain) <= MOST_LETTERS


@given(st.text(max_size=50))
def test_no_letter_of_a_name_harms(name: str) -> None:
    assert demangle_type(name).isprintable()
    assert demangle_symbol("_Z" + name).isprintable()
