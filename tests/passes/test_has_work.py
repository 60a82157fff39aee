"""Whether there is anything to do is one question: the command line and the sensors give it the same answer."""

from collections.abc import Callable
from datetime import timedelta

import dagster as dg
import pytest

from orchestration.alerting import outbox
from orchestration.alerting.channels.channel import Outcome
from orchestration.alerting.outbox import Outbox
from orchestration.alerting.outbox_tables import OutboxEntry
from orchestration.defs import automation
from orchestration.intake import archive
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.intake.rereading import has_bytes
from orchestration.intake.take_in import take_in
from orchestration.passes import fingerprint
from orchestration.passes.has_work import has_work
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv

ENTRY = OutboxEntry("overdue:x:2021-S2:", "alert", 1, "overdue", "x", "2021-S2", "X")
LATER = NOW + timedelta(seconds=90)
LISTED = timedelta(minutes=3)


@pytest.fixture
def home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of the environment, in which all is as a whole pass left it."""
    monkeypatch.setenv("JALONS_HOME", str(settings.home))
    drop(settings.home, "2021-S2/MI/a.csv", b"x")
    with Ledger(settings.ledger) as ledger:
        place = Place("2021-S2", "MI", is_dry_run=False)
        ledger.receive(SeenFile("1", "2021-S2/MI/a.csv", 1), sha256(b"x"), place, NOW)
        ledger.decide(1, kind="projects", status="rejected")
    _whole_pass(settings)
    return settings


def _whole_pass(settings: Settings) -> None:
    with Ledger(settings.ledger) as ledger:
        ledger.pass_done(ledger.head())
    fingerprint.note(settings, fingerprint.sources(Settings()))


@pytest.fixture
def asks(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[bool, bool]]:
    """What the command line and the sensors answer, as if at a time."""

    class Clock(automation.datetime):  # type: ignore[name-defined,misc]
        at = NOW

        @classmethod
        def now(cls, tz=None):
            return cls.at.astimezone(tz)

    def both(now=NOW):
        Clock.at = now
        with dg.DagsterInstance.ephemeral() as instance, monkeypatch.context() as patched:
            patched.setattr(automation, "datetime", Clock)
            sensors = (automation.inbox_sensor, automation.publication_sensor)
            answers = [sensor(dg.build_sensor_context(instance=instance)) for sensor in sensors]
        return has_work(Settings(), now), any(isinstance(answer, dg.RunRequest) for answer in answers)

    return both


def _message(home: Settings, outcome: Outcome) -> None:
    """A message is tried, and this is what becomes of it."""
    with outbox.opened(home) as engine:
        box = Outbox(engine, "console")
        box.record([ENTRY], [], NOW)
        box.claim([ENTRY], "key")
        box.conclude("key", outcome, NOW, LISTED)


def _rules_change(home: Settings) -> None:
    (home.warehouse / "last_pass").write_text("other rules")


STATES: dict[str, tuple[Callable[[Settings], object], bool]] = {
    "nothing": (lambda _home: None, False),
    "a drop": (lambda home: drop(home.home, "2021-S2/MI/b.csv", projects_csv(GOOD)), True),
    "a closing": (lambda home: Ledger(home.ledger).close("2021-S2", NOW), True),
    "a clock confirmed": (lambda home: Ledger(home.ledger).confirm_clock(NOW), True),
    "rules that changed, or a pass that did not end whole": (_rules_change, True),
    "a stranger in the lake": (lambda home: _write(home.lake / "projects/x.parquet"), True),
    "a mart": (lambda home: _write(home.marts / "portfolio.parquet"), True),
    "a release": (lambda home: _write(home.releases / "2021-S2/r1/MANIFEST.json"), True),
    "a message sent": (lambda home: _message(home, Outcome("sent", message_id="1")), False),
    "a message refused": (lambda home: _message(home, Outcome("dead", error="x")), False),
    "a message of which nobody knows": (lambda home: _message(home, Outcome("unknown", error="x")), False),
    "a message not taken now": (lambda home: _message(home, Outcome("planned", error="x")), False),
}


def _write(path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


@pytest.mark.parametrize(("change", "owed"), STATES.values(), ids=STATES)
def test_the_command_line_and_the_sensors_agree(home, asks, change, owed):
    change(home)
    assert asks() == (owed, owed)


def test_a_channel_that_asked_for_a_rest_is_asked_again_once_it_is_over_and_not_before(home, asks):
    _message(home, Outcome("planned", error="ratelimited", retry_after_seconds=60))
    assert asks() == (False, False)
    assert asks(NOW + timedelta(seconds=59)) == (False, False)
    assert asks(NOW + timedelta(seconds=60)) == (True, True)


def test_a_message_whose_answer_was_lost_is_looked_for_once_it_may_be_listed_and_not_before(home, asks):
    _message(home, Outcome("unknown", error="x"))
    assert asks(NOW + LISTED - timedelta(seconds=1)) == (False, False)
    assert asks(NOW + LISTED) == (True, True)


def test_a_channel_that_refuses_is_asked_again_after_a_while_and_not_before(home, asks):
    _message(home, Outcome("planned", error="not_in_channel", is_refused=True))
    assert asks(NOW + timedelta(seconds=14)) == (False, False)
    assert asks(NOW + timedelta(seconds=15)) == (True, True)


def test_a_drop_without_its_bytes_asks_for_no_pass_until_they_are_back(home, asks):
    data = projects_csv(GOOD)
    drop(home.home, "2021-S2/MI/b.csv", data).unlink()
    with Ledger(home.ledger) as ledger:
        ledger.receive(SeenFile("1", "2021-S2/MI/b.csv", 1), sha256(data), Place("2021-S2", "MI", False), NOW)
        assert not has_bytes(home, ledger.drop(2))
    assert take_in(home, NOW).outcomes == ()
    _whole_pass(home)
    assert asks() == (False, False)
    archive.put(home.archive, data)
    assert asks() == (True, True)
    (outcome,) = take_in(home, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.drop_id) == ("accepted", 2)


def test_a_drop_without_its_bytes_is_taken_up_from_the_inbox_too(home, asks):
    data = projects_csv(GOOD)
    with Ledger(home.ledger) as ledger:
        ledger.receive(SeenFile("1", "2021-S2/MI/b.csv", 1), sha256(data), Place("2021-S2", "MI", False), NOW)
    _whole_pass(home)
    assert asks() == (False, False)
    drop(home.home, "2021-S2/MI/b.csv", data)
    assert asks() == (True, True)
    (outcome,) = take_in(home, NOW).outcomes
    assert outcome.receipt.drop_id == 2
    assert archive.is_whole(home.archive, sha256(data))
