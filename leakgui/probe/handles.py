"""Every open handle of a process: its kind and what it leads to."""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from leakgui.model.metric import HANDLE_KINDS
from leakgui.probe.procfs import list_names, opened_folder
from leakgui.probe.sockets import TCP_TABLES, Socket, read_sockets_at, read_tcp_states

_KIND_OF_ANONYMOUS = {
    "eventfd": "eventfd",
    "eventpoll": "epoll",
    "inotify": "inotify",
    "timerfd": "timerfd",
    "signalfd": "signalfd",
}
"""Names given to anon_inode_getfile in fs/eventfd.c, eventpoll.c, timerfd.c, ..."""

_NUMBERED = re.compile(r"([A-Za-z][\w.-]*):\[(\d{1,20})\]\Z")
"""``socket:[5]``, ``pipe:[7]``, ``net:[4026531840]``: d_dname of a pseudo file."""

_MEMORY_FOLDERS = ("/dev/shm/", "/dev/hugepages/", "/dev/mqueue/")  # noqa: S108  # names to recognise; nothing is written there
_DELETED = " (deleted)"
_KEY_OF_KIND = {kind: f"handles_{kind}" for kind in HANDLE_KINDS}


class SeenHandle(NamedTuple):
    """One open handle at the moment it was looked at."""

    number: int
    """The descriptor."""
    kind: str
    """One of ``leakgui.model.metric.HANDLE_KINDS``."""
    target: str
    """A path, ``tcp 10.0.0.2:80 → 10.0.0.1:555``, or the kernel's own name."""
    inode: int
    """What tells two opens of one number apart; 0 where the kernel names none."""
    state: str
    """State of a socket (``ESTABLISHED``, ``CLOSE_WAIT``, ...) or empty."""
    peer: str
    """Remote address of a socket, or empty."""


def list_handles_at(folder: int) -> list[SeenHandle]:
    """Return the handles of an open /proc/PID, ordered by number; raises ``OSError``.

    A handle that is closed while the list is made is left out.
    """
    links = list(read_links(folder))
    has_sockets = any(link.startswith("socket:[") for _, link in links)
    sockets = read_sockets_at(folder) if has_sockets else {}
    return [see_handle(number, link, sockets) for number, link in sorted(links)]


def read_links(folder: int) -> Iterator[tuple[int, str]]:
    """Yield number and link text of each handle, in the kernel's order.

    Raises:
        OSError: the handles may not be listed, or not be followed.
    """
    with opened_folder("fd", folder) as handles:
        for name in list_names(handles):
            try:
                yield int(name), os.readlink(name, dir_fd=handles)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    yield int(name), "/…"
                elif error.errno != errno.ENOENT:  # ENOENT: closed meanwhile
                    raise


def see_handle(number: int, link: str, sockets: Mapping[int, Socket]) -> SeenHandle:
    """Return the handle that a link text of /proc/PID/fd describes (proc(5))."""
    kind, target, inode = classify(link)
    found = sockets.get(inode) if kind == "socket" else None
    if found is None:
        return SeenHandle(number, kind, target, inode, "", "")
    return SeenHandle(
        number, kind, socket_target(found), inode, found.state, found.peer
    )


def classify(link: str) -> tuple[str, str, int]:
    """Return kind, target and inode (0 where none is named) of a link text.

    A named pipe or socket in the file system counts as a file: its link text does
    not tell, and asking the file itself could block on a server that is away.
    """
    if link.startswith("/"):
        return _classify_path(link)
    numbered = _NUMBERED.match(link)
    if numbered:
        name, inode = numbered[1], int(numbered[2])
        return (name if name in {"socket", "pipe"} else "other"), name, inode
    if link.startswith("anon_inode:"):
        name = link.removeprefix("anon_inode:").removeprefix("[").removesuffix("]")
        return _KIND_OF_ANONYMOUS.get(name, "other"), name, 0
    return ("file" if link.startswith("(unreachable)") else "other"), link, 0


def _classify_path(path: str) -> tuple[str, str, int]:
    if path.startswith("/memfd:") and path.endswith(_DELETED):
        return "memfd", path[1 : -len(_DELETED)], 0
    if path.startswith("/dmabuf:"):
        return "other", path[1:], 0
    if path.startswith("/dev/") and not path.startswith(_MEMORY_FOLDERS):
        return "device", path, 0
    return "file", path, 0


def socket_target(found: Socket) -> str:
    """Return how a socket is called: ``tcp 127.0.0.1:80 → 10.0.0.1:555``."""
    if found.proto == "unix" and not found.local:
        return "unix (unnamed)"
    local = f"{found.proto} {found.local}"
    return f"{local} → {found.peer}" if found.peer else local


def read_kinds(folder: int) -> dict[str, float]:
    """Return every metric of ``Tier.HANDLES`` from an open /proc/PID.

    Every kind is there: none of a kind is a known 0. Addresses are not looked at,
    and the socket tables only when there is a socket. Raises ``OSError``.
    """
    kinds: Counter[str] = Counter()
    inodes = []
    for _, link in read_links(folder):
        kind, _, inode = classify(link)
        kinds[kind] += 1
        if kind == "socket":
            inodes.append(inode)
    states = read_tcp_states(folder) if inodes else {}
    counted = None if states is None else Counter(map(states.get, inodes))
    return _as_reading(kinds, counted)


def reading_of(handles: Iterable[SeenHandle], *, has_states: bool) -> dict[str, float]:
    """Return the same from handles that were listed; ``has_states``: TCP is known."""
    kinds: Counter[str] = Counter()
    states: Counter[str | None] = Counter()
    for handle in handles:
        kinds[handle.kind] += 1
        states[handle.state] += 1
    return _as_reading(kinds, states if has_states else None)


def has_tcp_table(folder: int) -> bool:
    """Return whether states of TCP sockets can be known, from an open /proc/PID."""
    return any(os.access(f"net/{name}", os.R_OK, dir_fd=folder) for name in TCP_TABLES)


def _as_reading(
    kinds: Counter[str], states: Counter[str | None] | None
) -> dict[str, float]:
    reading = {key: float(kinds[kind]) for kind, key in _KEY_OF_KIND.items()}
    if states is not None:
        reading["sockets_close_wait"] = float(states["CLOSE_WAIT"])
        reading["sockets_established"] = float(states["ESTABLISHED"])
    return reading
