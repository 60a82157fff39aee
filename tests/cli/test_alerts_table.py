"""`jalons alerts` says to a person what changed, how it stands and under which key to answer, in 120 columns."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import Settings
from tests.publication.made_marts import _schema

LONG = "classe-connectee-p2-environnement-numerique-national-des-ecoles-et-des-colleges"

FITTING = "declaration-sociale"


def write(settings: Settings, mart: str, *rows: dict[str, object]) -> None:
    schema = pa.schema(list(_schema(mart).items()))
    whole = [dict.fromkeys(schema.names) | row for row in rows]
    pq.write_table(pa.Table.from_pylist(whole, schema=schema), settings.marts / f"{mart}.parquet")


@pytest.fixture
def home(settings: Settings) -> Path:
    settings.marts.mkdir(parents=True)
    of_all = {"edition": "2018-S1", "severity": "critique", "perimeter": "MEN", "previous_edition": "2017-S2"}
    cost = {"rule": "budget_slip", "measure": "cost", "unit": "meur", "level": "cost"}
    end = {"rule": "schedule_slip", "measure": "end", "unit": "months", "level": "end"}
    cost |= {"from_value": Decimal(85), "to_value": Decimal(97)}
    end |= {"from_text": "2018-06-30", "to_text": "2019-01-31", "slip_months": 7}
    write(
        settings,
        "alerts",
        *(
            of_all | one | {"subject": subject, "subject_name": name, "alert_key": f"{one['rule']}:{subject}:2018-S1:x"}
            for subject, name in ((LONG, "CLASSE CONNECTÉE " * 6), ("cyclades", "CYCLADES"), (FITTING, "DSN"))
            for one in (cost, end)
        ),
    )
    baseline = {"baseline_cost_meur": Decimal(80), "baseline_end_date": date(2017, 6, 30)}
    write(
        settings,
        "portfolio",
        {"edition": "2018-S1", "project_id": "cyclades", "name": "CYCLADES", "perimeter": "MEN"} | baseline,
    )
    return settings.home


def test_the_table_fits_120_columns_cuts_nothing_and_gives_each_key_whole_and_once(home: Path) -> None:
    said = CliRunner().invoke(app, ["alerts", "--home", str(home)]).stdout
    assert max(map(len, said.splitlines())) <= 120
    assert "…" not in said
    # What is folded is whole, and of a key nothing is folded.
    name = "".join(line[2:30] for line in said.splitlines())
    assert name.count("CLASSE") == 6
    assert said.split().count(f"2018-S1/{LONG}") == 1
    assert said.count("2018-S1/cyclades") == 1


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_breaks_no_key_either(home: Path, columns: int) -> None:
    at = {"FORCE_COLOR": "1", "COLUMNS": str(columns), "TERM": "dumb"}
    said = CliRunner().invoke(app, ["alerts", "--home", str(home)], env=at).stdout
    assert {f"2018-S1/{FITTING}", f"2018-S1/{LONG}"} <= set(said.split())


def test_each_row_says_from_what_to_what_in_french_units_with_the_baseline(home: Path) -> None:
    said = " ".join(CliRunner().invoke(app, ["alerts", "--home", str(home)]).stdout.replace("\u00a0", " ").split())
    for words in ("Coût en hausse", "85,0 M€ → 97,0 M€", "référence 80,0 M€", "juin 2018 → janvier 2019", "juin 2017"):
        assert words in said
    assert "budget_slip" not in said


def test_json_keeps_its_keys_and_gains_the_baseline(home: Path) -> None:
    rows = json.loads(CliRunner().invoke(app, ["alerts", "--json", "--home", str(home)]).stdout)
    before = {"alert_key", "rule", "subject", "subject_name", "edition", "level", "perimeter", "severity", "detail"}
    before |= {"channels", "errors", "status", "cause", "ended_edition", "now", "explained_by", "explanation"}
    before |= {"explained_until", "from_value", "to_value", "from_text", "to_text", "delta_pct", "raised_at"}
    assert before <= rows[0].keys()
    cyclades = [row for row in rows if row["subject"] == "cyclades"]
    assert {(Decimal(row["baseline_cost_meur"]), row["baseline_end_date"]) for row in cyclades} == {
        (Decimal(80), "2017-06-30")
    }
