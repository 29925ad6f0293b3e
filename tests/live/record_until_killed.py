"""Record a process and say on standard output what was read, until killed.

Usage: record_until_killed.py PID FILE [MOST_FILE_BYTES]
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from leakgui.probe.platform import current
from leakgui.recording.recorder import Recorder


def main() -> None:
    key = current().find_key(int(sys.argv[1]))
    if len(sys.argv) > 3:
        most = int(sys.argv[3])
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    recorder = Recorder(key, Path(sys.argv[2]), interval_s=0.02)
    recorder.start()
    while not recorder.wait(0.05):
        envelope = recorder.live.envelope("rss_bytes")
        if envelope and envelope.last:
            say(f"{len(envelope)} {envelope.last[0]} {recorder.problem or '-'}")
        if recorder.problem and len(sys.argv) > 3:
            resource.setrlimit(
                resource.RLIMIT_FSIZE,
                (resource.RLIM_INFINITY, resource.RLIM_INFINITY),
            )
            wait_for_recovery(recorder)
            recorder.stop()
            say(f"recovered {len(recorder.live.recording().series['rss_bytes'])}")


def wait_for_recovery(recorder: Recorder) -> None:
    deadline_s = time.monotonic() + 30
    while recorder.problem and time.monotonic() < deadline_s:
        time.sleep(0.05)


def say(text: str) -> None:
    sys.stdout.write(text.replace("\n", " ") + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
