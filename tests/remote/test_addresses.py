"""What an address leads to: where a package is missing, or nothing answers, the command line says what to do."""

import sys

import pytest
from typer.testing import CliRunner

from orchestration.alerting.faults import of_incident
from orchestration.cli import app
from orchestration.domain.french import typeset
from orchestration.intake.incidents import Incident
from orchestration.remote.address import place, shown
from orchestration.remote.faults import WORDS, StoreUnreachable, reaching
from orchestration.settings import Settings
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("url", "package", "extra"),
    [("sftp://jalons@host/inbox", "paramiko", "[sftp]"), ("s3://jalons/inbox", "s3fs", "[s3]")],
)
def test_an_address_whose_package_is_missing_says_what_to_install(tmp_path, monkeypatch, url, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("JALONS_INBOX_URL", url)
    answer = CliRunner().invoke(app, ["run", "--home", str(tmp_path / "home")])
    assert answer.exit_code == 1
    assert f"needs the package {package}" in answer.stderr
    assert extra in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("url", ["fpt://ada:hunter2@host/inbox", "sftp://ada:hun/ter2@host/inbox"])
def test_an_address_that_is_none_is_said_without_its_password(tmp_path, monkeypatch, url):
    monkeypatch.setenv("JALONS_INBOX_URL", url)
    answer = CliRunner().invoke(app, ["run", "--home", str(tmp_path / "home")])
    assert answer.exit_code == 1
    assert "JALONS_INBOX_URL is no address that can be reached" in answer.stderr
    assert "hun" not in answer.stderr


@pytest.mark.parametrize("password", ["hunter2", "hun@ter2", "hun/ter2", "hun:ter2"])
def test_a_password_is_never_shown_with_its_address(password):
    url = f"sftp://ada:{password}@host:22/inbox"
    assert shown(url) == "sftp://ada@host:22/inbox"
    assert "ter2" not in repr(Settings(inbox_url=url, archive_url=url, outbox_url=url))


def test_what_cannot_be_reached_is_named_without_account_or_password(ssh_folder):
    there = place("sftp://ada:hunter2@127.0.0.1:1/inbox", "JALONS_INBOX_URL")
    with pytest.raises(StoreUnreachable) as failed, reaching(there):
        list(there.iterdir())
    assert str(failed.value).startswith("sftp://127.0.0.1/inbox cannot be reached: the server does not answer.")
    assert "ada" not in str(failed.value)
    assert "hunter2" not in str(failed.value)


@pytest.mark.parametrize("why", sorted(WORDS))
def test_engineers_are_told_in_french_why_an_inbox_cannot_be_reached_and_what_to_do(why):
    about = {"what": "unreachable", "inbox": "sftp://host/inbox", "files": 3, "reason": "SSHException"}
    alert = of_incident(Incident("inbox_unreachable", why, None, about, NOW))
    assert "sftp://host/inbox" in alert.detail
    assert "Ce qui a été reçu avant est gardé" in alert.detail
    for said in (alert.detail, alert.to_do):
        assert said
        assert "'" not in said
        assert typeset(typeset(said)) == typeset(said)
