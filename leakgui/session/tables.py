"""A table of columns as rows of a session, and back with every doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import Columns
from leakgui.model.text_column import TextColumn
from leakgui.session.columns import PackedColumn, pack_column, unpack_column

_KINDS = {"U64": np.uint64, "I64": np.int64, "F64": np.float64}


def table_rows(
    number: int, section: str, table: Columns | None
) -> Iterator[tuple[object, ...]]:
    """Return number, section, name, dtype, rows, data and pool of each column."""
    if table is None:
        return
    for entry in fields(table):  # type: ignore[arg-type]  # subclasses are dataclasses
        column = getattr(table, entry.name)
        if column is not None:
            yield (number, section, entry.name, *pack_column(column))


def build_table(kind: type[Columns], packed: Mapping[str, PackedColumn]) -> Columns:
    """Check each column against what the model says of it.

    Raises ``ValueError`` or ``TypeError`` for whatever is not as the model says.
    """
    found: dict[str, object] = {}
    for entry in fields(kind):  # type: ignore[arg-type]  # subclasses are dataclasses
        if entry.name in packed:
            column = unpack_column(packed[entry.name])
            found[entry.name] = _checked(entry.name, str(entry.type), column)
    return kind(**found)


def _checked(
    name: str, declared: str, column: npt.NDArray[np.generic] | TextColumn
) -> object:
    wanted = declared.removesuffix(" | None")
    actual = (
        "TextColumn"
        if isinstance(column, TextColumn)
        else next((key for key, kind in _KINDS.items() if column.dtype == kind), "?")
    )
    if actual != wanted:
        message = f"{name} is {actual}, not {wanted}"
        raise ValueError(message)
    return column
