"""What the servers of these tests that speak HTTP are: one on this machine, for as long as a test asks for it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class QuietHandler(BaseHTTPRequestHandler):
    """One that writes no line of each request."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class FakeServer:
    """A server; a handler that keeps its client waiting lets go of it at the `_end`."""

    def __init__(self, handler: type[QuietHandler]) -> None:
        self._end = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
