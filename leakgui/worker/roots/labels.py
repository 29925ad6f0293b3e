"""What roots are called, each name with the number that stands for it in a painting."""

from __future__ import annotations

import numpy as np

from leakgui.model.columns import I64
from leakgui.worker.roots.table import RootKind


class Labels:
    """Kind, thread and module of everything that is painted."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, int, int]] = []

    def add(self, kind: RootKind, tid: int = -1, module: int = -1) -> int:
        """Add a label and return its number."""
        self._rows.append((kind, tid, module))
        return len(self._rows) - 1

    def look_up(self, numbers: I64) -> tuple[I64, I64, I64]:
        """Return kind, tid and module of labels."""
        table = np.array(self._rows, np.int64).reshape(-1, 3)[numbers]
        return table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy()
