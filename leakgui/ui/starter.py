"""Begin to record: a process that runs, a program to start, a practice target."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from leakgui.demo.starting import PreparedTarget, prepare_target
from leakgui.errors import LeakguiError
from leakgui.model.process import ProcessKey
from leakgui.probe.platform import current
from leakgui.recording.heap_taking import HeapWish
from leakgui.recording.launch import Launched, launch
from leakgui.recording.recorder import Recorder
from leakgui.settings import Settings
from leakgui.ui.folders import new_recording_path
from leakgui.ui.jobs import Jobs
from leakgui.ui.subject import LiveSubject

logger = logging.getLogger(__name__)


class Starter(QObject):
    """Turns what the user chose into a recording under way, or says why not."""

    started = Signal(object)
    """A ``LiveSubject``."""
    failed = Signal(Exception)
    announced = Signal(object)
    """An ``Event`` of a recorder; emitted from the recorder's threads."""
    busy = Signal(str)
    said = Signal(str)

    def __init__(
        self, jobs: Jobs, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._settings = settings

    def watch(
        self,
        key: ProcessKey,
        name: str,
        child: Launched | None = None,
        title: str = "",
    ) -> bool:
        """Record a process from now on; False where it could not be begun."""
        settings = self._settings
        try:
            recorder = Recorder(
                key,
                new_recording_path(settings, name, key.pid),
                interval_s=settings.number("interval_s"),
                cost_share=settings.number("cost_share"),
                snapshot_every_s=settings.number("snapshot_every_s"),
                heap=HeapWish() if settings.get("snapshot_heap") else None,
                announce=self.announced.emit,
                child=child,
                name=title,
            )
            recorder.start()
        except LeakguiError as error:
            self.failed.emit(error)
            return False
        logger.info("watching %d %s", key.pid, name)
        self.started.emit(LiveSubject(recorder, child))
        return True

    def watch_pid(self, pid: int) -> None:
        """Record the process that has this pid now."""
        try:
            key = current().find_key(pid)
            with closing(current().open_reader(key)) as reader:
                name = reader.describe().name
        except LeakguiError as error:
            self.failed.emit(error)
        else:
            self.watch(key, name)

    def start_program(self, command: Sequence[str], title: str = "") -> bool:
        """Start a program and record it; it runs on when leakgui ends."""
        try:
            child = launch(command)
        except LeakguiError as error:
            self.failed.emit(error)
            return False
        return self.watch(child.key, title or Path(command[0]).name, child, title)

    def start_practice(self, name: str) -> None:
        """Compile a practice target where it must be, start it and record it."""
        self.busy.emit(self.tr("Preparing the practice target…"))
        self._jobs.ask_latest(
            "open", lambda _: prepare_target(name), self._start, self.failed.emit
        )

    def _start(self, prepared: PreparedTarget) -> None:
        self.busy.emit("")
        if prepared.note:
            self.said.emit(prepared.note)
        self.start_program(prepared.command, prepared.target.name)
