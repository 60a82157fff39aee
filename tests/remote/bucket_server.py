"""A server of buckets on loopback: moto's, whose buckets outlive its stops."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class BucketServer:
    """The server, and what a ministry's own client is."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._server: Any = None

    def start(self) -> None:
        """Start, unless it runs, with the buckets that were there."""
        if self._server:
            return
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer("127.0.0.1", self._port, verbose=False)
        self._server.start()

    def stop(self) -> None:
        """Stop, and be no more at its port."""
        if self._server:
            self._server.stop()
            self._server._server.server_close()
            self._server = None

    def empty(self) -> None:
        """Take away all buckets and accounts."""
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.iam.models import iam_backends
        from moto.s3.models import s3_backends

        for backends in (s3_backends, iam_backends):
            backends[DEFAULT_ACCOUNT_ID].reset()

    def client(self, service: str = "s3", key: str = "jalons", secret: str = "") -> Any:
        """A client of its own, as ministries have one."""
        import boto3

        return boto3.client(
            service, "us-east-1", endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret or key
        )


@contextmanager
def bucket_server() -> Iterator[BucketServer]:
    """A server that runs."""
    # A line per request, which nobody reads.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = BucketServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
