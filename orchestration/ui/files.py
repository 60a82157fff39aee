"""The home's receipts and releases beside the UI, to be read: what a link of the UI opens.

What belongs here: which files are given, and that nothing in them runs. What does not: who may ask (`guard`).
"""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from orchestration.settings import Settings
from orchestration.ui.guard import App, Message, Receive, Send

PREFIX = "/jalons/"
# What ministries wrote is shown without a script, a form or an origin: it can neither ask the UI anything nor be it.
_POLICY = b"sandbox allow-downloads; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
_SHOWN = {".html": "text/html; charset=utf-8", ".json": "application/json", ".svg": "text/plain; charset=utf-8"}


def with_files(app: App, settings: Settings) -> App:
    """`app`, with the receipts and releases of a home under `/jalons/`, read-only; the rest is the application's."""
    roots = {"receipts": Path(str(settings.outbox)), "releases": settings.releases}

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        file = _file(roots, scope["path"].removeprefix(PREFIX))
        if file is None or scope["method"] not in ("GET", "HEAD"):
            await _send(send, 404, b"There is no such receipt or release.", b"text/plain; charset=utf-8")
            return
        data = b"" if scope["method"] == "HEAD" else file.read_bytes()
        shown = _SHOWN.get(file.suffix)
        kind = shown or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        named = None if shown else f"attachment; filename*=UTF-8''{quote(file.name)}".encode()
        await _send(send, 200, data, kind.encode(), named, file.stat().st_size)

    return answer


def _file(roots: Mapping[str, Path], path: str) -> Path | None:
    """The plain file that a path names under one of the roots, and nowhere else; `None` where there is none."""
    name, *parts = path.split("/")
    root = roots.get(name)
    if root is None or not parts or any(part in ("", ".", "..") or "\0" in part or "\\" in part for part in parts):
        return None
    try:
        found, real = root.joinpath(*parts).resolve(strict=True), root.resolve(strict=True)
    except OSError:
        return None
    return found if found.is_relative_to(real) and found.is_file() else None


async def _send(
    send: Send, status: int, body: bytes, kind: bytes, disposition: bytes | None = None, length: int | None = None
) -> None:
    headers = [
        (b"content-type", kind),
        (b"content-length", str(len(body) if length is None else length).encode()),
        (b"content-security-policy", _POLICY),
        (b"cache-control", b"no-cache"),
        *([(b"content-disposition", disposition)] if disposition else []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
