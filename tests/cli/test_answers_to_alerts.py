"""A person answers to an alert at the terminal: it is shown so; an explained one is not counted among the open ones."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.settings import Settings
from tests.publication.made_marts import _schema

KEY = "budget_slip:sirhen:2017-S2:cost"
AHEAD = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()


@pytest.fixture
def home(settings: Settings) -> Path:
    """A home with two alerts, of which none was sent."""
    settings.marts.mkdir(parents=True)
    schema = pa.schema(list(_schema("alerts").items()))
    keys = {KEY: "sirhen", "budget_slip:chorus:2017-S2:cost": "chorus"}
    of_all = {"rule": "budget_slip", "edition": "2017-S2", "severity": "attention", "level": "cost"}
    rows = [
        dict.fromkeys(schema.names) | of_all | {"alert_key": key, "subject": subject} for key, subject in keys.items()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), settings.marts / "alerts.parquet")
    return settings.home


def invoke(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(home)])


def explain(home: Path, key: str = KEY, until: str = AHEAD, reason: str = "Marché relancé") -> Result:
    return invoke(home, "alerts", "ack", key, "--reason", reason, "--until", until, "--by", "A. Martin")


def test_an_explained_alert_is_shown_as_such_and_counted_apart(home: Path) -> None:
    assert explain(home).stdout == f"1 alert explained until {AHEAD}, open again after it.\n"
    shown = invoke(home, "alerts").stdout
    assert "(1 open, 1 explained, 0 ended)" in shown
    assert f"2017-S2/sirhen, Coût en hausse: Marché relancé (A. Martin, until {AHEAD})" in shown
    found = {row["subject"]: row for row in json.loads(invoke(home, "alerts", "--json").stdout)}
    assert {subject: row["status"] for subject, row in found.items()} == {"sirhen": "explained", "chorus": "open"}
    sirhen = found["sirhen"]
    assert (sirhen["explained_by"], sirhen["explanation"]) == ("A. Martin", "Marché relancé")
    assert date.fromisoformat(sirhen["explained_until"]) == date.fromisoformat(AHEAD)


def test_what_cannot_be_explained_is_refused_with_a_sentence_and_nothing_is_noted(home: Path) -> None:
    said = explain(home, key="budget_slip:other:2017-S2:cost")
    assert (said.exit_code, "No alert budget_slip:other" in said.stderr) == (1, True)
    for words in ({"until": "2017-01-01"}, {"until": "demain"}, {"reason": " "}):
        assert explain(home, **words).exit_code == 2
    assert "(2 open, 0 explained, 0 ended)" in invoke(home, "alerts").stdout


def test_a_card_s_key_means_all_that_is_open_of_it(home: Path) -> None:
    assert explain(home, key="2017-S2/sirhen").stdout.startswith("1 alert explained")
    assert "(1 open, 1 explained, 0 ended)" in invoke(home, "alerts").stdout
    assert explain(home, key="2017-S1/sirhen").exit_code == 1


def test_a_snoozed_or_assigned_alert_stays_open_and_says_so(home: Path) -> None:
    said = ("--reason", "Comité en mai", "--until", AHEAD, "--by", "A. Martin")
    assert invoke(home, "alerts", "snooze", KEY, *said).stdout.startswith(f"1 alert snoozed until {AHEAD}")
    assert invoke(home, "alerts", "assign", KEY, *said).exit_code == 2
    assert invoke(home, "alerts", "assign", KEY, "--to", " ", *said).exit_code == 2
    assert invoke(home, "alerts", "assign", KEY, "--to", "L. Petit", *said).stdout == (
        f"1 alert assigned to L. Petit until {AHEAD}.\n"
    )
    found = {row["subject"]: row for row in json.loads(invoke(home, "alerts", "--json").stdout)}
    sirhen = found["sirhen"]
    assert (sirhen["status"], sirhen["snoozed_until"], sirhen["assigned_to"]) == ("open", AHEAD, "L. Petit")
    assert (found["chorus"]["snoozed_until"], found["chorus"]["assigned_to"]) == (None, None)


def test_an_alert_that_has_ended_has_nothing_left_to_explain(home: Path, settings: Settings) -> None:
    schema = pa.schema(list(_schema("alert_ends").items()))
    row = dict.fromkeys(schema.names) | {"alert_key": KEY, "rule": "budget_slip", "cause": "redressée"}
    table = pa.Table.from_pylist([row | {"ended_edition": "2018-S1"}], schema=schema)
    pq.write_table(table, settings.marts / "alert_ends.parquet")
    assert (explain(home).exit_code, "has ended" in explain(home).stderr) == (1, True)
    said = invoke(home, "alerts").stdout
    assert [word in said for word in ("ended:", "redressée", "2018-S1")] == [True] * 3
