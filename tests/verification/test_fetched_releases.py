"""What is at an address is brought here as far as its manifest lists it, from one host, and then verified."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from signed_releases import Signer
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.verification.verifier import Unreadable, read_key
from orchestration.verification.whole import verify_whole


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder without a word; `/away/` leads to another host, `/round/` to itself."""

    def do_GET(self) -> None:
        if self.path.startswith(("/away/", "/round/", "/here/")):
            self.send_response(302)
            onward = {"away": "http://other.invalid/", "round": "/round/", "here": "/"}[self.path.split("/")[1]]
            self.send_header("Location", onward + self.path.split("/", 2)[2])
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[Path], str]]:
    """Serves a folder; its address."""
    servers = []

    def serve(folder: Path) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_revision_is_fetched_with_those_before_it(
    published: Path, signer: Signer, served: Callable[[Path], str]
) -> None:
    report = verify_whole(f"{served(published)}/2016-S2/r2/", read_key(signer.text))
    assert report.wrong == []
    assert (report.counts["signatures"], report.counts["chain"], report.counts["revisions"]) == (2, 1, 1)
    assert "ce que le manifeste ne nomme pas ne se voit pas" in " ".join(report.unproved)


def test_an_edition_and_all_that_an_index_names_are_fetched(copied: Path, served: Callable[[Path], str]) -> None:
    (copied / "index.json").write_text(json.dumps({"editions": [{"edition": "2016-S2"}, {"edition": "2017-S2"}]}))
    address = served(copied)
    assert verify_whole(f"{address}/2016-S2").counts["revisions"] == 2
    assert verify_whole(address).counts["revisions"] == 4


def test_a_redirect_is_followed_on_the_same_host_alone(published: Path, served: Callable[[Path], str]) -> None:
    address = served(published)
    assert verify_whole(f"{address}/here/2025-S2/r1").wrong == []
    for away in ("away", "round"):
        with pytest.raises(Unreadable):
            verify_whole(f"{address}/{away}/2025-S2/r1")


def test_no_more_is_read_than_the_manifest_says(copied: Path, served: Callable[[Path], str]) -> None:
    with (copied / "2016-S2" / "r1" / "figures.json").open("ab") as file:
        file.truncate(300 * 2**20)
    report = verify_whole(f"{served(copied)}/2016-S2/r1")
    assert "2016-S2/r1/figures.json" in {where for where, _ in report.wrong}


def test_an_address_where_nothing_is_published_cannot_be_read(tmp_path: Path, served: Callable[[Path], str]) -> None:
    for address in (served(tmp_path), "http://127.0.0.1:1/x", "http://[", "https://"):
        with pytest.raises(Unreadable):
            verify_whole(address)


# The command.


def test_the_command_says_what_is_proved_and_exits_with_0(published: Path, signer: Signer) -> None:
    done = CliRunner().invoke(app, ["verify", str(published / "2016-S2"), "--key", signer.text])
    assert done.exit_code == 0
    assert "Conforme" in done.output and "Parquet" in done.output


def test_the_command_exits_with_1_for_what_is_wrong_and_2_for_what_is_none(copied: Path, tmp_path: Path) -> None:
    (copied / "2016-S2" / "r2" / "figures.json").unlink()
    done = CliRunner().invoke(app, ["verify", str(copied / "2016-S2"), "--json"])
    said = json.loads(done.stdout)
    assert (done.exit_code, said["is_proved"], said["wrong"][0]["where"]) == (1, False, "2016-S2/r2/figures.json")
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "absent")]).exit_code == 2
    assert CliRunner().invoke(app, ["verify", str(copied), "--key", "nothing"]).exit_code == 2
