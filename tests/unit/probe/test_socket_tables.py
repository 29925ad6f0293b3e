"""The tables under /proc/PID/net: addresses, states, and rows that are none."""

from __future__ import annotations

import ipaddress
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakgui.probe.sockets import (
    TABLES,
    TCP_STATES,
    Socket,
    parse_inet,
    parse_netlink,
    parse_packet,
    parse_tcp_states,
    parse_unix,
)

HEAD = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when ...\n"
ROW = (
    b"   0: %s %s %02X 00000000:00000000 00:00000000 00000000     0        0 "
    b"%d 1 00000000b87f2aac 100 0 0 10 0\n"
)
UNIX_HEAD = b"Num       RefCount Protocol Flags    Type St Inode Path\n"
PORTS = st.integers(0, 65535)


def field(address: str, port: int) -> bytes:
    """An address as the kernel of this machine prints it."""
    packed = ipaddress.ip_address(address).packed
    words = [packed[at : at + 4] for at in range(0, len(packed), 4)]
    numbers = [int.from_bytes(word, sys.byteorder) for word in words]
    return b"".join(b"%08X" % number for number in numbers) + b":%04X" % port


def only(rows) -> Socket:
    ((_, found),) = rows
    return found


@pytest.mark.skipif(sys.byteorder != "little", reason="the text is of a PC")
def test_a_real_row_of_a_listening_socket():
    row = (
        b"   0: 0100007F:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000"
        b"     0        0 548 1 00000000b87f2aac 100 0 0 10 0                       \n"
    )
    assert dict(parse_inet("tcp", HEAD + row)) == {
        548: Socket("tcp", "127.0.0.1:2024", "", "LISTEN")
    }
    assert parse_tcp_states(HEAD + row) == {548: "LISTEN"}


@given(st.ip_addresses(v=4).map(str), PORTS, st.integers(1, 65535))
def test_version_4_addresses_read_back(address, port, peer_port):
    row = ROW % (field(address, port), field("10.0.0.1", peer_port), 8, 5)
    expected = Socket("tcp", f"{address}:{port}", f"10.0.0.1:{peer_port}", "CLOSE_WAIT")
    assert only(parse_inet("tcp", HEAD + row)) == expected


@given(st.ip_addresses(v=6).map(str), PORTS)
def test_version_6_addresses_read_back(address, port):
    row = ROW % (field(address, port), field("::1", 443), 1, 5)
    found = only(parse_inet("tcp6", HEAD + row))
    host, _, text = found.local.rpartition(":")
    assert ipaddress.ip_address(host.strip("[]")) == ipaddress.ip_address(address)
    assert int(text) == port
    assert (found.peer, found.state) == ("[::1]:443", "ESTABLISHED")


@given(st.integers(0, 255), st.integers(0, 2**64 - 1))
def test_states_and_inodes(state, inode):
    row = ROW % (field("1.2.3.4", 1), field("1.2.3.4", 2), state, inode)
    name = TCP_STATES[state] if state < len(TCP_STATES) else ""
    assert parse_tcp_states(HEAD + row) == {inode: name}
    assert only(parse_inet("tcp", HEAD + row)).state == name


def test_udp_has_no_states():
    row = ROW % (field("0.0.0.0", 53), field("0.0.0.0", 0), 7, 5)
    assert only(parse_inet("udp", HEAD + row)) == Socket("udp", "0.0.0.0:53", "", "")


def unix(path: bytes, *, flags: bytes = b"00000000", state: bytes = b"03") -> bytes:
    row = b"0000000031435d6d: 00000003 00000000 %s 0001 %s  1146%s\n"
    return UNIX_HEAD + row % (flags, state, path)


def test_unix_sockets_have_paths_abstract_names_or_none():
    assert only(parse_unix("unix", unix(b""))) == Socket("unix", "", "", "CONNECTED")
    assert only(parse_unix("unix", unix(b" @a\xff"))).local == "@a\udcff"
    listening = unix(b" /run/my x.sock", flags=b"00010000", state=b"01")
    expected = Socket("unix", "/run/my x.sock", "", "LISTEN")
    assert only(parse_unix("unix", listening)) == expected


def test_netlink_and_packet_are_named():
    netlink = b"head\n0000000098973d6a 15   0  00000000 0 0 0 2 0 473     \n"
    expected = (473, Socket("netlink", "kobject_uevent", "", ""))
    assert list(parse_netlink("netlink", netlink)) == [expected]
    packet = b"head\nffff888 3 3 0003 2 1 0 0 12345\n"
    expected = (12345, Socket("packet", "0x0003", "", ""))
    assert list(parse_packet("packet", packet)) == [expected]


@given(st.sampled_from(sorted(TABLES)), st.binary(max_size=300))
def test_no_text_breaks_a_parser(name, text):
    for inode, found in TABLES[name](name, b"head\n" + text):
        assert inode >= 0
        assert found.proto == name
    parse_tcp_states(b"head\n" + text)


@given(
    st.sampled_from(sorted(TABLES)),
    st.lists(
        st.sampled_from(
            [b"-1", b"0x", b"7F", b"0100007F:0050", b"9" * 40, b"zz:1", b"1"]
        )
        | st.binary(max_size=12),
        max_size=12,
    ),
)
def test_rows_of_wrong_fields_are_left_out(name, fields):
    text = b"head\n" + b" ".join(fields) + b"\n"
    assert all(inode >= 0 for inode, _ in TABLES[name](name, text))
    parse_tcp_states(text)
