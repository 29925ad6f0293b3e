"""What watching costs: the share of a core of a recorder for four kinds of targets.

Usage: watching_cost.py [SECONDS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from targets import KINDS, target

from leakgui.formatting import format_duration
from leakgui.probe.platform import current
from leakgui.recording.recorder import Recorder

WARM_UP_S = 10.0


def measure(pid: int, seconds: float, path: Path) -> None:
    """Record a process and print what it cost, as measured and as reported."""
    recorder = Recorder(current().find_key(pid), path)
    recorder.start()
    recorder.wait(WARM_UP_S)
    cpu_s, begun_s = time.process_time(), time.monotonic()
    recorder.wait(seconds)
    share = (time.process_time() - cpu_s) / (time.monotonic() - begun_s)
    cost = recorder.cost
    recorder.stop()
    periods = {tier.name: format_duration(s) for tier, s in cost.cadence.items()}
    print(f"  whole process      {share:.2%} of a core")
    print(f"  reported           {cost.share_of_core:.2%}")
    print(f"  a tick             {cost.ms_per_sample:.2f} ms")
    print(f"  missed ticks       {cost.missed}")
    print(f"  read every         {periods}")
    for tier, reason in cost.skipped.items():
        print(f"  {tier.name}: {reason}")


def main() -> None:
    """Measure each kind in turn."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            with target(kind) as pid:
                measure(pid, seconds, Path(folder) / f"{kind}.leak")


if __name__ == "__main__":
    main()
