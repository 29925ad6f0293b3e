"""Join sampler, helper and session into one recording."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from leakgui import __version__
from leakgui.errors import LeakguiError, WriteFailed
from leakgui.helper.client import HelperClient
from leakgui.model.metric import Tier
from leakgui.model.process import ProcessKey
from leakgui.model.recording import Event, EventKind
from leakgui.model.snapshot import Snapshot
from leakgui.probe.face import Platform
from leakgui.probe.platform import current
from leakgui.recording.cadence import Cadence
from leakgui.recording.clock import RecordingClock
from leakgui.recording.continuing import open_existing, restore
from leakgui.recording.cost import FIRST_LOOK_S, LOOK_EVERY_S, Cost, CpuMeter
from leakgui.recording.ending import describe_end
from leakgui.recording.file_writer import FileWriter
from leakgui.recording.heap_looking import HeapLooking
from leakgui.recording.heap_side import HeapSide
from leakgui.recording.heap_taking import HeapHelper, HeapWish, HeapWorker
from leakgui.recording.intake import Intake
from leakgui.recording.launch import Launched
from leakgui.recording.live import LiveRecording
from leakgui.recording.sampler import Sampler
from leakgui.recording.snapshots import SnapshotTaker
from leakgui.session.store import SessionWriter
from leakgui.texts import say
from leakgui.worker.client import WorkerClient

logger = logging.getLogger(__name__)

_EXIT_CODE_WAIT_S = 2.0
_FLUSH_WAIT_S = 5.0


class Recorder(HeapSide):
    """Measure one process in the background until it ends or ``stop`` is called.

    Given a file that exists, the recording in it goes on. Where the file cannot be
    written the recording goes on in memory, ``problem`` says so, and writing is
    tried again. ``announce`` is called for each event, from threads of the recorder.
    """

    live: LiveRecording
    """What is known so far; there from ``start`` on."""

    def __init__(  # noqa: PLR0913  # the knobs of a recording, by name only
        self,
        key: ProcessKey,
        path: Path | None,
        *,
        interval_s: float = 0.1,
        cost_share: float = 0.01,
        snapshot_every_s: float = 0.0,
        heap: HeapWish | None = None,
        keep_blocks: bool = True,
        announce: Callable[[Event], None] | None = None,
        child: Launched | None = None,
        name: str = "",
        platform: Platform | None = None,
        helper: HeapHelper | None = None,
        worker: HeapWorker | None = None,
    ) -> None:
        """Prepare a recording; nothing happens before ``start``.

        Args:
            key: the process.
            path: the session file; None keeps everything in memory.
            interval_s: seconds between two readings of the counters.
            cost_share: the share of one core that reading may use.
            snapshot_every_s: seconds between automatic snapshots, or more where one
                takes long; 0 takes none.
            heap: look into the heap at automatic snapshots, in this way; rarer where
                the program would be stopped for more than 0.5 % of the time.
            keep_blocks: keep the newest copy, so that its blocks can be described.
            announce: told each event as it happens.
            child: the program where leakgui started it: its exit code is kept.
            name: what to call the target; else what the system calls it, which for
                a program that was just started can be its interpreter.
            platform: what looks at processes; this system's where not given.
            helper: what takes snapshots; a helper process where not given.
            worker: what interprets heaps; a process without rights where not given.
        """
        self.path = path
        self._key = key
        self._interval_s = interval_s
        self._cadence = Cadence(interval_s, cost_share)
        self._snapshot_every_s = snapshot_every_s
        self._heap = heap
        self._announce = announce
        self._child = child
        self._name = name
        self._platform = platform or current()
        self._heaps = HeapLooking(
            helper or HelperClient(), worker or WorkerClient(), keep_blocks=keep_blocks
        )
        self._meter = CpuMeter()
        self._next_look_s = FIRST_LOOK_S
        self._sampler: Sampler | None = None
        self._file: FileWriter | None = None
        self._failure: LeakguiError | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._is_stopped = False
        self._has_target_ended = False

    # -- asking ---------------------------------------------------------------------

    @property
    def cost(self) -> Cost:
        """What watching costs, measured."""
        sampler = self._sampler
        return Cost(
            share_of_core=self._meter.share,
            ms_per_sample=sampler.ms_per_sample if sampler else float("nan"),
            cadence=self._cadence.periods_s,
            skipped=self._cadence.skipped,
            missed=sampler.missed if sampler else 0,
        )

    @property
    def problem(self) -> LeakguiError | None:
        """What stands in the way of reading or writing now; None when all is well."""
        return self._failure or (self._file.problem if self._file else None)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the recording has ended; False where the time was not enough.

        When it ended because the target did, everything is on the disk; ``stop``
        still closes the file.
        """
        return self._ended.wait(timeout_s)

    # -- beginning and ending -------------------------------------------------------

    def start(self) -> None:
        """Begin to read.

        Raises:
            TargetError: the process is gone or may not be read.
            BadUsage: the file is of another process, or is being recorded now.
            SessionUnreadable: the file exists and cannot be continued.
        """
        reader = self._platform.open_reader(self._key)
        try:
            seen = reader.describe()
            target = replace(seen, name=self._name or seen.name)
            writer = open_existing(self.path, target)
        except BaseException:
            reader.close()
            raise
        self._clock = RecordingClock(writer.started_unix_s if writer else None)
        self.live = LiveRecording(target, self._clock, self.path)
        self._intake = Intake(self.live, self._announce)
        last_ms = restore(writer, self.live, self._clock) if writer else -1
        self._steps = self.live.steps()
        self._begin_file(writer)
        number = writer.last_snapshot_number if writer else 0
        keep = self._intake.take_snapshot
        self._taker = SnapshotTaker(self.live, self._heaps, keep, number)
        self._sampler = Sampler(
            reader, self._intake, self._clock, self._cadence, self._interval_s
        )
        self._sampler.after_tick = self._after_tick
        self._sampler.after_end = self._after_end
        self._sampler.after_failure = self._after_failure
        atexit.register(self.stop)
        if self._heap and self._snapshot_every_s:
            self._heaps.warm_up()
        self._intake.add_event(EventKind.STARTED, text=target.name)
        interval = f"{self._interval_s:g}"
        self._intake.take_facts({"leakgui": __version__, "interval_s": interval})
        self._sampler.start(last_ms)

    def stop(self) -> None:
        """End the recording and close its file; may be called again."""
        with self._lock:
            if self._is_stopped or self._sampler is None:
                return
            self._is_stopped = True
        atexit.unregister(self.stop)
        try:
            self._sampler.stop()
            self._taker.close()
            if not self._has_target_ended:
                self._clock.stop()
                self._intake.add_event(EventKind.STOPPED)
        finally:
            if self._file is not None:
                self._file.stop()
            self._ended.set()

    def _begin_file(self, writer: SessionWriter | None) -> None:
        path, live = self.path, self.live
        if path is None:
            return

        def make() -> SessionWriter:
            return SessionWriter.create(path, live.target, live.started_unix_s)

        self._file = self._intake.file = FileWriter(make, self._tell_problem)
        if writer is None:
            try:
                writer = make()
            except WriteFailed as error:
                self._file.problem = error
                self._tell_problem(error)
        self._file.start(writer)

    def _tell_problem(self, problem: LeakguiError | None) -> None:
        text = problem.message if problem else say("The recording is written again.")
        logger.warning("%s", text)
        self._intake.add_event(EventKind.NOTE, text=text)

    # -- what the user does ---------------------------------------------------------

    def take_snapshot(
        self, name: str = "", heap: HeapWish | None = None
    ) -> Future[Snapshot]:
        """Take a snapshot in the background; the result is there when it is kept.

        With ``heap`` the program is stopped for a moment. Where its heap cannot be
        had the snapshot says why in ``gaps``.
        """
        return self._taker.take(name, heap)

    def rename_snapshot(self, number: int, name: str) -> None:
        """Give a snapshot another name."""
        self.live.rename_snapshot(number, name)
        self._intake.write(lambda writer: writer.rename_snapshot(number, name))

    def mark_step(self, text: str = "") -> None:
        """Note that the user repeated the action."""
        with self._lock:
            self._steps += 1
            number = self._steps
        self._intake.add_event(EventKind.STEP, text=text, number=number)

    def add_note(self, text: str) -> None:
        """Put a note on the time axis."""
        self._intake.add_event(EventKind.NOTE, text=text)

    def read_again(self, tier: Tier) -> None:
        """Read a tier that was given up because it costs too much."""
        self._cadence.ask_again(tier)

    # -- what happens (called from the sampler's thread) ----------------------------

    def _after_tick(self, now_s: float) -> None:
        """Measure ourselves, and take the automatic snapshot that is due."""
        if self._sampler is not None:
            file_cpu_s = self._file.cpu_s if self._file else 0.0
            self._meter.note(self._sampler.cpu_s + file_cpu_s)
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + LOOK_EVERY_S
            self._cadence.obey(self._meter.share)
        # While nothing can be written, snapshots would only fill the memory.
        if self._snapshot_every_s and not self.problem:
            self._taker.take_when_due(now_s, self._snapshot_every_s, self._heap)

    def _after_end(self, elapsed_s: float) -> None:
        """Keep how the target ended."""
        self._has_target_ended = True
        code = self._child.wait(_EXIT_CODE_WAIT_S) if self._child else None
        if code is not None:
            self._intake.take_facts({"exit_code": str(code)})
        first, last = self.live.first_and_last()
        self._clock.stop()
        self._intake.add_event(
            EventKind.TARGET_ENDED,
            elapsed_s=elapsed_s,
            text=describe_end(code, last, first),
        )
        self._close_down()

    def _after_failure(self) -> None:
        """Say that a bug of ours ended the sampling; what was recorded is kept."""
        text = say("leakgui failed and reads no more; what was recorded is kept.")
        self._failure = LeakguiError(
            text, say("This is a bug in leakgui: see the log.")
        )
        self._intake.add_event(EventKind.NOTE, text=text)
        self._close_down()

    def _close_down(self) -> None:
        if self._file is not None:
            self._file.flush(_FLUSH_WAIT_S)
        self._ended.set()
