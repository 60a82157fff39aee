"""Who may drive the UI: its own pages and programs that a person starts; never a page of anybody else.

What belongs here: which requests are refused, and the headers of every answer, before any ASGI application. What does
not: Dagster, or who may reach the port.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_JSON = re.compile(r'application/json(\s*;\s*charset="?[\w-]+"?)?\s*', re.IGNORECASE)
# What the UI needs beside its own script-src, which Dagster states page by page; nothing is fetched from elsewhere.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# What stands for every address of a machine.
EVERY = ("0.0.0.0", "::")  # noqa: S104
_POLICY_HEADER = (b"content-security-policy", _POLICY.encode())
_HEADERS = {
    b"x-frame-options": b"DENY",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


def origins(port: int, public_url: str, host: str = "127.0.0.1") -> dict[str, str]:
    """The origin of the UI's own pages by the Host that is asked: this machine's names, `host` where it listens on that
    alone, and the name of `public_url`.
    """
    suffix = "" if port == 80 else f":{port}"
    # Under all addresses there are names that nobody knows here: whoever needs one says it in `public_url`.
    own_names = dict.fromkeys(("127.0.0.1", "localhost", "[::1]", *([] if host in EVERY else [in_url(host)])))
    own = {f"{name}{suffix}": f"http://{name}{suffix}" for name in own_names}
    public = urlsplit(public_url.lower())
    return own | ({public.netloc: f"{public.scheme}://{public.netloc}"} if public.netloc else {})


def in_url(host: str) -> str:
    """A host as an address of a page writes it."""
    return f"[{host.lower()}]" if ":" in host else host.lower()


def guarded(app: App, own: Mapping[str, str]) -> App:
    """`app`, asked only what `own` (as `origins` gives it) lets through, with security headers on every answer."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"].endswith("http.response.start"):
                kept = [pair for pair in message["headers"] if pair[0].lower() not in _HEADERS]
                # Where the application has a policy of its own, a browser holds to both.
                message = {**message, "headers": [*kept, _POLICY_HEADER, *_HEADERS.items()]}
            await send(message)

        refused = None if scope["type"] == "lifespan" else _refusal(scope, own)
        if refused is None:
            await app(scope, receive, send_with_headers)
        else:
            await _say(scope, receive, send_with_headers, *refused)

    return answer


def _refusal(scope: Message, own: Mapping[str, str]) -> tuple[int, str] | None:
    """The status and the sentence that a request is refused with; `None` where it is let through."""
    said = defaultdict(list)
    for name, value in scope["headers"]:
        said[name.lower()].append(value.decode("latin-1"))
    # A name that an attacker points at this machine (DNS rebinding) is not among ours.
    origin = own.get(said[b"host"][0].lower()) if len(said[b"host"]) == 1 else None
    if origin is None:
        return 421, f"The UI is not reached under this name, but under {', '.join(own)} (see JALONS_DAGSTER_URL)."
    # A browser says where a page is from on each POST and each WebSocket.
    if said[b"origin"] != [origin] and (said[b"origin"] or scope["type"] == "websocket"):
        return 403, "A page from elsewhere cannot use the UI."
    if scope["type"] == "websocket":
        return None
    method = scope["method"]
    # A link to a page may be followed from anywhere. Another port of this machine is `same-site`, and is elsewhere.
    is_link = method == "GET" and [said[b"sec-fetch-mode"], said[b"sec-fetch-dest"]] == [["navigate"], ["document"]]
    if said[b"sec-fetch-site"] not in ([], ["same-origin"], ["none"]) and not is_link:
        return 403, "A page from elsewhere cannot use the UI."
    if method == "POST":
        # The only type that a page from elsewhere cannot send without being allowed to.
        is_json = len(said[b"content-type"]) == 1 and _JSON.fullmatch(said[b"content-type"][0])
        return None if is_json else (415, "Only application/json is taken.")
    if method not in ("GET", "HEAD"):
        return 405, "Only GET, HEAD and POST are answered."
    # As a beginning: Starlette takes a path that ends with a line feed for the same one.
    if scope["path"].startswith("/graphql") and scope["query_string"]:
        return 405, "A query is asked by POST."
    return None


async def _say(scope: Message, receive: Receive, send: Send, status: int, sentence: str) -> None:
    prefix = ""
    if scope["type"] == "websocket":
        prefix = "websocket."
        await receive()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(sentence)).encode())]
    await send({"type": f"{prefix}http.response.start", "status": status, "headers": headers})
    await send({"type": f"{prefix}http.response.body", "body": sentence.encode()})
