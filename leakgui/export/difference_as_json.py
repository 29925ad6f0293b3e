"""A difference as the object that ``leakgui diff --json`` prints."""

from __future__ import annotations

from leakgui.model.difference import Difference


def difference_as_json(difference: Difference) -> dict[str, object]:
    """Return the keys of the command line's contract, schema 1.

    Sections that a recording cannot hold, or that were not read, are None and
    have their reason in ``gaps``.
    """
    raise NotImplementedError
