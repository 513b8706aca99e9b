"""`healthy.py PORT PATH`: whether the service of this container answers 200 there."""

import socket
import sys

port, path = int(sys.argv[1]), sys.argv[2]
with socket.create_connection(("127.0.0.1", port), timeout=4) as connection:
    connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    sys.exit(connection.recv(12)[9:12] != b"200")
