"""Hold argv[1] mappings of one page each, then say ready and wait for end of input."""

import mmap
import sys

PAGE = mmap.PAGESIZE

held = []
for number in range(int(sys.argv[1])):
    # Neighbours of one kind are merged by the kernel: every second one is read-only.
    access = mmap.PROT_READ | (mmap.PROT_WRITE if number % 2 else 0)
    one = mmap.mmap(-1, PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, access)
    if number % 2:
        one[0] = 1
    held.append(one)
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.read()
