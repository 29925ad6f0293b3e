"""What the differences between snapshots add to a growing series."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from leakgui.formatting import format_bytes, format_count, format_percent, printable
from leakgui.model.difference import Changes, Difference
from leakgui.texts import say

_HALF = 0.5
Section = Callable[[Difference], Changes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One group that grew in difference after difference."""

    key: str
    """What grew: a path, a peer, a mapping's backing, a thread's name, a class."""
    kind: str
    """``heap``, ``file``, ``socket``, ...: the kind of its row in the difference."""
    detail: str
    times: int
    """In how many differences it was at least half of the growth."""
    growth: int
    """More of them, over all differences."""
    growth_bytes: float
    share: float
    """Of all growth of its kind, over all differences."""

    def as_evidence(self) -> str:
        """Return the sentence of the evidence."""
        amount = (
            format_bytes(self.growth_bytes)
            if self.growth_bytes > 0
            else format_count(self.growth)
        )
        return say(
            "Between snapshots, {key} grew by {amount}: {share} of all growth, "
            "in {times} of them.",
            key=printable(self.key, most=60),
            amount=amount,
            share=format_percent(self.share),
            times=format_count(self.times),
        )


NOTHING = Agreement(
    key="", kind="", detail="", times=0, growth=0, growth_bytes=0.0, share=0.0
)


@dataclass(frozen=True, slots=True)
class Grown:
    """One group that grew in one difference."""

    key: str
    kind: str
    detail: str
    count: int
    bytes: int

    @property
    def weight(self) -> float:
        """What it counts for: its bytes where they are known, else its number."""
        return float(self.bytes if self.bytes > 0 else self.count)


def find_agreement(
    differences: Iterable[Difference], section: Section, kinds: Iterable[str] = ()
) -> Agreement:
    """Return the group that explains most growth; ``NOTHING`` without differences.

    ``kinds`` keeps rows of these kinds only; none means all.
    """
    wanted = frozenset(kinds)
    return agree(_grown(section(difference), wanted) for difference in differences)


def agree(
    differences: Iterable[Sequence[Grown]], least_share: float = _HALF
) -> Agreement:
    """Return the group that explains most growth over all differences.

    It counts as often as it is at least ``least_share`` of a difference's growth.
    """
    grown: Counter[str] = Counter()
    grown_bytes: Counter[str] = Counter()
    about: dict[str, tuple[str, str]] = {}
    times: Counter[str] = Counter()
    for rows in differences:
        total = sum(row.weight for row in rows)
        for row in rows:
            grown[row.key] += row.count
            grown_bytes[row.key] += row.bytes
            about[row.key] = (row.kind, row.detail)
            times[row.key] += row.weight >= least_share * total
    return _largest(grown, grown_bytes, about, times)


def _grown(changes: Changes | None, kinds: frozenset[str]) -> list[Grown]:
    """Return every row that grew."""
    if changes is None:
        return []
    rows = []
    for place in range(len(changes)):
        if kinds and changes.kind[place] not in kinds:
            continue
        count, size = int(changes.delta[place]), float(changes.delta_bytes[place])
        size = 0.0 if math.isnan(size) else size  # handles have none
        if count > 0 or size > 0:
            key, kind, detail = (
                column[place] for column in (changes.key, changes.kind, changes.detail)
            )
            rows.append(Grown(key, kind, detail, count, int(size)))
    return rows


def _largest(
    grown: Counter[str],
    grown_bytes: Counter[str],
    about: dict[str, tuple[str, str]],
    times: Counter[str],
) -> Agreement:
    if not grown:
        return NOTHING
    weights = grown_bytes if sum(grown_bytes.values()) > 0 else grown
    key, weight = weights.most_common(1)[0]
    kind, detail = about[key]
    return Agreement(
        key=key,
        kind=kind,
        detail=detail,
        times=times[key],
        growth=grown[key],
        growth_bytes=float(grown_bytes[key]),
        share=weight / sum(weights.values()),
    )
