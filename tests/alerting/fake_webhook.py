"""A server of incoming webhooks on this machine, which answers as the script says.

What belongs here: the answers of Mattermost, of Slack and of what stands before them, and what was posted.
"""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

SECRET = "xqzsecretofthetests"  # noqa: S105
# A status, a body and headers; or what happens in their place.
Answer = tuple[int, str, dict[str, str]] | Literal["reset_before", "reset_after", "accept_late"]
OK: Answer = (200, "ok", {"Content-Type": "text/plain"})


class FakeWebhook:
    """One webhook; `answers` are those to the next posts, in order, and "ok" after them. `texts` were accepted."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.taken: list[dict[str, Any]] = []
        self.posts = 0
        # A client that is kept waiting is let go of at the end.
        self._end = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.posts += 1
                answer = fake.answers.popleft() if fake.answers else OK
                if answer == "reset_before":
                    self.close_connection = True
                    return
                if answer in ("reset_after", "accept_late"):
                    fake.taken.append(content)
                    self.close_connection = True
                    if answer == "accept_late":
                        fake._end.wait(5)
                    return
                assert not isinstance(answer, str)
                status, body, headers = answer
                if self.path != f"/hooks/{SECRET}":
                    status, body = 404, "no_service"
                if 200 <= status < 300:
                    fake.taken.append(content)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body.encode()))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """The address of the webhook."""
        return f"http://127.0.0.1:{self._server.server_port}/hooks/{SECRET}"

    @property
    def texts(self) -> list[str]:
        """The texts that were accepted."""
        return [content["text"] for content in self.taken]

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
