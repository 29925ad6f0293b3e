"""A limit that is too small for the work: near it all the time, without a leak."""

import pathlib
import re
import resource

from practice import KIB, MIB, Practice

LIMIT_BYTES = 160 * MIB
USUAL_SHARE = 0.80
PEAK_SHARE = 0.93
PART_BYTES = 512 * KIB


def private_bytes() -> int:
    """Return what counts against the limit: private writable address space."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmData:\s+(\d+) kB", status).group(1)) * KIB


def fill_to(share: float, held: list) -> None:
    """Hold so many buffers that this share of the limit is used."""
    missing = int(share * LIMIT_BYTES) - private_bytes()
    held.extend(bytearray(b"x" * PART_BYTES) for _ in range(missing // PART_BYTES))


def main() -> None:
    practice = Practice(
        "limit-too-small",
        f"limits itself to {LIMIT_BYTES // MIB} MiB of private memory and uses up to "
        f"{PEAK_SHARE:.0%} of it for every job.",
    )
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_BYTES, LIMIT_BYTES))
    state = []
    fill_to(USUAL_SHARE, state)
    job = []
    for turn in practice.turns(1.5):
        if turn % 2:
            fill_to(PEAK_SHARE, job)
        else:
            job.clear()


main()
