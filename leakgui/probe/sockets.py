"""The sockets of a network namespace by inode: addresses, peer and state."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from leakgui.probe.procfs import as_text, read_file

TCP_STATES: tuple[str, ...] = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
    "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
    "BOUND_INACTIVE",
)  # fmt: skip
"""By number: include/net/tcp_states.h."""

TCP_TABLES = ("tcp", "tcp6")
_UNIX_STATES = ("FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING")
"""By number: socket_state in include/uapi/linux/net.h."""
_UNIX_LISTENS = 0x10000
"""__SO_ACCEPTCON in include/uapi/linux/net.h."""
_NETLINK_NAMES = {
    0: "route", 4: "sock_diag", 6: "xfrm", 7: "selinux", 9: "audit", 10: "fib_lookup",
    11: "connector", 12: "netfilter", 15: "kobject_uevent", 16: "generic",
    20: "rdma", 21: "crypto",
}  # fmt: skip
"""By number: include/uapi/linux/netlink.h."""


class Socket(NamedTuple):
    """One row of the kernel's socket tables."""

    proto: str
    """``tcp``, ``tcp6``, ``udp``, ``udp6``, ``unix``, ``netlink``, ``packet``, ..."""
    local: str
    """``127.0.0.1:80``, ``[::1]:80``, a path, ``@abstract`` or empty."""
    peer: str
    """The remote address; empty where there is none."""
    state: str
    """``ESTABLISHED``, ``CLOSE_WAIT``, ``LISTEN``, ... or empty."""


Rows = Iterator[tuple[int, Socket]]


def read_sockets_at(folder: int) -> dict[int, Socket]:
    """Return the sockets of a process's network namespace by inode.

    ``folder`` is its open /proc/PID. A table that this kernel lacks or refuses is left
    out; never raises for that.
    """
    found: dict[int, Socket] = {}
    for name, parse in TABLES.items():
        try:
            text = read_file(f"net/{name}", folder)
        except OSError:
            continue
        found.update(parse(name, text))
    return found


def read_tcp_states(folder: int) -> dict[int, str] | None:
    """Return the state of each TCP socket by inode, from an open /proc/PID.

    None when there is no table at all: then no state is known.
    """
    states: dict[int, str] = {}
    tables = 0
    for name in TCP_TABLES:
        try:
            text = read_file(f"net/{name}", folder)
        except OSError:
            continue
        tables += 1
        states.update(parse_tcp_states(text))
    return states if tables else None


def parse_tcp_states(text: bytes) -> dict[int, str]:
    """Return inode → state from net/tcp or net/tcp6, without the addresses."""
    states: dict[int, str] = {}
    for line in text.split(b"\n")[1:]:
        fields = line.split(None, 10)
        if len(fields) >= 10 and fields[9].isdigit() and len(fields[9]) <= 20:
            states[int(fields[9])] = _tcp_state(fields[3])
    return states


def parse_inet(proto: str, text: bytes) -> Rows:
    """Yield the sockets of net/tcp, tcp6, udp, udp6, raw, ... by inode.

    Layout: ``net/ipv4/tcp_ipv4.c``, get_tcp4_sock, and ``net/ipv6/tcp_ipv6.c``,
    get_tcp6_sock; rows that look otherwise are left out. Inode 0 is a socket that
    no process has any more.
    """
    has_states = proto.startswith("tcp")
    for line in text.split(b"\n")[1:]:
        fields = line.split(None, 10)
        try:
            inode = _inode(fields[9])
            local, peer = _address(fields[1]), _address(fields[2])
        except (IndexError, ValueError):
            continue
        if peer.endswith(":0"):
            peer = ""
        state = _tcp_state(fields[3]) if has_states else ""
        yield inode, Socket(proto, local, peer, state)


def parse_unix(proto: str, text: bytes) -> Rows:
    """Yield the sockets of net/unix by inode.

    Layout: ``net/unix/af_unix.c``, unix_seq_show. The path is the rest of the line;
    an abstract name begins with ``@``. A line break in a path spoils its own row.
    """
    for line in text.split(b"\n")[1:]:
        fields = line.split(None, 6)
        try:
            inode_text, _, path = fields[6].partition(b" ")
            inode, state, flags = _inode(inode_text), int(fields[5], 16), fields[3]
            listens = int(flags, 16) & _UNIX_LISTENS
        except (IndexError, ValueError):
            continue
        name = "LISTEN" if listens else _name(_UNIX_STATES, state)
        yield inode, Socket(proto, as_text(path), "", name)


def parse_netlink(proto: str, text: bytes) -> Rows:
    """Yield net/netlink: ``net/netlink/af_netlink.c``, netlink_native_seq_show."""
    for line in text.split(b"\n")[1:]:
        fields = line.split()
        try:
            family, inode = int(fields[1]), _inode(fields[9])
        except (IndexError, ValueError):
            continue
        yield inode, Socket(proto, _NETLINK_NAMES.get(family, str(family)), "", "")


def parse_packet(proto: str, text: bytes) -> Rows:
    """Yield net/packet: ``net/packet/af_packet.c``, packet_seq_show."""
    for line in text.split(b"\n")[1:]:
        fields = line.split()
        try:
            inode, protocol = _inode(fields[8]), fields[3].decode("ascii")
        except (IndexError, ValueError):
            continue
        yield inode, Socket(proto, f"0x{protocol}", "", "")


TABLES: dict[str, Callable[[str, bytes], Rows]] = {
    "tcp": parse_inet,
    "tcp6": parse_inet,
    "udp": parse_inet,
    "udp6": parse_inet,
    "udplite": parse_inet,
    "udplite6": parse_inet,
    "raw": parse_inet,
    "raw6": parse_inet,
    "icmp": parse_inet,
    "icmp6": parse_inet,
    "unix": parse_unix,
    "netlink": parse_netlink,
    "packet": parse_packet,
}
"""Each file of /proc/PID/net that lists sockets, and who takes it apart."""


@lru_cache(maxsize=4096)
def _address(field: bytes) -> str:
    """Return ``0100007F:0050`` as ``127.0.0.1:80``; raises ``ValueError``.

    The kernel prints each 32 bits of an address as one number of this machine
    (``%08X`` of a __be32), the port as a plain number.
    """
    address, _, port = field.partition(b":")
    raw = bytes.fromhex(address.decode("ascii"))
    if sys.byteorder == "little":
        raw = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    number = int(port, 16)
    if len(raw) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, raw)}:{number}"
    return f"[{socket.inet_ntop(socket.AF_INET6, raw)}]:{number}"


def _inode(field: bytes) -> int:
    if not field.isdigit() or len(field) > 20:
        raise ValueError(field)
    return int(field)


def _tcp_state(field: bytes) -> str:
    try:
        return _name(TCP_STATES, int(field, 16))
    except ValueError:
        return ""


def _name(names: tuple[str, ...], number: int) -> str:
    return names[number] if 0 <= number < len(names) else ""
