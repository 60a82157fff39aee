"""What a pass would find to do is told at once, and nothing that is owed is ever passed over."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from orchestration.alerting import outbox, outbox_tables
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes import fingerprint
from orchestration.passes.has_work import has_work
from orchestration.passes.home import home_resource, publication
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from tests.intake.drops import GOOD, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def done(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home as a whole pass leaves it, with the sources that it was made by beside it."""
    monkeypatch.setattr(fingerprint, "CHECKOUT", tmp_path / "checkout")
    seed = tmp_path / "checkout" / "dbt_project" / "seeds" / "project_aliases.csv"
    _write(seed, "name,project_id\n")
    _write(tmp_path / "checkout" / "orchestration" / "settings.py", "")
    of_sources = fingerprint.sources(settings)
    with Ledger(settings.ledger) as ledger:
        place = Place("2021-S2", "MI", is_dry_run=False)
        ledger.receive(SeenFile("1", "2021-S2/MI/a.csv", 1), sha256(projects_csv(GOOD)), place, NOW)
        ledger.decide(1, kind="projects", status="accepted")
        ledger.pass_done(ledger.head())
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    _write(settings.lake / "projects" / "edition=2021-S2" / "1.parquet", "rows")
    for name in ("r1/MANIFEST.json", "r2/MANIFEST.json"):
        _write(settings.releases / "2021-S2" / name, "{}")
    (settings.releases / "2021-S2" / "current").symlink_to("r2")
    _write(settings.marts / "portfolio.parquet", "rows")
    with outbox.opened(settings) as engine:
        _send(engine, "sent")
    fingerprint.note(settings, of_sources)
    return settings


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _send(engine: sa.Engine, state: str, kind: str = "alert", channel: str = "console") -> None:
    row = {"alert_key": f"overdue:x:2021-S2:{state}", "channel": channel, "kind": kind, "occurrence": 1}
    rest = {"state": state, "headline": "X", "planned_at": NOW.replace(tzinfo=None), "attempts": 1}
    with engine.begin() as connection:
        connection.execute(sa.insert(outbox_tables.OUTBOX).values(row | rest))


def test_after_a_whole_pass_there_is_nothing_to_do(done):
    assert not has_work(done, NOW)
    assert not has_work(done, NOW + timedelta(days=20))


def test_an_empty_home_owes_nothing_and_one_that_no_pass_went_through_owes_one(settings):
    assert not has_work(settings, NOW)
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(GOOD))
    assert has_work(settings, NOW)
    take_in(settings, NOW)
    assert has_work(settings, NOW)


def test_what_is_left_for_a_channel_that_was_closed_asks_for_no_pass(done):
    with outbox.opened(done) as engine:
        _send(engine, "unknown", channel="slack")
    assert not has_work(done, NOW)


def test_a_pass_that_began_and_did_not_end_whole_is_to_be_done_again(done):
    home = home_resource(lambda: done, lambda _step: None)
    with dg.build_resources({"home": home, "publication": publication}) as resources:
        assert resources.home.settings == done
    assert has_work(done, NOW)


OWED: dict[str, Callable[[Settings], object]] = {
    "a drop": lambda home: drop(home.home, "2021-S2/MI/b.csv", projects_csv(GOOD)),
    "a mart that was rebuilt by hand": lambda home: os.utime(home.marts / "portfolio.parquet", (1, 1)),
    "a mart that is gone": lambda home: (home.marts / "portfolio.parquet").unlink(),
    "the whole warehouse": lambda home: shutil.rmtree(home.warehouse),
    "rows that were read again": lambda home: _write(home.lake / "projects/edition=2021-S2/1.parquet", "Rows"),
    "a release that is gone": lambda home: shutil.rmtree(home.releases / "2021-S2" / "r2"),
    "a release that is not the current one": lambda home: _relink(home.releases / "2021-S2" / "current", "r1"),
    "an alias that was confirmed": lambda home: _write(
        home.home.parent / "checkout/dbt_project/seeds/project_aliases.csv", "name,project_id\nA,b\n"
    ),
    "a new version of the code": lambda home: _write(home.home.parent / "checkout/orchestration/new.py", ""),
    "a closing": lambda home: Ledger(home.ledger).close("2021-S2", NOW),
}


def _relink(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


@pytest.mark.parametrize("change", OWED.values(), ids=list(OWED))
def test_whatever_changed_since_is_owed_a_pass(done, change):
    change(done)
    assert has_work(done, NOW)


@pytest.mark.parametrize("kind", ["alert", "resolution"])
@pytest.mark.parametrize("state", ["planned", "sending"])
def test_a_message_that_has_not_left_is_owed_a_pass(done, state, kind):
    with outbox.opened(done) as engine:
        _send(engine, state, kind)
    assert has_work(done, NOW)


def test_a_channel_that_was_opened_is_owed_a_pass(done):
    assert has_work(done.model_copy(update={"slack_channel": "C0123"}), NOW)
    assert has_work(done.model_copy(update={"slack_bot_token": SecretStr("xoxb")}), NOW)
    # How long a file must rest changes nothing of what a pass makes of it.
    assert not has_work(done.model_copy(update={"settle_seconds": 5}), NOW)


def test_a_reminder_that_is_due_is_owed_a_pass(done):
    assert not has_work(done, datetime(2021, 12, 23, 9, tzinfo=UTC))
    assert has_work(done, datetime(2021, 12, 24, 9, tzinfo=UTC))


def test_sources_edited_during_the_pass_are_owed_another(done):
    of_sources = fingerprint.sources(done)
    OWED["an alias that was confirmed"](done)
    fingerprint.note(done, of_sources)
    assert has_work(done, NOW)
