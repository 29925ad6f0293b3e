"""A column of texts in which equal texts are kept once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn:
    """Codes (uint32, one a row) into a pool of different texts."""

    codes: npt.NDArray[np.uint32]
    pool: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that every code names a text, then close the column."""
        if len(self.codes) and int(self.codes.max()) >= len(self.pool):
            message = f"code {int(self.codes.max())} in a pool of {len(self.pool)}"
            raise ValueError(message)
        self.codes.flags.writeable = False

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> str:
        return self.pool[int(self.codes[row])]

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextColumn:
        """Build a column from plain texts, pool in order of appearance."""
        seen: dict[str, int] = {}
        codes = [seen.setdefault(text, len(seen)) for text in texts]
        return cls(np.array(codes, dtype=np.uint32), tuple(seen))

    def as_list(self) -> list[str]:
        """Return the texts one a row."""
        pool = self.pool
        return [pool[code] for code in self.codes.tolist()]

    def ranks(self) -> npt.NDArray[np.uint32]:
        """Return for each row the place of its text in sorted order, for sorting."""
        folded = [text.casefold() for text in self.pool]
        order = sorted(range(len(folded)), key=folded.__getitem__)
        rank = np.empty(len(self.pool), dtype=np.uint32)
        rank[order] = np.arange(len(order), dtype=np.uint32)
        return rank[self.codes]
