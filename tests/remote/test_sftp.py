"""Inbox, receipts and archive on a real OpenSSH server: taken once whole, answered there, and never lost from sight."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.intake import archive, inbox, inbox_faults, incidents, settling
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes.causes import cause_of
from orchestration.remote.faults import StoreUnreachable
from orchestration.settings import Settings
from orchestration.store.whole_file import sweep, write_whole
from tests.conftest import NOW
from tests.intake.drops import GOOD, OTHER, projects_csv
from tests.remote.sftp_server import IS_ROOT, SftpServer

PATH = "2021-S2/MI/p.csv"
JUSTICE = projects_csv("GREFFE;Ministère de la Justice;01/01/2020;4,5;Déploiement;42,5")
ROWS = [f"PROJET {number};Ministère de l'Intérieur;01/01/2020;4,5;Déploiement;42,5" for number in range(50)]


def _at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def _owed(home: Settings, seconds: float = 0) -> bool:
    with Ledger(home.ledger) as ledger:
        return bool(settling.pending(home, ledger, _at(seconds)).owed)


def _taken(home: Settings, seconds: float = 0) -> list[tuple[str, str, int]]:
    outcomes = take_in(home, _at(seconds)).outcomes
    return [(one.path, one.receipt.status, one.receipt.rows_accepted) for one in outcomes]


def _said(home: Settings) -> list[str]:
    with Ledger(home.ledger) as ledger:
        return inbox_faults.sentences(ledger, NOW)


def _why(home: Settings) -> list[str]:
    with Ledger(home.ledger) as ledger:
        return [
            one.subject if one.rule == "inbox_unreachable" else one.details["what"]
            for one in incidents.open_incidents(ledger.engine, NOW)
        ]


def _put(server: SftpServer, data: bytes, path: str = PATH) -> None:
    """Drop a file as a careful client does: under another name, then renamed."""
    who = path.split("/")[1]
    with server.client(who) as files:
        aside = server.path(f"inbox/{path}.part")
        with files.open(aside, "wb") as file:
            file.write(data)
        files.posix_rename(aside, server.path(f"inbox/{path}"))


def test_a_drop_that_is_renamed_into_place_gets_its_receipt_on_the_server_whole(over_sftp, server):
    with server.client("MI") as files:
        aside, place = server.path(f"inbox/{PATH}.part"), server.path(f"inbox/{PATH}")
        with files.open(aside, "wb") as file:
            file.write(projects_csv(GOOD))
        assert inbox.look(over_sftp.inbox) == inbox.Listing(frozenset(), {})
        files.posix_rename(aside, place)
        assert _owed(over_sftp)
        assert _taken(over_sftp) == [(PATH, "accepted", 1)]
        (name,) = files.listdir(server.path("receipts/2021-S2/MI"))
        folder = server.path(f"receipts/2021-S2/MI/{name}")
        assert sorted(files.listdir(folder)) == ["accuse.html", "accuse.json", "annote.xlsx"]
        with files.open(f"{folder}/accuse.json") as file:
            assert json.loads(file.read())["status"] == "accepted"
    assert not _owed(over_sftp)


def test_a_ministry_sees_neither_the_drops_nor_the_receipts_of_another_and_writes_in_its_own_folder_only(
    over_sftp, server
):
    if not IS_ROOT:
        pytest.skip("only root can give each ministry an account and shut it in")
    _put(server, projects_csv(GOOD))
    _taken(over_sftp)
    # The operator has made no folder for these.
    write_whole(over_sftp.outbox / "2021-S2" / "MC" / "accuse.json", b"{}")
    write_whole(over_sftp.outbox / "2022-S1" / "MJ" / "accuse.json", b"{}")
    with server.client("MJ") as files:
        for place in ("/receipts/2021-S2/MC", "/receipts/2022-S1/MJ"):
            with pytest.raises(PermissionError):
                files.stat(f"{place}/accuse.json")
        assert sorted(files.listdir("/")) == ["inbox", "receipts"]
        for place in ("/inbox", "/inbox/2021-S2", "/inbox/2021-S2/MI", "/receipts/2021-S2/MI"):
            with pytest.raises(PermissionError):
                files.listdir(place)
        for place in (f"/inbox/{PATH}", "/inbox/2021-S2/MI/q.csv", "/inbox/2021-S2/q.csv", "/receipts/2021-S2/MJ/q"):
            with pytest.raises(PermissionError):
                files.open(place, "w")
        with pytest.raises(OSError):
            files.symlink("/inbox/2021-S2/MI/p.csv", "/inbox/2021-S2/MJ/p.csv")
        assert files.listdir("/inbox/2021-S2/MJ") == []


def test_an_upload_that_stalls_is_taken_once_it_is_whole(over_sftp, server, monkeypatch):
    monkeypatch.setattr(settling.time, "sleep", lambda _seconds: None)
    home, data = over_sftp.model_copy(update={"settle_seconds": 1.0}), projects_csv(*ROWS)
    with server.client("MI") as files, files.open(server.path(f"inbox/{PATH}"), "wb") as file:
        file.write(data[:1000])
        assert not _owed(home, 0)
        assert not _owed(home, 10)
        assert _taken(home, 10) == []
        file.write(data[1000:])
        assert not _owed(home, 11), "it has just changed again"
    assert _owed(home, 45)
    assert _taken(home, 45) == [(PATH, "accepted", 50)]


def test_a_file_that_is_written_while_it_is_read_is_not_as_seen(over_sftp, server):
    _put(server, projects_csv(GOOD))
    (seen,) = inbox.look(over_sftp.inbox).files
    assert inbox.read_file(over_sftp.inbox, seen) == projects_csv(GOOD)
    assert inbox.is_as_seen(over_sftp.inbox, seen)
    _put(server, projects_csv(GOOD, OTHER))
    assert not inbox.is_as_seen(over_sftp.inbox, seen)


def test_other_bytes_of_the_same_size_and_second_are_seen(over_sftp, server):
    _put(server, projects_csv(GOOD))
    assert _taken(over_sftp) == [(PATH, "accepted", 1)]
    with server.client("MI") as files:
        seen = files.stat(server.path(f"inbox/{PATH}"))
        _put(server, projects_csv(GOOD.replace("42,5", "43,5")))
        files.utime(server.path(f"inbox/{PATH}"), (seen.st_atime, seen.st_mtime))
    assert _owed(over_sftp, 20)
    assert _taken(over_sftp, 20) == [(PATH, "accepted", 1)]


def test_no_more_is_read_of_a_file_than_of_one_that_is_too_large(over_sftp, server, monkeypatch):
    monkeypatch.setattr(inbox, "MAX_BYTES", 100_000)
    _put(server, bytes(300_000))
    (seen,) = inbox.look(over_sftp.inbox).files
    assert inbox.read_file(over_sftp.inbox, seen) == bytes(100_001)


def test_a_server_that_stops_is_a_fault_until_it_is_back_and_nothing_is_taken_for_gone(over_sftp, server, monkeypatch):
    monkeypatch.setenv("JALONS_INBOX_URL", over_sftp.inbox_url)
    _put(server, projects_csv(GOOD))
    assert len(_taken(over_sftp)) == 1
    server.stop()
    assert _owed(over_sftp)
    assert _taken(over_sftp) == []
    assert _why(over_sftp) == ["no_answer"]
    (said,) = _said(over_sftp)
    assert said.startswith("The inbox cannot be reached: sftp://127.0.0.1/")
    assert "the server does not answer" in said
    assert not _owed(over_sftp)
    assert CliRunner().invoke(app, ["inbox", "confirm", "--home", str(over_sftp.home)]).exit_code == 1
    server.start()
    assert _owed(over_sftp), "its end is news"
    assert _taken(over_sftp) == []
    assert _why(over_sftp) == []
    _put(server, JUSTICE, "2021-S2/MJ/q.csv")
    assert _taken(over_sftp) == [("2021-S2/MJ/q.csv", "accepted", 1)]


def test_a_connection_that_is_lost_between_two_passes_is_made_again(over_sftp, server):
    _put(server, projects_csv(GOOD))
    assert len(_taken(over_sftp)) == 1
    server.drop_connections()
    _put(server, JUSTICE, "2021-S2/MJ/q.csv")
    assert _taken(over_sftp) == [("2021-S2/MJ/q.csv", "accepted", 1)]
    assert _why(over_sftp) == []


def test_where_the_server_goes_half_way_what_is_here_is_decided_and_the_next_pass_takes_the_rest(
    over_sftp, server, monkeypatch
):
    home = over_sftp.model_copy(update={"outbox_url": ""})
    _put(server, projects_csv(GOOD))
    _put(server, JUSTICE, "2021-S2/MJ/p.csv")
    put = archive.put
    with monkeypatch.context() as patched:
        patched.setattr(archive, "put", lambda *given: [put(*given), server.stop()][0])
        assert _taken(home) == [(PATH, "accepted", 1)]
    assert _why(home) == ["no_answer"]
    server.start()
    assert _taken(home) == [("2021-S2/MJ/p.csv", "accepted", 1)]
    assert _why(home) == []


def _forget_the_server(server, ssh_folder):
    (ssh_folder / "known_hosts").unlink()


def _change_the_server(server, ssh_folder):
    server.stop()
    server.new_host_key()
    server.start()


def _lose_the_key(server, ssh_folder):
    (ssh_folder / "id_ed25519").unlink()


def _have_another_key(server, ssh_folder):
    if not IS_ROOT:
        pytest.skip("each account has its own key only where the tests are root's")
    (ssh_folder / "id_ed25519").write_bytes(server.key("MI").read_bytes())


@pytest.mark.parametrize(
    ("harm", "why", "words"),
    [
        (_forget_the_server, "unknown_server", "known_hosts"),
        (_change_the_server, "changed_server", "another key"),
        (_lose_the_key, "refused", "does not let this account in"),
        (_have_another_key, "refused", "does not let this account in"),
    ],
)
def test_a_server_that_is_not_known_or_does_not_know_us_is_a_fault_with_what_to_do(
    over_sftp, server, ssh_folder, harm, why, words
):
    harm(server, ssh_folder)
    before = sorted((path.name, path.read_bytes()) for path in ssh_folder.iterdir())
    assert _owed(over_sftp)
    assert _taken(over_sftp) == []
    assert _why(over_sftp) == [why]
    assert words in _said(over_sftp)[0]
    assert sorted((path.name, path.read_bytes()) for path in ssh_folder.iterdir()) == before


def test_a_server_that_comes_back_as_another_one_is_news(over_sftp, server):
    server.stop()
    assert _taken(over_sftp) == []
    assert _why(over_sftp) == ["no_answer"]
    assert not _owed(over_sftp)
    server.new_host_key()
    server.start()
    assert _owed(over_sftp)
    assert _taken(over_sftp) == []
    assert _why(over_sftp) == ["changed_server"]


def test_an_inbox_that_is_not_at_its_address_is_a_fault_of_a_new_home_too(over_sftp, server):
    home = over_sftp.model_copy(update={"inbox_url": server.url("inbx")})
    assert _owed(home)
    assert _taken(home) == []
    assert _why(home) == ["nowhere"]


def test_a_drop_whose_receipt_cannot_be_written_waits_and_the_cause_is_said(over_sftp, server):
    _put(server, projects_csv(GOOD))
    home = over_sftp.model_copy(update={"outbox_url": server.url("receipts").replace(str(server.port), "1")})
    with pytest.raises(StoreUnreachable) as stopped:
        take_in(home, NOW)
    cause = cause_of(stopped.value)
    assert cause is not None
    assert cause.key == "store_unreachable"
    assert "the server does not answer" in cause.sentence
    assert _taken(over_sftp) == [(PATH, "accepted", 1)]


def test_a_file_is_replaced_whole_what_a_dead_writer_left_is_swept_and_an_archive_gives_its_bytes(over_sftp, server):
    place = over_sftp.outbox / "2021-S2" / "MI" / "one" / "file.json"
    write_whole(place, b"one")
    write_whole(place, b"another")
    (place.parent / ".left.part").write_bytes(b"half")
    assert sweep(over_sftp.outbox) == 1
    assert [path.name for path in place.parent.iterdir()] == ["file.json"]
    assert place.read_bytes() == b"another"
    kept = over_sftp.outbox / "archive"
    assert archive.get(kept, archive.put(kept, b"bytes")) == b"bytes"
    server.stop()
    with pytest.raises(StoreUnreachable):
        archive.get(kept, "0" * 64)
