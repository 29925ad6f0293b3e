"""The states of blocks by the definition, slow and obvious, to compare with."""

from __future__ import annotations

from leakgui.worker.walked import SizeRule
from tests.unit.worker.drawn_heap import DrawnHeap, usable


class Reference:
    """Sets of names for one drawn heap; heuristics are left out."""

    def __init__(
        self, heap: DrawnHeap, rule: SizeRule, loose: tuple[int, ...] = ()
    ) -> None:
        self.heap = heap
        self.rule = rule
        self.pointers = {name: self._read(name) for name in heap.plan.sizes}
        roots = [heap.address[name] + into for name, into in heap.plan.roots]
        self.from_roots = [
            hit for value in (*roots, *loose) if (hit := self._find(value))
        ]
        self.reachable = self._close(
            {name for name, at in self.from_roots if at == 0}, True
        )
        seeds = {name for name, at in self.from_roots}
        for name in self.reachable:
            seeds |= {target for target, _ in self.pointers[name]}
        self.possible = self._close(seeds - self.reachable, False) - self.reachable
        lost = [n for n in heap.plan.sizes if n not in self.reachable | self.possible]
        self.direct, self.indirect = self._sort(lost)

    def _find(self, value: int) -> tuple[str, int] | None:
        for name, address in self.heap.address.items():
            if (
                address
                <= value
                < address + usable(self.heap.plan.sizes[name], self.rule)
            ):
                return name, value - address
        return None

    def _read(self, name: str) -> list[tuple[str, int]]:
        size = usable(self.heap.plan.sizes[name], self.rule)
        first = self.heap.address[name]
        values = [
            self.heap.image.read_word(first + at) for at in range(0, size // 8 * 8, 8)
        ]
        return [hit for value in values if (hit := self._find(value))]

    def _close(self, names: set[str], only_starts: bool) -> set[str]:
        reached, rest = set(names), list(names)
        while rest:
            for target, at in self.pointers[rest.pop()]:
                if target not in reached and (at == 0 or not only_starts):
                    reached.add(target)
                    rest.append(target)
        return reached

    def _sort(self, lost: list[str]) -> tuple[dict[str, set[str]], set[str]]:
        """Return each leader with what joined it, and all that joined any.

        As Valgrind has it, a block that joined one leader is not looked at again: a
        later leader that leads to it does not take the earlier one in.
        """
        leaders: dict[str, set[str]] = {}
        taken: set[str] = set()
        for leader in lost:
            if leader in taken:
                continue
            joined: set[str] = set()
            rest = [leader]
            while rest:
                for target, _ in self.pointers[rest.pop()]:
                    if target in lost and target not in taken | {leader}:
                        taken.add(target)
                        rest.append(target)
                        joined |= {target} | leaders.pop(target, set())
            leaders[leader] = joined
        return leaders, taken
