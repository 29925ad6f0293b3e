"""Names of C++ types and symbols as people write them."""

from __future__ import annotations

import functools

from leakgui.formatting import printable

try:
    from multi_demangle import demangle_symbol as _demangle
except ImportError:  # no wheel for this machine: mangled names are shown
    _demangle = None

MOST_MANGLED = 1024
"""Longer names are not demangled: no compiler's limit, but what a reader can bear."""
MOST_LETTERS = 240
_TYPE_PREFIX = "_ZTS"
_TYPE_WORDS = "typeinfo name for "
"""What a demangler says before the type (Itanium C++ ABI, section 5.1.4.1, TS)."""


@functools.lru_cache(maxsize=8192)
def demangle_type(name: str) -> str:
    """Return ``ns::Foo<int>`` for ``N2ns3FooIiEE``; the name itself where unknown.

    Always printable and at most ``MOST_LETTERS`` long, whatever the name.
    """
    # A leading asterisk marks a name that is compared by its address, not its text
    # (gcc 12 libstdc++-v3/libsupc++/typeinfo, type_info::name).
    name = name.removeprefix("*")
    plain = _demangled(_TYPE_PREFIX + name)
    if plain is None or not plain.startswith(_TYPE_WORDS):
        plain = name
    return printable(plain.removeprefix(_TYPE_WORDS), most=MOST_LETTERS)


@functools.lru_cache(maxsize=8192)
def demangle_symbol(name: str) -> str:
    """Return ``ns::g_cache`` for ``_ZN2ns7g_cacheE``; the name itself where unknown."""
    plain = _demangled(name) if name.startswith("_Z") else None
    return printable(plain or name, most=MOST_LETTERS)


def is_demangled(name: str) -> bool:
    """Whether a mangled name is understood, so that nothing in it is a surprise."""
    return _demangled(name) is not None


def _demangled(symbol: str) -> str | None:
    if _demangle is None or len(symbol) > MOST_MANGLED or not symbol.isascii():
        return None
    plain: str = _demangle(symbol, language="cpp")
    return None if plain == symbol else plain
