"""Many things of one kind: equally long, read-only arrays, one row for each thing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import numpy.typing as npt

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


class Columns:
    """What every table of columns can do."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check that the columns are equally long, then close them for writing."""
        lengths = set()
        for entry in fields(self):  # type: ignore[arg-type]  # subclasses are dataclasses
            column = getattr(self, entry.name)
            if column is None:
                continue
            lengths.add(len(column))
            if isinstance(column, np.ndarray):
                column.flags.writeable = False
        if len(lengths) > 1:
            message = f"{type(self).__name__} has columns of {sorted(lengths)} rows"
            raise ValueError(message)

    def __len__(self) -> int:
        for entry in fields(self):  # type: ignore[arg-type]  # subclasses are dataclasses
            column = getattr(self, entry.name)
            if column is not None:
                return len(column)
        return 0
