"""A line to a server on this machine, on which requests and answers get lost, and strangers answer.

What belongs here: what happens to one request, by script. What does not: the server at its end, which is a real one.
"""

import socket
import threading
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

# An answer in full, of somebody who stands before the server.
Mishap = Literal["lose_request", "lose_answer"] | bytes


def answer(status: int, body: bytes = b"{}", *headers: str) -> bytes:
    """An answer of HTTP in full."""
    head = (f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", *headers)
    return "\r\n".join((*head, "", "")).encode() + body


class BadLine:
    """One request per connection. `mishaps` holds what becomes of the next ones that write (PUT), in order; `None`, and
    all others, go through. `writes` counts them.
    """

    def __init__(self, port: int) -> None:
        self.mishaps: deque[Mishap | None] = deque()
        self.writes = 0
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, suppress(OSError):
                self._carry(client)

    def _carry(self, client: socket.socket) -> None:
        request = _request(client)
        mishap = None
        if request.startswith(b"PUT "):
            self.writes += 1
            mishap = self.mishaps.popleft() if self.mishaps else None
        if isinstance(mishap, bytes):
            client.sendall(mishap)
        if isinstance(mishap, bytes) or mishap == "lose_request":
            return
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            server.sendall(request)
            # The server has done its work once it answers.
            said = server.recv(65536)
            while said and mishap is None:
                client.sendall(said)
                said = server.recv(65536)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A listener that is only closed goes on waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


def _request(client: socket.socket) -> bytes:
    """A whole request: its head, and as much as it says that follows."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = client.recv(65536)
        if not part:
            return read
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    sizes = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while sizes and len(body) < int(sizes[0]):
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body
