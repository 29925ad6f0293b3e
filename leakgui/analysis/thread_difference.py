"""What changed among threads, by name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from leakgui.analysis.grouping import (
    Integers,
    Labels,
    Side,
    count_texts,
    join_details,
    list_changes,
    list_counts,
)
from leakgui.model.difference import Changes
from leakgui.model.snapshot import Threads

_NUMBERED = re.compile(r"(.*?[^0-9])[0-9]+", re.DOTALL)
_KIND = "thread"


def compare_threads(before: Threads, after: Threads) -> Changes:
    """Return the threads of two snapshots by name; bytes are stack in use."""
    tables = (before, after)
    labels = Labels()
    names = fold_numbers({*before.name.pool, *after.name.pool})
    groups = [
        labels.codes([(_KIND, names[name]) for name in table.name.pool])[
            table.name.codes
        ]
        for table in tables
    ]
    sides = [
        Side(group=group, bytes_of=table.stack_used)
        for group, table in zip(groups, tables, strict=True)
    ]
    details = _details(tables, groups, len(labels))
    return list_changes(
        labels, sides[0], sides[1], details, np.zeros(len(labels), np.float64)
    )


def fold_numbers(names: Iterable[str]) -> Mapping[str, str]:
    """Return what each name is grouped as: ``worker-12`` as ``worker-#``.

    Digits that follow a letter or a dot may belong to the name (``python3.11``):
    they are folded only where several names differ in nothing else.
    """
    alike: defaultdict[str, list[str]] = defaultdict(list)
    folded: dict[str, str] = {}
    for name in names:
        numbered = _NUMBERED.fullmatch(name)
        folded[name] = f"{numbered[1]}#" if numbered else name
        alike[folded[name]].append(name)
    return {
        name: fold if len(alike[fold]) > 1 or not _is_part_of_name(fold) else name
        for name, fold in folded.items()
    }


def _is_part_of_name(fold: str) -> bool:
    return fold[-2:-1].isalpha() or fold[-2:-1] == "."


def _details(
    tables: Sequence[Threads], groups: Sequence[Integers], count: int
) -> list[str]:
    """Return states, and what they wait in, after, or before where all are gone."""
    counted = [
        (
            count_texts(group, table.state, count),
            count_texts(group, table.waits_in, count),
        )
        for group, table in zip(groups, tables, strict=True)
    ]
    details = []
    for row in range(count):
        states, waits = next(
            (
                (states[row], waits[row])
                for states, waits in reversed(counted)
                if states[row]
            ),
            ([], []),
        )
        details.append(join_details(list_counts(states), list_counts(waits)))
    return details
