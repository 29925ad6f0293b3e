"""Files that are never closed: the same file, opened twice a second."""

import os
import resource

from practice import Practice


def read_configuration() -> bytes:
    """Read the beginning of a file and forget to close it."""
    file = os.open(__file__, os.O_RDONLY)
    return os.read(file, 100)
    # missing: os.close(file)


def main() -> None:
    practice = Practice(
        "descriptor-leak", "opens a file twice a second and never closes it."
    )
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 4 // 5
    for turn in practice.turns(0.5):
        if turn >= most:
            practice.hold("stops at four fifths of its limit of open files.")
            break
        read_configuration()


main()
