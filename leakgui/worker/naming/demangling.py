"""Names of C++ types as people write them."""

from __future__ import annotations


def demangle_type(name: str) -> str:
    """Return ``ns::Foo<int>`` for ``N2ns3FooIiEE``; the name itself where unknown."""
    raise NotImplementedError
