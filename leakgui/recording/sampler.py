"""A thread that reads one process at every tick of a steady clock."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from leakgui.errors import ProcessGone, TargetError
from leakgui.formatting import format_duration
from leakgui.model.metric import Reading, Tier
from leakgui.model.recording import Event, EventKind, TimeGap
from leakgui.probe.face import Reader
from leakgui.probe.handles import SeenHandle
from leakgui.recording.cadence import Cadence
from leakgui.recording.clock import RecordingClock
from leakgui.recording.open_gaps import OpenGaps
from leakgui.texts import say

logger = logging.getLogger(__name__)

LATE = 1.5
"""A reading later than this many periods leaves a gap."""
_TELL_CADENCE_FACTOR = 2.0
_FACTS_EVERY_S = 60.0
_COST_WEIGHT = 0.05


class Sink(Protocol):
    """Where the sampler puts what it reads; called from its thread only."""

    def take_reading(self, elapsed_ms: int, reading: Reading) -> None: ...

    def take_handles(self, elapsed_s: float, handles: Sequence[SeenHandle]) -> None: ...

    def take_gap(self, gap: TimeGap) -> None: ...

    def take_event(self, event: Event) -> None: ...

    def take_facts(self, facts: dict[str, str]) -> None: ...


class Sampler:
    """Reads the tiers that are due, and says what could not be read and why."""

    def __init__(
        self,
        reader: Reader,
        sink: Sink,
        clock: RecordingClock,
        cadence: Cadence,
        interval_s: float,
    ) -> None:
        self.cadence = cadence
        self.missed = 0
        """Ticks at which nothing could be read in time."""
        self.cpu_s = 0.0
        """Processor time of the thread so far."""
        self.ms_per_sample = 0.0
        """Processor time of a tick, averaged over the last ones."""
        self._reader, self._sink, self._clock = reader, sink, clock
        self._interval_s = interval_s
        self.after_tick: Callable[[float], None] = _do_nothing
        self.after_end: Callable[[float], None] = _do_nothing
        """Called when the target has ended: nothing more will be read."""
        self.after_failure: Callable[[], None] = _do_nothing
        """Called when a bug ends the sampling."""
        self._gaps = OpenGaps(sink.take_gap)
        self._last_ms = -1
        self._last_read_s: dict[Tier, float] = {}
        self._told_period_s: dict[Tier, float] = dict(cadence.periods_s)
        self._facts_due_s = 0.0
        self._slowest: tuple[float, Tier | None] = (0.0, None)
        self._stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="leakgui sampler", daemon=True
        )

    def start(self, after_ms: int = -1) -> None:
        """Begin; readings are later than ``after_ms``."""
        self._last_ms = after_ms
        self._thread.start()

    def stop(self) -> None:
        """End after the tick under way; may be called again, from any thread."""
        self._stopping.set()
        if self._thread is not threading.current_thread() and self._thread.ident:
            self._thread.join()

    def tick(self) -> bool:
        """Read what is due now; False when the target has ended."""
        elapsed_ms = max(round(self._clock.elapsed_s() * 1000), self._last_ms + 1)
        now_s = elapsed_ms / 1000
        found: dict[str, float] = {}
        is_alive = True
        for tier in self.cadence.due(now_s):
            try:
                found.update(self._read(tier, now_s))
            except ProcessGone:
                is_alive = False
                break
        if found:
            self._last_ms = elapsed_ms
            self._sink.take_reading(elapsed_ms, found)
        self._gaps.grow(now_s)
        self._refresh_facts(now_s)
        if not is_alive:
            self._gaps.tell_all(now_s)
            self.after_end(now_s)
        else:
            self.after_tick(now_s)
        return is_alive

    # -- one tier -------------------------------------------------------------------

    def _read(self, tier: Tier, now_s: float) -> Reading:
        """Return a reading, empty where the tier is refused; raises ProcessGone."""
        cpu_s, wall_s = time.thread_time(), time.monotonic()
        try:
            reading = self._ask(tier, now_s)
        except ProcessGone:
            raise
        except TargetError as error:
            self._refuse(tier, now_s, error.message)
            return {}
        except Exception:  # a bug of one tier must not end the recording
            logger.exception("reading %s failed", tier.value)
            self._refuse(tier, now_s, say("leakgui failed to read it; see the log"))
            return {}
        cost_s = time.thread_time() - cpu_s, time.monotonic() - wall_s
        self._took(tier, now_s, *cost_s)
        return reading

    def _ask(self, tier: Tier, now_s: float) -> Reading:
        if tier is not Tier.HANDLES:
            return self._reader.read(tier)
        reading, handles = self._reader.read_handles()
        self._sink.take_handles(now_s, handles)
        return reading

    def _refuse(self, tier: Tier, now_s: float, reason: str) -> None:
        self.cadence.refuse(tier, now_s, reason)
        self._gaps.begin(tier, self._last_read_s.get(tier, now_s), now_s, reason)

    def _took(self, tier: Tier, now_s: float, cpu_s: float, wall_s: float) -> None:
        self._gaps.end(tier, now_s)
        if tier is Tier.COUNTERS:
            self._check_late(now_s)
        if wall_s > self._slowest[0]:
            self._slowest = (wall_s, tier)
        self.cadence.took(tier, now_s, cpu_s, wall_s)
        self._last_read_s[tier] = now_s
        if refusal := self.cadence.skipped.get(tier):
            self._gaps.begin(tier, now_s, now_s, refusal)
            self._tell(now_s, f"{say(tier.value)}: {refusal}")
        else:
            self._tell_period(tier, now_s, cpu_s)

    def _check_late(self, now_s: float) -> None:
        """Leave a gap where the counters come too late."""
        before_s = self._last_read_s.get(Tier.COUNTERS)
        wall_s, tier = self._slowest
        self._slowest = (0.0, None)
        if before_s is None:
            return
        late_s = now_s - before_s
        if late_s <= LATE * self.cadence.periods_s.get(Tier.COUNTERS, self._interval_s):
            return
        time_text = format_duration(late_s)
        if tier is not None and wall_s > late_s / 2:
            cause = say(
                "reading {what} took {time}", what=say(tier.value), time=time_text
            )
        else:
            cause = say(
                "late by {time}: the computer was busy or asleep", time=time_text
            )
        self._sink.take_gap(
            TimeGap(from_s=before_s, to_s=now_s, metrics=(), cause=cause)
        )

    def _tell_period(self, tier: Tier, now_s: float, cpu_s: float) -> None:
        """Say when a tier is read much less or more often than was last said."""
        period_s = self.cadence.periods_s[tier]
        told_s = self._told_period_s.setdefault(tier, period_s)
        if 1 / _TELL_CADENCE_FACTOR < period_s / told_s < _TELL_CADENCE_FACTOR:
            return
        self._told_period_s[tier] = period_s
        text = say(
            "{what}: read every {period} from now on, one reading costs {cost}",
            what=say(tier.value),
            period=format_duration(period_s),
            cost=format_duration(cpu_s),
        )
        self._tell(now_s, text)

    def _tell(self, now_s: float, text: str) -> None:
        event = Event(kind=EventKind.CADENCE, elapsed_s=now_s, text=text)
        self._sink.take_event(event)

    def _refresh_facts(self, now_s: float) -> None:
        if now_s >= self._facts_due_s:
            self._facts_due_s = now_s + _FACTS_EVERY_S
            self._sink.take_facts(self._reader.facts())

    # -- the thread -----------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._keep_ticking()
        except BaseException:
            self.after_failure()
            raise
        finally:
            self._gaps.tell_all(max(self._clock.elapsed_s(), self._last_ms / 1000))
            self._reader.close()

    def _keep_ticking(self) -> None:
        next_s = time.monotonic()
        while not self._stopping.is_set():
            begun_s = time.thread_time()
            if not self.tick():
                return
            self.cpu_s = time.thread_time()
            self._learn_cost(1000 * (self.cpu_s - begun_s))
            next_s = self._next_tick(next_s, time.monotonic())
            self._stopping.wait(next_s - time.monotonic())

    def _next_tick(self, last_s: float, now_s: float) -> float:
        """Return the next tick on the grid; those that passed are missed."""
        passed = int((now_s - last_s) / self._interval_s)
        self.missed += passed
        return last_s + (passed + 1) * self._interval_s

    def _learn_cost(self, cost_ms: float) -> None:
        weight = _COST_WEIGHT if self.ms_per_sample else 1.0
        self.ms_per_sample += weight * (cost_ms - self.ms_per_sample)


def _do_nothing(*_: object) -> None:
    """Stand in for what nobody asked to be told."""
