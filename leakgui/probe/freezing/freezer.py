"""What the freezer does: plan, stop the target, copy, let it run on, report.

It is a fork of the helper that does this once and ends. Whatever kills it, the
kernel lets the target run on; ``fuse`` sees to it that something does in time.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable

from leakgui.probe.freezing.collecting import Collector
from leakgui.probe.freezing.copying import Destination, Ranges
from leakgui.probe.freezing.forking import (
    Fork,
    ForkLost,
    fork_target,
    kill_fork,
    patience_s,
    refuse_dead,
    refuse_waiting,
)
from leakgui.probe.freezing.fuse import STOP_PATIENCE_S, Fuse
from leakgui.probe.freezing.helping import Helping
from leakgui.probe.freezing.injecting import NotInjected
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.order import Order, Report, Telling, refuse_stranger
from leakgui.probe.freezing.pagemap import PageMap
from leakgui.probe.freezing.plan import Plan, copying_s, make_plan, ranges_of
from leakgui.probe.freezing.reading import (
    read_memory_file,
    read_process,
    read_shared_file,
)
from leakgui.probe.freezing.registers import read_registers, read_vectors
from leakgui.probe.freezing.shared_files import Hidden, SharedFiles, add_hidden
from leakgui.probe.freezing.stuck import refuse_stuck
from leakgui.probe.freezing.tracing import StoppedThreads
from leakgui.probe.procfs import opened_file, read_file, read_start
from leakgui.probe.raw_heap import PAGE_BYTES
from leakgui.texts import say

_MOST_PREPARATIONS = 3
_KILL_PATIENCE_S = 10.0
"""Nobody waits for a fork to give its memory back, but for our report."""


class Freezer:
    """Makes one copy."""

    def __init__(self, order: Order, telling: Telling) -> None:
        self._order, self._tell = order, telling.progress
        self._fuse = Fuse(telling.fuse)
        self._maps = MapsReader()
        self._pages = PageMap(order.pid)
        self._shared = SharedFiles(order.pid)
        self._destination = Destination(order.memory)
        self._helping = Helping(order.pid, self._maps)
        self._collector = Collector(order, self._fuse, self._helping)
        self._notes: list[str] = []
        self._held_s = 0.0

    @property
    def paused_s(self) -> float:
        """Return how long the target stood still until now."""
        return self._held_s + self._collector.paused_s

    def run(self) -> Report:
        """Copy; raises what stopping and copying raise, with the target released."""
        refuse_stuck(self._order.pid)
        planned = self._prepare()
        refuse_stuck(self._order.pid)
        seen, fork, plan = self._hold(planned)
        if fork is not None:
            seen = seen._replace(failed=seen.failed + self._copy_fork(fork, plan))
        return seen._replace(paused_s=self.paused_s, notes=self._notes)

    def _prepare(self) -> Plan:
        """Take memory for what is there; once more where much came meanwhile."""
        if self._order.may_fork:
            self._helping.prepare(self._read_maps())
        size = 0
        plan, hidden = self._plan(self._read_maps())
        for _ in range(_MOST_PREPARATIONS):
            total = plan.total_bytes + hidden.total_bytes
            if total - size <= size // 64:
                break
            size = total
            for runs in (plan.private, plan.shared, *(p.runs for p in hidden.parts)):
                self._destination.prepare(plan.ranges, runs, self._tell_prepared(size))
            plan, hidden = self._plan(self._read_maps())
        return plan

    def _tell_prepared(self, size: int) -> Callable[[int], None]:
        return lambda done: self._tell(min(done, size), 2 * size)

    def _read_maps(self) -> bytes:
        return read_file(f"/proc/{self._order.pid}/maps")

    def _plan(self, maps: bytes) -> tuple[Plan, Hidden]:
        """Plan while it runs, and open what cannot be opened while it waits."""
        mappings = self._maps.parse(maps)
        runs = self._pages.find_runs(ranges_of(mappings))
        self._shared.open(mappings, runs)
        return make_plan(mappings, runs), self._shared.find(mappings, runs)

    def _hold(self, planned: Plan) -> tuple[Report, Fork | None, Plan]:
        """Hold the target, and only as long as its help is needed."""
        held = StoppedThreads(self._order.pid)
        self._fuse.light(2 * STOP_PATIENCE_S)
        try:
            tids = held.stop(STOP_PATIENCE_S)
            refuse_stranger(self._order)
            self._fuse.light(self._longest_s(planned))
            found = self._copy_stopped(held, tids)
        finally:
            # Where this failed some are held until we end: the fuse stays lit.
            self._held_s += held.release()
        self._fuse.put_out()
        return found

    def _longest_s(self, planned: Plan) -> float:
        """Return ten times what is expected, and some seconds for a busy machine."""
        return 5.0 + 10 * copying_s(planned, self._order.bytes_per_s)

    def _copy_stopped(
        self, held: StoppedThreads, tids: list[int]
    ) -> tuple[Report, Fork | None, Plan]:
        pid = self._order.pid
        taken_unix_s = time.time()
        maps = self._read_maps()
        mappings = self._maps.parse(maps)
        resident = int(read_start(f"/proc/{pid}/statm").split()[1]) * PAGE_BYTES
        runs = self._pages.find_runs(ranges_of(mappings))
        plan, hidden = make_plan(mappings, runs), self._shared.find(mappings, runs)
        kept, registers, vectors = _read_threads(tids)
        self._destination.cover(plan.ranges)
        fork = self._try_fork(held, maps, tids, registers, plan)
        failed = self._copy_held(plan, hidden, is_whole=fork is None)
        report = Report(
            maps=maps,
            held=add_hidden(runs, hidden.parts),
            failed=failed,
            unseen_bytes=hidden.unseen_bytes,
            resident_bytes=resident,
            tids=kept,
            registers=registers,
            vectors=vectors,
            has_forked=fork is not None,
            taken_unix_s=taken_unix_s,
            paused_s=0.0,
            notes=[],
        )
        return report, fork, plan

    def _copy_held(self, plan: Plan, hidden: Hidden, *, is_whole: bool) -> Ranges:
        """Copy what a fork does not have, or everything."""
        read = read_process(self._order.pid)
        failed = self._destination.copy(read, plan.shared)
        for part in hidden.parts:
            read_part = read_shared_file(part.file, part.shift)
            failed += self._destination.copy(read_part, part.runs)
        if is_whole:
            failed += self._destination.copy(read, plan.private)
        return failed

    def _try_fork(
        self,
        held: StoppedThreads,
        maps: bytes,
        tids: list[int],
        registers: array[int],
        plan: Plan,
    ) -> Fork | None:
        """Fork the target, or note why it could not be done and return None."""
        if not self._order.may_fork:
            return None
        try:
            _refuse_in_group_stop(held)
            refuse_waiting(registers)
            carrier, entrance = self._helping.find(maps, tids)
            return fork_target(carrier, entrance, patience_s(plan.total_bytes))
        except ProcessLookupError:
            raise
        except (NotInjected, OSError) as error:
            self._notes.append(
                say("No fork was made, the memory was copied: {why}.", why=error)
            )
            return None

    def _copy_fork(self, fork: Fork, plan: Plan) -> Ranges:
        """Copy from the child at leisure, and let nothing of it stay."""
        try:
            self._tell(plan.total_bytes, 2 * plan.total_bytes)
            with opened_file(f"/proc/{fork.pid}/mem") as memory:
                failed = self._destination.copy(read_memory_file(memory), plan.private)
            refuse_dead(fork)
            return failed
        except (FileNotFoundError, ProcessLookupError):
            raise ForkLost from None
        finally:
            longest_s = _KILL_PATIENCE_S + patience_s(plan.total_bytes)
            if not (kill_fork(fork, longest_s) and self._collector.collect(fork)):
                self._notes.append(
                    say("Its copy could not be collected: a zombie process stays.")
                )


def _refuse_in_group_stop(held: StoppedThreads) -> None:
    """A program that stands still anyway loses nothing by a copy."""
    if held.is_in_group_stop:
        raise NotInjected(say("it is stopped by a signal"))


def _read_threads(tids: list[int]) -> tuple[array[int], array[int], array[int]]:
    """Return the ids, general and vector registers of all that still have some."""
    kept, registers, vectors = array("q"), array("Q"), array("Q")
    for tid in tids:
        try:
            general, vector = read_registers(tid), read_vectors(tid)
        except ProcessLookupError:
            continue  # its first thread, ended long ago, or killed just now
        kept.append(tid)
        registers.extend(general)
        vectors.extend(vector)
    return kept, registers, vectors
