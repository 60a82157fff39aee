"""A server of incoming webhooks on this machine, which answers as the script says.

What belongs here: the answers of Mattermost, of Slack and of what stands before them, and what was posted.
"""

import json
from collections import deque
from typing import Any, Literal

from tests.alerting.fake_http import FakeServer, QuietHandler

SECRET = "xqzsecretofthetests"  # noqa: S105
# A status, a body and headers; or what happens in their place.
Answer = tuple[int, str, dict[str, str]] | Literal["reset_before", "reset_after", "accept_late"]
OK: Answer = (200, "ok", {"Content-Type": "text/plain"})


class FakeWebhook(FakeServer):
    """One webhook; `answers` are those to the next posts, in order, and "ok" after them. `texts` were accepted."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.taken: list[dict[str, Any]] = []
        self.posts = 0
        fake = self

        class Handler(QuietHandler):
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

        super().__init__(Handler)

    @property
    def url(self) -> str:
        """The address of the webhook."""
        return f"http://127.0.0.1:{self._server.server_port}/hooks/{SECRET}"

    @property
    def texts(self) -> list[str]:
        """The texts that were accepted."""
        return [content["text"] for content in self.taken]
