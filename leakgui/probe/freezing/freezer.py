"""What the freezer does: plan, stop the target, copy, let it run on, report.

It is a fork of the helper that does this once and ends. Whatever kills it, the
kernel lets the target run on; ``fuse`` sees to it that something does in time.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import NamedTuple

from leakgui.probe.freezing.copying import (
    Destination,
    Ranges,
    read_memory_file,
    read_process,
)
from leakgui.probe.freezing.forking import (
    Fork,
    collect_fork,
    fork_target,
    kill_fork,
    refuse_dead,
)
from leakgui.probe.freezing.fuse import Fuse
from leakgui.probe.freezing.injecting import Carrier, NotInjected, find_carrier
from leakgui.probe.freezing.maps import MapsReader
from leakgui.probe.freezing.pagemap import PageMap, Runs
from leakgui.probe.freezing.plan import Plan, make_plan, ranges_of
from leakgui.probe.freezing.registers import read_registers, read_vectors
from leakgui.probe.freezing.self_restoring import (
    Entrance,
    StateFormat,
    find_entrance,
    is_still_there,
)
from leakgui.probe.freezing.state_format import find_state_format
from leakgui.probe.freezing.tracing import NotStopped, StoppedThreads
from leakgui.probe.procfs import opened_file, read_file, read_start
from leakgui.texts import say

STOP_PATIENCE_S = 0.5
"""How long some threads may wait for the last one to stop."""
_COLLECT_TRIES = 20
_COLLECT_EVERY_S = 0.05
_MOST_PREPARATIONS = 3
_REPORT_S = 5.0
"""How long a thread may wait that could be held neither well nor let go: until the
report is written and this process ends."""


class Order(NamedTuple):
    """What is to be copied, and where to."""

    pid: int
    memory: int
    """Descriptor of the file that the copy goes to."""
    may_fork: bool
    bytes_per_s: float
    """How fast this machine copies, as far as is known."""


class Report(NamedTuple):
    """What was seen while the target stood still."""

    maps: bytes
    held: Runs
    """Of all mappings, not only of those copied."""
    failed: Ranges
    resident_bytes: int
    tids: array[int]
    registers: array[int]
    vectors: array[int]
    has_forked: bool
    taken_unix_s: float
    paused_s: float
    """Of both stops where it forked."""
    notes: list[str]


Tell = Callable[[int, int], None]


class Freezer:
    """Makes one copy."""

    def __init__(self, order: Order, tell: Tell) -> None:
        self._order, self._tell = order, tell
        self._fuse = Fuse()
        self._maps = MapsReader()
        self._pages = PageMap(order.pid)
        self._destination = Destination(order.memory)
        self._form: StateFormat | None = None
        self._entrance: Entrance | None = None
        self._notes: list[str] = []
        self._paused_s = 0.0

    def run(self) -> Report:
        """Copy; raises what stopping and copying raise, with the target released."""
        planned = self._prepare()
        seen, fork, plan = self._hold(planned)
        if fork is not None:
            seen = seen._replace(failed=seen.failed + self._copy_fork(fork, plan))
        return seen._replace(paused_s=self._paused_s, notes=self._notes)

    def _prepare(self) -> Plan:
        """Take memory for what is there; once more where much came meanwhile."""
        if self._order.may_fork:
            self._prepare_fork()
        size = 0
        plan = self._plan(self._read_maps())
        for _ in range(_MOST_PREPARATIONS):
            grown = plan.total_bytes - size
            if grown <= size // 64:
                break
            size = plan.total_bytes
            for runs in (plan.private, plan.shared):
                self._destination.prepare(plan.ranges, runs, self._tell_prepared(size))
            plan = self._plan(self._read_maps())
        return plan

    def _tell_prepared(self, size: int) -> Callable[[int], None]:
        return lambda done: self._tell(min(done, size), 2 * size)

    def _prepare_fork(self) -> None:
        self._form = find_state_format()
        self._entrance = find_entrance(
            self._order.pid, self._maps.parse(self._read_maps())
        )

    def _read_maps(self) -> bytes:
        return read_file(f"/proc/{self._order.pid}/maps")

    def _plan(self, maps: bytes) -> Plan:
        mappings = self._maps.parse(maps)
        return make_plan(mappings, self._pages.find_runs(ranges_of(mappings)))

    def _hold(self, planned: Plan) -> tuple[Report, Fork | None, Plan]:
        """Hold the target, and only as long as its help is needed."""
        held = StoppedThreads(self._order.pid)
        self._fuse.light(2 * STOP_PATIENCE_S)
        try:
            tids = held.stop(STOP_PATIENCE_S)
            self._fuse.light(self._longest_s(planned))
            found = self._copy_stopped(held, tids)
        finally:
            # Where this failed some are held until we end: the fuse stays lit.
            self._paused_s += held.release()
        self._fuse.put_out()
        return found

    def _longest_s(self, planned: Plan) -> float:
        """Return ten times what is expected, and some seconds for a busy machine."""
        return 5.0 + 10 * planned.total_bytes / self._order.bytes_per_s

    def _copy_stopped(
        self, held: StoppedThreads, tids: list[int]
    ) -> tuple[Report, Fork | None, Plan]:
        pid = self._order.pid
        taken_unix_s = time.time()
        maps = self._read_maps()
        mappings = self._maps.parse(maps)
        resident = read_start(f"/proc/{pid}/statm").split()[1]
        runs = self._pages.find_runs(ranges_of(mappings))
        plan = make_plan(mappings, runs)
        kept, registers, vectors = _read_threads(tids)
        self._destination.cover(plan.ranges)
        fork = self._try_fork(held, maps, tids) if self._order.may_fork else None
        failed = self._destination.copy(read_process(pid), plan.shared)
        if fork is None:
            failed += self._destination.copy(read_process(pid), plan.private)
        report = Report(
            maps=maps,
            held=runs,
            failed=failed,
            resident_bytes=int(resident) * 4096,
            tids=kept,
            registers=registers,
            vectors=vectors,
            has_forked=fork is not None,
            taken_unix_s=taken_unix_s,
            paused_s=0.0,
            notes=[],
        )
        return report, fork, plan

    def _try_fork(
        self, held: StoppedThreads, maps: bytes, tids: list[int]
    ) -> Fork | None:
        """Fork the target, or note why it could not be done and return None."""
        try:
            _refuse_in_group_stop(held)
            carrier, entrance = self._find_carrier(maps, tids)
            return fork_target(carrier, entrance)
        except ProcessLookupError:
            raise
        except (NotInjected, OSError) as error:
            self._notes.append(
                say("No fork was made, the memory was copied: {why}.", why=error)
            )
            return None

    def _find_carrier(self, maps: bytes, tids: list[int]) -> tuple[Carrier, Entrance]:
        if self._form is None:
            raise NotInjected(say("this processor has no XSAVE"))
        entrance = self._entrance
        if entrance is None or not is_still_there(self._order.pid, entrance):
            raise NotInjected(say("it has no code that could make the call"))
        mappings = self._maps.parse(maps)
        carrier = find_carrier(tids, mappings, entrance, self._form)
        if carrier is None:
            raise NotInjected(say("no thread was at a place where it could fork"))
        return carrier, entrance

    def _copy_fork(self, fork: Fork, plan: Plan) -> Ranges:
        """Copy from the child at leisure, and let nothing of it stay."""
        try:
            self._tell(plan.total_bytes, 2 * plan.total_bytes)
            with opened_file(f"/proc/{fork.pid}/mem") as memory:
                failed = self._destination.copy(read_memory_file(memory), plan.private)
            refuse_dead(fork)
            return failed
        finally:
            kill_fork(fork)
            if not self._collect(fork):
                self._notes.append(
                    say("Its copy could not be collected: a zombie process stays.")
                )

    def _collect(self, fork: Fork) -> bool:
        """Stop the target once more, shortly, so that the child does not stay."""
        for attempt in range(_COLLECT_TRIES):
            time.sleep(_COLLECT_EVERY_S if attempt else 0)
            try:
                is_collected = self._collect_now(fork)
            except NotInjected:
                self._fuse.put_out()
                continue
            except ProcessLookupError:
                is_collected = True  # the target has ended, and its zombies with it
            except NotStopped:
                # What did not stop yet may do so until we end.
                self._fuse.light(_REPORT_S)
                return False
            self._fuse.put_out()
            return is_collected
        return False

    def _collect_now(self, fork: Fork) -> bool:
        held = StoppedThreads(self._order.pid)
        self._fuse.light(2 * STOP_PATIENCE_S + 5.0)
        try:
            tids = held.stop(STOP_PATIENCE_S)
            carrier, entrance = self._find_carrier(self._read_maps(), tids)
            return collect_fork(carrier, entrance, fork)
        finally:
            self._paused_s += held.release()


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
