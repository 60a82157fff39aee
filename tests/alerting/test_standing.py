"""How an alert stands: what was told and is true no longer keeps the name of its subject."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from alert_home import Home, alert_row

from orchestration.alerting.standing import alert_states, named

OF_EDITIONS = [
    {"edition": edition, "project_id": "sirhen", "name": name, "perimeter": perimeter}
    | {"baseline_cost_meur": Decimal(80), "baseline_end_date": date(2018, 6, 30)}
    for edition, name, perimeter in (("2018-S1", "SIRHEN 2", "MI"), ("2017-S1", "Sirhen", "MEN"))
]


def test_what_is_true_no_longer_keeps_its_name_as_it_was_in_the_last_edition_before(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    home.mart()
    (nameless,) = alert_states(home.settings)
    assert (nameless["subject_name"], nameless["perimeter"], nameless["baseline_cost_meur"]) == (None, None, None)
    pq.write_table(pa.Table.from_pylist(OF_EDITIONS), home.settings.marts / "portfolio.parquet")
    (gone,) = alert_states(home.settings)
    assert (gone["subject_name"], gone["perimeter"], gone["baseline_cost_meur"]) == ("Sirhen", "MEN", Decimal(80))
    pq.write_table(pa.Table.from_pylist(OF_EDITIONS[:1]), home.settings.marts / "portfolio.parquet")
    # Known only later, it has that name.
    assert [row["subject_name"] for row in alert_states(home.settings)] == ["SIRHEN 2"]


def test_what_is_true_keeps_what_it_says_itself_beside_the_baseline(home: Home) -> None:
    home.mart(alert_row(subject_name="SIRHEN (2017)"), alert_row("MI/projects", rule="submission_missing"))
    pq.write_table(pa.Table.from_pylist(OF_EDITIONS), home.settings.marts / "portfolio.parquet")
    found = {row["subject"]: row for row in alert_states(home.settings)}
    assert (found["sirhen"]["subject_name"], found["sirhen"]["baseline_end_date"]) == (
        "SIRHEN (2017)",
        date(2018, 6, 30),
    )
    assert found["MI/projects"]["baseline_end_date"] is None


def test_a_key_names_an_alert_or_all_of_its_subject_in_an_edition(home: Home) -> None:
    home.mart(alert_row(), alert_row(rule="schedule_slip"), alert_row(edition="2017-S1"), alert_row("chorus"))
    states = alert_states(home.settings)
    assert [row["rule"] for row in named(states, "2017-S2/sirhen")] == ["budget_slip", "schedule_slip"]
    assert [row["subject"] for row in named(states, "budget_slip:chorus:2017-S2:attention")] == ["chorus"]
    assert named(states, "2017-S2") == []
