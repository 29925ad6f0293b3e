"""Too much loaded at once: a whole file in memory where one part at a time would do."""

import tempfile

from practice import KIB, MIB, Practice, bound

PART_BYTES = 256 * KIB
WANTED_BYTES = 600 * MIB


def main() -> None:
    size = bound(WANTED_BYTES)
    practice = Practice(
        "bulk-load", f"reads a file of {size // MIB} MiB into memory, 8 MiB a second."
    )
    # The file has no name and no blocks on disk: it is one large hole.
    with tempfile.TemporaryFile() as file:
        file.truncate(size)
        loaded = []
        for _ in practice.turns(PART_BYTES / (8 * MIB)):
            part = file.read(PART_BYTES)
            if not part:
                practice.hold("has loaded everything and keeps it.")
                break
            loaded.append(part)  # instead of: work on the part, then forget it


main()
