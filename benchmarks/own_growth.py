"""Does the recorder itself grow? Its memory over some minutes of recording.

Usage: own_growth.py [MINUTES]
For thirty days see thirty_day_replay.py, which takes the same path without waiting.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from pathlib import Path

from targets import target

from leakgui.formatting import format_rate
from leakgui.probe.platform import current
from leakgui.recording.recorder import Recorder

SNAPSHOT_EVERY_S = 30.0


def rss_bytes() -> int:
    """Return the resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def handles() -> int:
    """Return how many handles this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Record a small target, with snapshots, and print memory each half minute."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder, target("small") as pid:
        path = Path(folder) / "growth.leak"
        recorder = Recorder(
            current().find_key(pid), path, snapshot_every_s=SNAPSHOT_EVERY_S
        )
        recorder.start()
        recorder.wait(SNAPSHOT_EVERY_S * 2)  # everything is loaded and cached by then
        first = rss_bytes()
        for turn in range(int(minutes * 2)):
            recorder.wait(30.0)
            gc.collect()
            print(
                f"{(turn + 1) / 2:5.1f} min: {rss_bytes() / 2**20:.1f} MiB, "
                f"{handles()} handles, file {path.stat().st_size / 2**20:.2f} MiB",
                flush=True,
            )
        rate = (rss_bytes() - first) / (minutes * 60)
        print(f"growth {format_rate(rate, 'bytes')}; a bounded part of it is the")
        print("last hour of readings, which fills up once")
        recorder.stop()


if __name__ == "__main__":
    main()
