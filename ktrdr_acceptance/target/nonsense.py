"""Something that answers nonsense at a port, whatever it is asked.

Run as a script of its own, with the standard library alone: in a process beside the suite, or inside a
container of the target, whose Python knows nothing of the suite.
"""

import argparse
import contextlib
import select
import socketserver
import sys
import threading

# Bytes of a huge answer: what reads it whole feels it, what reads it bounded stops early.
HUGE = 256 * 1024 * 1024
_CHUNK = b"0," * 32 * 1024
# Seconds between two bytes of an endless answer: shorter than any limit on a single read.
DRIP_S = 0.2
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"


class Answer(socketserver.StreamRequestHandler):
    """Reads the head of one request and answers it; the client may go away at any time."""

    server: "Server"

    def handle(self) -> None:
        """Answer."""
        request = self.rfile.readline(65536).split()
        path = request[1] if len(request) > 1 else b"/"
        with contextlib.suppress(OSError):
            self._read_body(self._length_of_body())
            getattr(self, self.server.answer)(path)

    def _length_of_body(self) -> int:
        length = 0
        while line := self.rfile.readline(65536).strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length" and value.strip().isdigit():
                length = int(value)
        return length

    def _read_body(self, length: int) -> None:
        # Closed with some of it unread, the connection would be reset before the client has the answer.
        while length > 0 and (some := self.rfile.read(min(length, 65536))):
            length -= len(some)

    def huge(self, _path: bytes) -> None:
        """A list without use, of which the end is far."""
        self.wfile.write(_HEAD + b"Content-Length: %d\r\n\r\n[" % (HUGE + 3))
        for _ in range(HUGE // len(_CHUNK)):
            self.wfile.write(_CHUNK)
        self.wfile.write(b"0]")

    def malformed(self, _path: bytes) -> None:
        """JSON that breaks off."""
        body = b'{"success": true, "data": {"is_valid": tr'
        self.wfile.write(_HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def endless(self, _path: bytes) -> None:
        """A body that goes on and on, a byte at a time."""
        self.wfile.write(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            self.wfile.write(b"1\r\n \r\n")
            if select.select([self.connection], [], [], DRIP_S)[0] and not self.connection.recv(65536):
                return  # the client has gone

    def redirected(self, path: bytes) -> None:
        """Ask elsewhere, which is here."""
        head = b"HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nContent-Length: 0\r\n"
        self.wfile.write(head + b"Location: %s\r\n\r\n" % path)


class Server(socketserver.ThreadingTCPServer):
    """Listens until it is ended."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str, port: int, answer: str) -> None:
        self.answer = answer
        super().__init__((host, port), Answer)


def main() -> None:
    """Listen, say so, and answer until stdin ends, if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("answer", choices=("huge", "malformed", "endless", "redirected"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--until-stdin-ends", action="store_true")
    options = parser.parse_args()
    with Server(options.host, options.port, options.answer) as server:
        print("listening", flush=True)  # noqa: T201
        if options.until_stdin_ends:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            sys.stdin.read()
        else:
            server.serve_forever()


if __name__ == "__main__":
    main()
