"""Rows of two snapshots counted by group: what every difference is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from leakgui.model.columns import F64, I64
from leakgui.model.difference import Changes
from leakgui.model.text_column import TextColumn

Integers = npt.NDArray[np.int64]
Label = tuple[str, str]
"""Kind and key of a group."""


@dataclass(slots=True)
class Labels:
    """Numbers for labels, in order of appearance, shared by both snapshots."""

    _code_by_label: dict[Label, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._code_by_label)

    def code(self, label: Label) -> int:
        """Return the number of a label, a new one for a new label."""
        return self._code_by_label.setdefault(label, len(self._code_by_label))

    def codes(self, labels: Sequence[Label]) -> Integers:
        """Return the numbers of several labels."""
        return np.fromiter(map(self.code, labels), np.int64, len(labels))

    def kinds_and_keys(self) -> tuple[list[str], list[str]]:
        """Return the two parts of all labels, by number."""
        labels = list(self._code_by_label)
        return [kind for kind, _ in labels], [key for _, key in labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two snapshots: one row each."""

    group: Integers
    """The number of the label each row belongs to."""
    bytes_of: F64 | None = None
    """What each row weighs; None where no row has a known weight."""
    count_of: I64 | None = None
    """For how many things each row stands; None: for one."""


def combine(columns: Sequence[npt.NDArray[np.integer]]) -> tuple[Integers, Integers]:
    """Return for each row the number of its combination, and a row that has each.

    Combinations are numbered from 0; columns are equally long and not negative.
    """
    rows = len(columns[0])
    combined = np.zeros(rows, np.int64)
    for column in columns:
        codes, span = _dense(column, rows)
        _, combined = np.unique(combined * span + codes, return_inverse=True)
    _, first = np.unique(combined, return_index=True)
    return combined, first.astype(np.int64)


def _dense(
    column: npt.NDArray[np.integer], rows: int
) -> tuple[npt.NDArray[np.integer], int]:
    """Return numbers below the span that tell the same rows apart.

    Rows times span must fit 63 bits; sizes in bytes do not, so they are numbered.
    """
    span = int(column.max(initial=0)) + 1
    if span * rows < 1 << 62:
        return column.astype(np.int64), span
    _, inverse = np.unique(column, return_inverse=True)
    return inverse, int(inverse.max(initial=0)) + 1


def list_changes(
    labels: Labels,
    before: Side,
    after: Side,
    details: Sequence[str],
    size: F64 | None = None,
) -> Changes:
    """Return one row for each label, the one that grew most first.

    Growth is bytes where they are known, then ``size`` (growth in some other sense,
    by label), then the count; equals stay in order of appearance.
    """
    counts = [_count(side, len(labels)) for side in (before, after)]
    weights = [_weigh(side, len(labels)) for side in (before, after)]
    delta, delta_bytes = counts[1] - counts[0], weights[1] - weights[0]
    other = np.zeros(len(labels)) if size is None else size
    growth = np.where(np.isnan(delta_bytes), other, delta_bytes)
    order = np.lexsort((-np.nan_to_num(weights[1]), -delta, -growth))
    kinds, keys = labels.kinds_and_keys()
    return Changes(
        key=_texts(keys, order),
        kind=_texts(kinds, order),
        detail=_texts(details, order),
        before=counts[0][order],
        after=counts[1][order],
        delta=delta[order],
        before_bytes=weights[0][order],
        after_bytes=weights[1][order],
        delta_bytes=delta_bytes[order],
    )


def count_texts(
    group: Integers, column: TextColumn, groups: int
) -> list[list[tuple[int, str]]]:
    """Return for each group how often each text occurs, the most frequent first.

    Empty texts are not counted.
    """
    counted: list[list[tuple[int, str]]] = [[] for _ in range(groups)]
    filled = np.array([bool(text) for text in column.pool], dtype=bool)
    rows = (
        np.flatnonzero(filled[column.codes]) if len(filled) else np.zeros(0, np.int64)
    )
    pool = max(1, len(column.pool))
    pairs, counts = np.unique(
        group[rows] * pool + column.codes[rows], return_counts=True
    )
    for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
        counted[pair // pool].append((count, column.pool[pair % pool]))
    for texts in counted:
        texts.sort(key=lambda entry: (-entry[0], entry[1]))
    return counted


def list_counts(counted: Sequence[tuple[int, str]], most: int = 4) -> str:
    """Return ``12 CLOSE_WAIT, 3 ESTABLISHED``; ``…`` stands for what is left out."""
    shown = [f"{count} {text}" for count, text in counted[:most]]
    return ", ".join(shown + ["…"] * (len(counted) > most))


def join_details(*parts: str) -> str:
    """Return the parts that say something, with semicolons."""
    return "; ".join(part for part in parts if part)


def _count(side: Side, groups: int) -> I64:
    if side.count_of is None:
        return np.bincount(side.group, minlength=groups)
    counts = np.zeros(groups, np.int64)
    np.add.at(counts, side.group, side.count_of)
    return counts


def _weigh(side: Side, groups: int) -> F64:
    if side.bytes_of is None:
        return np.full(groups, np.nan)
    return np.bincount(side.group, side.bytes_of, groups).astype(np.float64)


def _texts(texts: Sequence[str], order: I64) -> TextColumn:
    return TextColumn.of(texts[row] for row in order.tolist())
