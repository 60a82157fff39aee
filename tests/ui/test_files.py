"""Receipts and releases beside the UI: what a link opens, and that nothing else is given and nothing in them runs."""

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from orchestration.settings import Settings
from orchestration.ui.files import with_files
from orchestration.ui.guard import Message, Receive, Send, guarded, origins

PAGE = "<script>fetch('/graphql')</script>Reçu"


async def _dagster(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"dagster"})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("served") / "home"
    receipt = home / "outbox" / "2021-S2" / "MI" / "20211201T090000Z-00001"
    receipt.mkdir(parents=True)
    (receipt / "accuse.html").write_text(PAGE, encoding="utf-8")
    (receipt / "annoté.xlsx").write_bytes(b"PK")
    (home / "releases" / "2021-S2" / "r1").mkdir(parents=True)
    (home / "releases" / "2021-S2" / "r1" / "figures.json").write_text("{}", encoding="utf-8")
    (home / "releases" / "2021-S2" / "current").symlink_to("r1")
    (home / "ledger.sqlite").write_text("secret", encoding="utf-8")
    (home / "outbox" / "2021-S2" / "out").symlink_to(home / "ledger.sqlite")
    return home


@pytest.fixture(scope="module")
def port(home: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        app = guarded(with_files(_dagster, Settings(home=home)), origins(port, ""))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield port
        server.should_exit = True
        thread.join()


def asked(port: int, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


RECEIPT = "/jalons/receipts/2021-S2/MI/20211201T090000Z-00001/"


def test_a_receipt_is_shown_and_nothing_in_it_runs_or_is_of_the_uis_origin(port):
    answer = asked(port, RECEIPT + "accuse.html")
    assert (answer.status, answer.body.decode()) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    own = answer.headers.get_all("content-security-policy")[0]
    assert own.startswith("sandbox allow-downloads; default-src 'none';")
    assert "allow-scripts" not in own
    assert "allow-same-origin" not in own


def test_what_no_browser_shows_is_downloaded_under_its_name(port):
    answer = asked(port, RECEIPT + "annot%C3%A9.xlsx")
    assert (answer.status, answer.body) == (200, b"PK")
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''annot%C3%A9.xlsx"


def test_the_current_revision_is_reached_by_its_link(port):
    assert asked(port, "/jalons/releases/2021-S2/current/figures.json").body == b"{}"


def test_asked_for_its_head_a_file_is_not_sent(port):
    answer = asked(port, RECEIPT + "accuse.html", "HEAD")
    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(PAGE.encode())))


@pytest.mark.parametrize(
    "path",
    [
        "/jalons/receipts/../ledger.sqlite",
        "/jalons/receipts/%2e%2e/ledger.sqlite",
        "/jalons/receipts/2021-S2/..%2f..%2f../ledger.sqlite",
        "/jalons/receipts//2021-S2/MI",
        "/jalons/receipts/2021-S2/MI/",
        "/jalons/receipts/2021-S2/MI",
        "/jalons/receipts/2021-S2/out",
        "/jalons/receipts/..%5cledger.sqlite",
        "/jalons/receipts/%00",
        "/jalons/archive/x",
        "/jalons/",
        "/jalons/receipts",
    ],
)
def test_nothing_else_of_the_home_is_given(port, path):
    answer = asked(port, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


def test_the_rest_is_dagsters_and_the_guard_stands_before_all(port):
    assert asked(port, "/assets").body == b"dagster"
    assert asked(port, RECEIPT + "accuse.html", Host="evil.example").status == 421
    assert asked(port, RECEIPT + "accuse.html", "POST", **{"Content-Type": "application/json"}).status == 404
    elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert asked(port, RECEIPT + "accuse.html", **elsewhere).status == 403
