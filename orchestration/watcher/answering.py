"""What the watcher answers: checks and passes to operators on its Unix socket, its health to anybody on this machine.

What belongs here: the two web applications, and the threads that serve them. What does not: doing the work
(`orchestration.answers.checking`, `attending`), and asking for it (`handover`).
"""

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from orchestration.answers.checking import checked
from orchestration.intake.opening.limits import MAX_BYTES
from orchestration.settings import Settings
from orchestration.store.json_values import json_value
from orchestration.watcher.attending import Asked
from orchestration.watcher.handover import LINE_S, SOCKET, address_in

# Whoever waits longer for the process to be free does the work itself.
_TURN_S = 1.0
_MOST_CONNECTIONS, _SILENT_S = 32, 5


@dataclass(frozen=True)
class Answers:
    """What the applications ask: how the watcher stands, whether its code is that on the disk, and for a pass.

    `turn` is held for a check, which no pass may begin meanwhile.
    """

    settings: Settings
    health: Callable[[], dict[str, Any]]
    is_current: Callable[[], bool]
    ask_for_pass: Callable[[Asked], None]
    turn: threading.Lock


def health_app(answers: Answers) -> Starlette:
    """`GET /health`: 200 where both halves work, else 503; a page from elsewhere is refused."""

    async def health(_request: Request) -> JSONResponse:
        found = answers.health()
        return JSONResponse(found, 200 if found["is_healthy"] else 503)

    only = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=[Route("/health", health)], middleware=[only])


def operators_app(answers: Answers) -> Starlette:
    """The same health, `POST /check` (a file's bytes) and `POST /run` (a line of JSON a step, then the summary)."""

    async def health(_request: Request) -> JSONResponse:
        return JSONResponse(answers.health())

    async def check(request: Request) -> JSONResponse:
        data = bytearray()
        async for part in request.stream():
            data += part[: MAX_BYTES + 1 - len(data)]
        return await run_in_threadpool(_check, answers, dict(request.query_params), bytes(data))

    async def run(request: Request) -> StreamingResponse | JSONResponse:
        if not answers.is_current():
            return _not_now("The watcher begins anew, since its code changed.")
        lines = _steps(answers.ask_for_pass, is_forced="force" in request.query_params)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    routes = [
        Route("/health", health),
        Route("/check", check, methods=["POST"]),
        Route("/run", run, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _check(answers: Answers, said: dict[str, str], data: bytes) -> JSONResponse:
    if not answers.is_current():
        return _not_now("The watcher begins anew, since its code changed.")
    if not answers.turn.acquire(timeout=_TURN_S):
        return _not_now("A pass is under way.")
    try:
        place = said.get("edition"), said.get("perimeter")
        answer = checked(
            said["name"], data, datetime.now(UTC), *place, answers.settings, with_files="with_files" in said
        )
    finally:
        answers.turn.release()
    return JSONResponse(answer.as_document())


def _not_now(why: str) -> JSONResponse:
    return JSONResponse({"why": why}, 503)


def _steps(ask: Callable[[Asked], None], *, is_forced: bool) -> Iterator[str]:
    said = SimpleQueue[dict[str, Any]]()
    tell = lambda summary: said.put({"summary": summary.as_document()} if summary else {"nothing": True})  # noqa: E731
    ask(Asked(is_forced, lambda step: said.put({"step": step}), tell))
    while True:
        try:
            one = said.get(timeout=LINE_S)
        except Empty:
            one = {"still": True}
        if "summary" in one or "nothing" in one:
            break
        yield json.dumps(one) + "\n"
    yield json.dumps(one, default=json_value) + "\n"


@contextmanager
def listening(home: Path) -> Iterator[socket.socket]:
    """The socket of a home, for its owner and its group alone, gone in the end; held by whoever holds the watch."""
    with suppress(FileNotFoundError):
        (home / SOCKET).unlink()
    listener, mask = socket.socket(socket.AF_UNIX), os.umask(0o117)
    try:
        with address_in(home) as address:
            listener.bind(address)
    finally:
        os.umask(mask)
    os.chown(home / SOCKET, -1, home.stat().st_gid)
    listener.listen()
    try:
        yield listener
    finally:
        with suppress(FileNotFoundError):
            (home / SOCKET).unlink()
        listener.close()


class _Impatient(H11Protocol):
    """Closes a connection that asks nothing, and takes no more than some at once: each holds a file open."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, for as long as it may say nothing."""
        if len(self.connections) >= _MOST_CONNECTIONS:
            transport.abort()
            return
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(_SILENT_S, self.timeout_keep_alive_handler)


@contextmanager
def served(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """Serve an application in a thread, as long as it is asked for."""
    config = uvicorn.Config(
        app, http=_Impatient, log_config=None, log_level="warning", proxy_headers=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
