"""Thirty days of readings through the whole storage path, without waiting.

Usage: thirty_day_replay.py [DAYS] [READINGS_PER_SECOND]
Prints, day by day: memory of this process, size of the file, processor time; at the
end how long the file takes to close and to open, and what a plot of it costs.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from leakgui.model.metric import METRICS, Tier
from leakgui.model.process import ProcessKey, Target
from leakgui.recording.clock import RecordingClock
from leakgui.recording.live import LiveRecording
from leakgui.session.opening import open_recording
from leakgui.session.store import SessionWriter

DAY_S = 86_400
EVERY_S = {Tier.HANDLES: 1, Tier.SHARES: 2, Tier.MAPPINGS: 1, Tier.LIMITS: 2}
COUNTERS = [metric.key for metric in METRICS if metric.tier is Tier.COUNTERS]
SLOW = {t: [m.key for m in METRICS if m.tier is t] for t in EVERY_S}


def rss_mib() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def replay(days: float, per_second: int, folder: Path) -> Path:
    """Record that long into a file and into memory, printing once a day."""
    target = Target(
        key=ProcessKey(1, 1), name="replay", command="", user="", started_unix_s=0.0
    )
    path = folder / "replay.leak"
    live = LiveRecording(target, RecordingClock(0.0), path)
    writer = SessionWriter.create(path, target, 0.0)
    # Nobody cuts the power here; the disk is not what is measured.
    writer._connection.execute("PRAGMA synchronous = OFF")  # noqa: SLF001
    chance = random.Random(1)
    for second in range(int(days * DAY_S)):
        for part in range(per_second):
            elapsed_ms = second * 1000 + part * 1000 // per_second
            reading = dict.fromkeys(COUNTERS, 4096.0 * chance.randrange(1 << 20))
            if part == 0:
                for tier, every_s in EVERY_S.items():
                    if second % every_s == 0:
                        reading |= dict.fromkeys(SLOW[tier], float(second & 1023))
            live.add_reading(elapsed_ms / 1000, reading)
            writer.add_readings(elapsed_ms, reading)
        writer.commit()
        if second in (600, 3600) or (second + 1) % (DAY_S // 2) == 0:
            report(second + 1, path)
    begun_s = time.monotonic()
    writer.close()
    print(f"closed in {time.monotonic() - begun_s:.2f} s", flush=True)
    report(second + 1, path)
    plot(live)
    return path


def report(seconds: int, path: Path) -> None:
    """Print one line."""
    size = path.stat().st_size / 2**20
    print(
        f"after {seconds / 3600:7.2f} h: memory {rss_mib():6.1f} MiB, "
        f"file {size:6.1f} MiB, processor {time.process_time():7.1f} s",
        flush=True,
    )


def plot(live: LiveRecording) -> None:
    """Print what one curve over everything costs to get."""
    envelope = live.envelope("rss_bytes")
    assert envelope is not None
    strip = envelope.between(0.0, 1e9, 1600)
    begun_s = time.thread_time()
    envelope.between(0.0, 1e9, 1600)
    print(
        f"one curve: {len(strip)} rows in {1e3 * (time.thread_time() - begun_s):.2f} ms"
    )


def main() -> None:
    """Replay, then open the file."""
    days = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    per_second = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as folder:
        path = replay(days, per_second, Path(folder))
        begun_s = time.monotonic()
        recording = open_recording(path)
        points = sum(len(series) for series in recording.series.values())
        print(f"opened in {time.monotonic() - begun_s:.2f} s, {points:,} points")


if __name__ == "__main__":
    main()
