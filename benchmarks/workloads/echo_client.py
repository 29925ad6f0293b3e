"""Open connections one after another, talk a little over each, and close it."""

import random
import socket
import sys
import time

while True:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        for _ in range(20):
            size = random.randint(1, 20_000)
            connection.sendall(b"x" * size + b"\n")
            left = size + 1
            while left > 0:
                left -= len(connection.recv(left))
    time.sleep(0.01)
