"""Open, start and map what standard input says, one order a line; answer each.

Orders: ``files N PATH``, ``sockets N PORT``, ``pipes N``, ``eventfds N``, ``epolls N``,
``memfds N NAME``, ``threads N NAME``, ``map N BYTES``, ``shared N BYTES``,
``sysv N BYTES``, ``mapfile PATH`` (and delete it), ``close`` (everything that is a
handle). The answer is ``ready``; the first one says that it runs.
"""

import ctypes
import mmap
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.shmat.restype = ctypes.c_void_p
PR_SET_NAME = 15  # include/uapi/linux/prctl.h
PROT_NONE = 0

closers = []
held = []


def hold(opened, close):
    held.append(opened)
    closers.append(close)


def open_files(count, path):
    for _ in range(int(count)):
        number = os.open(path, os.O_RDONLY)
        hold(number, lambda number=number: os.close(number))


def open_sockets(count, port):
    for _ in range(int(count)):
        connection = socket.create_connection(("127.0.0.1", int(port)))
        hold(connection, connection.close)


def open_pipes(count):
    for _ in range(int(count)):
        for end in os.pipe():
            hold(end, lambda end=end: os.close(end))


def open_eventfds(count):
    for _ in range(int(count)):
        number = os.eventfd(0)
        hold(number, lambda number=number: os.close(number))


def open_epolls(count):
    for _ in range(int(count)):
        watched = select.epoll()
        hold(watched, watched.close)


def open_memfds(count, name):
    for _ in range(int(count)):
        number = os.memfd_create(name)
        hold(number, lambda number=number: os.close(number))


def start_threads(count, name):
    begun = threading.Barrier(int(count) + 1)

    def wait(number):
        LIBC.prctl(PR_SET_NAME, f"{name}{number}".encode(), 0, 0, 0)
        begun.wait()
        threading.Event().wait()

    for number in range(int(count)):
        threading.Thread(target=wait, args=(number,), daemon=True).start()
    begun.wait()
    # Ready only when each of them sleeps: a snapshot tells a thread that still runs.
    while not all(is_asleep(task) for task in Path("/proc/self/task").iterdir()):
        time.sleep(0.01)


def is_asleep(task):
    if int(task.name) == threading.get_native_id():
        return True
    with (task / "stat").open("rb") as file:
        return file.read().rpartition(b")")[2].split()[0] == b"S"


def map_private(count, size):
    # A page that nobody may touch at the end keeps neighbours from being merged.
    for _ in range(int(count)):
        memory = mmap.mmap(-1, int(size) + mmap.PAGESIZE, mmap.MAP_PRIVATE)
        memory.write(b"\1" * int(size))
        begin = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        guard = ctypes.c_void_p(begin + int(size))
        assert LIBC.mprotect(guard, mmap.PAGESIZE, PROT_NONE) == 0
        held.append(memory)


def map_shared(count, size):
    for _ in range(int(count)):
        memory = mmap.mmap(-1, int(size), mmap.MAP_SHARED)
        memory.write(b"\1" * int(size))
        held.append(memory)


def map_sysv(count, size):
    for _ in range(int(count)):
        number = LIBC.shmget(0, ctypes.c_size_t(int(size)), 0o1600)
        assert number >= 0
        assert LIBC.shmat(number, None, 0)
        LIBC.shmctl(number, 0, None)


def map_file(path):
    with Path(path).open("r+b") as file:
        held.append(mmap.mmap(file.fileno(), 0))
    Path(path).unlink()


def close_all():
    while closers:
        closers.pop()()


ORDERS = {
    "files": open_files,
    "sockets": open_sockets,
    "pipes": open_pipes,
    "eventfds": open_eventfds,
    "epolls": open_epolls,
    "memfds": open_memfds,
    "threads": start_threads,
    "map": map_private,
    "shared": map_shared,
    "sysv": map_sysv,
    "mapfile": map_file,
    "close": close_all,
}


def say_ready():
    sys.stdout.write("ready\n")
    sys.stdout.flush()


say_ready()
for line in sys.stdin:
    order, *arguments = line.split()
    ORDERS[order](*arguments)
    say_ready()
