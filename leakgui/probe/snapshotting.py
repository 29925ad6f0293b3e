"""Take a snapshot: counters, mappings, handles and threads of one process."""

from __future__ import annotations

from leakgui.probe.face import Reader
from leakgui.probe.raw import Progress, RawSnapshot


def take_raw_snapshot(reader: Reader, progress: Progress) -> RawSnapshot:
    """Read everything that can be read of the reader's process, stopping nothing.

    ``Platform.take_raw_snapshot(key, progress)`` opens the reader and closes it;
    this function does not know the platform, so that the platform may know it.

    Raises:
        ProcessGone: the process ended or the pid is another's, before or meanwhile.

    What the system refuses is a gap, not an error.
    """
    raise NotImplementedError
