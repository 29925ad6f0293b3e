"""Connections that are never closed, although the other end has closed them."""

import resource
import socket

from practice import Practice

MOST = 4000  # each keeps one local port busy


def ask(server: socket.socket) -> bytes:
    """Ask the program's own server, and forget to close the connection."""
    connection = socket.create_connection(server.getsockname())
    answering, _ = server.accept()
    answering.sendall(b"answer")
    answering.close()  # the peer is done: the connection waits to be closed here
    answer = connection.recv(100)
    connection.detach()  # missing: connection.close()
    return answer


def main() -> None:
    practice = Practice(
        "socket-leak",
        "leaves two connections a second open after the other end has closed.",
    )
    most = min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 4 // 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        for turn in practice.turns(0.5):
            if turn >= most:
                practice.hold("stops at its safe bound of open connections.")
                break
            ask(server)


main()
