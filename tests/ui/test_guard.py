"""What the guard lets through, over a real server and real requests, and the headers of every answer."""

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from orchestration.ui.guard import Message, Receive, Send, guarded, origins

NOT_A_PAGE = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]
A_LINK = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
JSON = ("Content-Type", "application/json")
HANDSHAKE = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13")]
HANDSHAKE += [("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw==")]
PUBLIC = "https://Jalons.example/dagster"


async def _everything(scope: Message, receive: Receive, send: Send) -> None:
    """An application that does whatever it is asked, and would have itself framed."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
    elif scope["type"] == "http":
        headers = [(b"X-Frame-Options", b"ALLOWALL"), (b"content-security-policy", b"script-src 'nonce-1'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"done"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = guarded(_everything, origins(port, PUBLIC))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="websockets-sansio"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield port
        server.should_exit = True
        thread.join()


def asked(
    port: int, method: str, path: str, *headers: tuple[str, str], host: str | None = "127.0.0.1:{port}"
) -> http.client.HTTPResponse:
    """Ask exactly this: `{port}` stands for the port of the UI."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ([("Host", host)] if host else []) + list(headers):
        connection.putheader(name, value.replace("{port}", str(port)))
    connection.endheaders()
    answer = connection.getresponse()
    answer.body = answer.read() if answer.status != 101 else b""
    connection.close()
    return answer


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "LOCALHOST:{port}", "[::1]:{port}", "jalons.example"])
def test_the_names_of_the_ui_are_answered(port, host):
    assert asked(port, "GET", "/assets", host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "jalons.example:{port}", "", None])
def test_another_name_that_leads_to_this_machine_is_refused(port, host):
    # Without any name the server itself says that the request is none.
    assert asked(port, "GET", "/assets", host=host).status in (400, 421)


def test_two_names_are_refused(port):
    assert asked(port, "GET", "/", ("Host", "evil.example")).status in (400, 421)


OWN = ("Origin", "http://127.0.0.1:{port}")
OTHERS = ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://localhost:{port}", ""]


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/", []),
        ("GET", "/favicon.png", [("Sec-Fetch-Site", "same-origin"), *NOT_A_PAGE]),
        ("GET", "/runs/1", [("Sec-Fetch-Site", "none"), *A_LINK]),
        ("GET", "/runs/1", [("Sec-Fetch-Site", "cross-site"), *A_LINK]),
        ("HEAD", "/assets?view=list", []),
        ("GET", "/graphql", []),
        ("POST", "/graphql", [JSON]),
        ("POST", "/graphql", [JSON, OWN, ("Sec-Fetch-Site", "same-origin")]),
        ("POST", "/graphql", [("Content-Type", "Application/JSON; charset=UTF-8"), OWN]),
    ],
)
def test_what_the_ui_and_programs_ask_is_answered(port, method, path, headers):
    assert asked(port, method, path, *headers).status == 200


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        *((403, "POST", "/graphql", [JSON, ("Origin", origin)]) for origin in OTHERS),
        (403, "POST", "/graphql", [JSON, OWN, OWN]),
        (403, "GET", "/", [("Origin", "http://evil.example")]),
        # Another port of this machine is of the same site.
        (403, "GET", "/favicon.png", [("Sec-Fetch-Site", "same-site"), *NOT_A_PAGE]),
        (403, "GET", "/favicon.png", [("Sec-Fetch-Site", "cross-site"), *NOT_A_PAGE]),
        (403, "GET", "/", [("Sec-Fetch-Site", "cross-site"), A_LINK[0], ("Sec-Fetch-Dest", "iframe")]),
        (403, "POST", "/graphql", [JSON, ("Sec-Fetch-Site", "cross-site"), *A_LINK]),
        *((405, method, "/graphql?query=mutation", []) for method in ("GET", "HEAD")),
        (405, "GET", "/graph%71l?query=mutation", []),
        (405, "GET", "/graphql%0A?query=mutation", []),
        (405, "GET", "/graphql?query=mutation", [("Sec-Fetch-Site", "cross-site"), *A_LINK]),
        *((405, method, "/graphql", [JSON]) for method in ("OPTIONS", "PUT", "PATCH", "DELETE")),
        (415, "POST", "/graphql", []),
        (415, "POST", "/report_asset_materialization/portfolio", []),
        (415, "POST", "/graphql", [JSON, JSON]),
        *(
            (415, "POST", "/graphql", [("Content-Type", content)])
            for content in (
                "text/plain",
                "text/plain; application/json",
                "application/json, text/plain",
                "application/json; boundary=x",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=application/json",
                "application/graphql",
            )
        ),
    ],
)
def test_what_a_page_from_elsewhere_can_send_is_refused(port, status, method, path, headers):
    answer = asked(port, method, path, *headers)
    assert answer.status == status
    assert answer.body != b"done"


@pytest.mark.parametrize(
    ("status", "origin"), [(101, OWN), *((403, ("Origin", other)) for other in OTHERS), (403, ("X-Origin", "none"))]
)
def test_a_websocket_is_of_the_ui_itself_and_a_browser_has_to_say_so(port, status, origin):
    assert asked(port, "GET", "/graphql", *HANDSHAKE, origin).status == status


def test_a_websocket_under_another_name_is_refused_though_the_page_is_of_that_name(port):
    headers = [*HANDSHAKE, ("Origin", "http://evil.example:{port}")]
    assert asked(port, "GET", "/graphql", *headers, host="evil.example:{port}").status == 421


def test_behind_a_proxy_the_address_that_it_gives_is_the_origin(port):
    post = ("POST", "/graphql", JSON)
    assert asked(port, *post, ("Origin", "https://jalons.example"), host="jalons.example").status == 200
    assert asked(port, *post, ("Origin", "http://jalons.example"), host="jalons.example").status == 403
    assert asked(port, *post, ("Origin", "https://jalons.example")).status == 403


def test_the_address_that_it_listens_on_is_a_name_of_its_own_and_every_address_is_none():
    assert origins(3000, "", "192.0.2.7")["192.0.2.7:3000"] == "http://192.0.2.7:3000"
    assert origins(3000, "", "2001:DB8::7")["[2001:db8::7]:3000"] == "http://[2001:db8::7]:3000"
    assert origins(3000, "", "0.0.0.0") == origins(3000, "", "::") == origins(3000, "")  # noqa: S104


def test_on_the_port_of_the_web_a_browser_names_none():
    assert origins(80, "")["localhost"] == "http://localhost"


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (200, ("GET", "/")),
        (415, ("POST", "/graphql")),
        (421, ("GET", "/", ("Host", "evil.example"))),
        (403, ("GET", "/graphql", *HANDSHAKE)),
    ],
)
def test_every_answer_has_the_headers_and_a_policy_of_the_application_stands_beside_ours(port, status, request_):
    answer = asked(port, *request_, host=None if status == 421 else "127.0.0.1:{port}")
    assert answer.status == status
    policies = answer.headers.get_all("content-security-policy")
    assert "frame-ancestors 'none'" in policies[-1]
    assert policies[:-1] == (["script-src 'nonce-1'"] if status == 200 else [])
    assert answer.headers.get_all("x-frame-options") == ["DENY"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
