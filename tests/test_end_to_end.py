"""The whole way, on the real files: what was published comes out again, and nothing said once is ever changed."""

import csv
import hashlib
import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.alerting.standing import alert_states
from orchestration.answers.trace import trace
from orchestration.cli import app
from orchestration.passes.replay import read_waves, replay
from orchestration.publication.release import read_figures
from orchestration.settings import Settings
from tests.intake.drops import drop
from tests.pass_job import run_pass
from tests.real_home import RealHome

PUBLISHED = {
    ("2016-S2", None): "1",
    ("2017-S1", 1): "2",
    ("2017-S1", None): "3",
    ("2017-S2", None): "4",
    ("2018-S1", 1): "5",
    ("2018-S1", None): "6",
}
LATER = datetime(2025, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def replayed(real_home: RealHome) -> Path:
    """The home of the real waves, to read."""
    return real_home.settings.home


@pytest.fixture
def home(replayed: Path, tmp_path: Path) -> Path:
    """A copy of that home, to do as one likes with."""
    copy = tmp_path / "home"
    shutil.copytree(replayed, copy, symlinks=True)
    return copy


def _settings(home: Path) -> Settings:
    return Settings(home=home, settle_seconds=0)


def _bytes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_pass_went_through_and_took_in_every_drop(real_home):
    passes = real_home.passes
    assert [one["failures"] for one in passes] == [[]] * 8
    assert sum((Counter(one["drops"]) for one in passes), Counter()) == {
        "accepted": 50,
        "accepted_with_warnings": 30,
        "unchanged": 8,
    }
    assert passes[3]["drops"]["unchanged"] == 8


@pytest.mark.parametrize(("edition", "revision"), PUBLISHED)
def test_the_published_figures_come_out_to_the_published_digits(replayed, real_data, edition, revision):
    with (real_data / "published_figures.csv").open(encoding="utf-8", newline="") as lines:
        published = {row["edition"]: row for row in csv.DictReader(lines)}[PUBLISHED[edition, revision]]
    figures = read_figures(_settings(replayed), edition, revision)
    for name in ("projects", "interministerial"):
        assert figures[name] == int(published[name])
    for name in ("total_cost_bn_eur", "mean_duration_years"):
        # The publications print 6 for 6.0.
        assert Decimal(str(figures[name])) == Decimal(published["cost_bn_eur" if "cost" in name else name])


@pytest.mark.parametrize(
    ("edition", "day", "revision"),
    [
        ("2017-S1", "2017-03-01", 1),
        ("2017-S1", "2017-07-01", 2),
        ("2017-S1", "2025-01-01", 3),
        ("2018-S1", "2018-07-14", 1),
        ("2018-S1", "2018-07-15", 2),
    ],
)
def test_what_was_published_on_a_day_is_said_as_it_was(replayed, monkeypatch, edition, day, revision):
    asked = _figures_as_of(monkeypatch, replayed, edition, day)
    assert json.loads(asked.stdout) == read_figures(_settings(replayed), edition, revision)


def test_no_edition_was_published_before_its_first_wave(replayed, monkeypatch):
    asked = _figures_as_of(monkeypatch, replayed, "2017-S1", "2017-02-14")
    assert (asked.exit_code, asked.stderr.strip()) == (1, "2017-S1 had no release on 2017-02-14 at 23:59 UTC")


def _figures_as_of(monkeypatch, home, edition, day):
    # The command sets it for the processes of Dagster and dbt; it must not outlive the test.
    monkeypatch.setenv("JALONS_HOME", str(home))
    return CliRunner().invoke(app, ["figures", edition, "--as-of", day, "--json", "--home", str(home)])


@pytest.mark.parametrize("edition", ["2016-S2", "2017-S1", "2017-S2", "2018-S1"])
def test_the_cells_of_a_trace_add_up_to_the_published_figure(replayed, edition):
    settings = _settings(replayed)
    figures = read_figures(settings, edition)
    costs = [cell.value_number for cell in trace(settings, "total_cost_bn_eur", edition).cells]
    assert float((sum(costs) / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)) == figures["total_cost_bn_eur"]
    years = [cell.value_number / 365 for cell in trace(settings, "mean_duration_years", edition).cells]
    mean = (sum(years) / len(years)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assert float(mean) == figures["mean_duration_years"]
    for name in ("projects", "interministerial", "entrants", "leavers", "budget_variance_projects"):
        assert len(trace(settings, name, edition).cells) == (figures[name] or 0), name
    rates = []
    for _, cells in groupby(trace(settings, "budget_variance_mean_pct", edition).cells, lambda cell: cell.project_id):
        current, baseline = (cell.value_number for cell in cells)
        rates.append(current / baseline - 1)
    # In the first edition each value is its own baseline: there is no rate.
    mean = float((100 * sum(rates) / len(rates)).quantize(Decimal("0.1"), ROUND_HALF_UP)) if rates else None
    assert mean == figures["budget_variance_mean_pct"]


@pytest.mark.parametrize("figure", ["procedures", "procedures_online", "franceconnect_plus", "accessibility_rated"])
def test_a_count_of_procedures_has_as_many_cells(replayed, figure):
    settings = _settings(replayed)
    assert len(trace(settings, figure, "2025-S2").cells) == read_figures(settings, "2025-S2")[figure]


@pytest.mark.parametrize(
    ("edition", "revision", "entrants", "leavers"),
    [("2017-S1", None, 12, 8), ("2017-S2", None, 1, 1), ("2018-S1", 1, 2, 2), ("2018-S1", None, 3, 8)],
)
def test_projects_come_and_go_as_a_human_reading_found(replayed, edition, revision, entrants, leavers):
    figures = read_figures(_settings(replayed), edition, revision)
    assert (figures["entrants"], figures["leavers"]) == (entrants, leavers)


def test_who_came_and_went_in_the_last_editions_is_named(replayed):
    rows = pq.read_table(replayed / "warehouse" / "marts" / "movements.parquet").to_pylist()
    moved = {(row["edition"], row["movement"]): set() for row in rows}
    for row in rows:
        moved[row["edition"], row["movement"]].add(row["name"])
    assert moved["2017-S2", "in"] == {"MCIC²"}
    assert moved["2017-S2", "out"] == {"Offre IGC ministérielle"}
    assert moved["2018-S1", "in"] == {"OSHIMAE", "IRHIS", "PROJAE – AXONE"}
    assert len(moved["2018-S1", "out"]) == 8


def test_the_procedures_of_october_2025_give_the_figures_of_the_observatory(replayed):
    figures = read_figures(_settings(replayed), "2025-S2")
    expected = {
        "procedures": 246,
        "procedures_online": 219,
        "franceconnect": 155,
        "franceconnect_plus": 5,
        "satisfaction_reached": 82,
        "satisfaction_rated": 175,
        "dlnuf_reached": 134,
        "dlnuf_rated": 205,
        "accessibility_reached": 8,
        "accessibility_rated": 240,
        "projects": None,
        "provisional": False,
    }
    assert {name: figures[name] for name in expected} == expected


def test_the_most_used_procedure_is_first(replayed):
    rows = json.loads((replayed / "releases/2025-S2/current/data/top250.json").read_text(encoding="utf-8"))
    assert (rows[0]["rank"], rows[0]["total_volume"]) == (1, 229_801_113)
    # The 81 of unknown volume come after the last rank, without one, by id.
    assert [row["rank"] for row in rows] == [*range(1, 166), *[None] * 81]
    assert [row["procedure_id"] for row in rows[165:]] == sorted(row["procedure_id"] for row in rows[165:])


def test_fourteen_availabilities_that_cannot_be_are_published_flagged_and_left_out_of_the_share(replayed):
    data = replayed / "releases/2025-S2/current/data"
    scores = json.loads((data / "procedure_scores.json").read_text(encoding="utf-8"))
    (score,) = [row for row in scores if (row["perimeter"], row["indicator"]) == ("all", "availability")]
    assert (score["reached"], score["reached"] + score["not_reached"], score["implausible"]) == (149, 218, 14)
    rows = json.loads((data / "procedures.json").read_text(encoding="utf-8"))
    flagged = [row for row in rows if row["availability_exclusion"] == "invraisemblable"]
    assert len(flagged) == 14
    assert all(0 <= row["availability_rate"] < 0.01 for row in flagged)


def test_every_null_of_the_procedures_says_why(replayed):
    rows = json.loads((replayed / "releases/2025-S2/current/data/procedures.json").read_text(encoding="utf-8"))
    measures = [name.removesuffix("_absence") for name in rows[0] if name.endswith("_absence")]
    levels = [name.removesuffix("_exclusion") for name in rows[0] if name.endswith("_exclusion")]
    assert (len(measures), len(levels)) == (16, 9)
    for row in rows:
        assert [name for name in measures if (row[name] is None) == (row[f"{name}_absence"] is None)] == []
        assert [name for name in levels if (row[f"{name}_level"] is None) == (row[f"{name}_exclusion"] is None)] == []


def test_every_alert_is_sent_once_to_the_console(replayed):
    states = Counter(alert["channels"]["console"] for alert in alert_states(_settings(replayed)))
    # What a later wave corrected was taken back.
    assert set(states) == {"sent", "resolved"}
    assert states["sent"] > 50


def test_a_second_replay_over_a_deleted_warehouse_makes_the_same_bytes_releases_nothing_and_sends_nothing(
    home, real_data
):
    before = _bytes(home / "releases")
    marts = _bytes(home / "warehouse" / "marts")
    shutil.rmtree(home / "warehouse")
    settings, passes = _settings(home), []
    waves = read_waves(real_data / "drops.csv")
    replay(settings, waves, lambda wave: passes.append(run_pass(settings, wave.received_at, is_replay=True)))
    assert [(one.drops, one.releases, one.alerts_sent, one.failures) for one in passes] == [({}, (), {}, ())]
    assert _bytes(home / "warehouse" / "marts") == marts
    assert _bytes(home / "releases") == before


def test_one_damaged_workbook_among_eleven_drops_costs_one_receipt_and_one_alert(home, real_data):
    for file in sorted((real_data / "drops" / "07_2018-07").glob("*/*.ods")):
        drop(home, f"2018-S2/{file.parent.name}/{file.name}", file.read_bytes())
    damaged = next((real_data / "drops" / "06_2018-03" / "MI").glob("*.xlsx")).read_bytes()[:5000]
    drop(home, "2018-S2/MI/export (2).xlsx", damaged)
    summary = run_pass(_settings(home), LATER)
    # Accepted, though each is told that it is the previous edition's own file.
    assert summary.drops == {"accepted_with_warnings": 11, "rejected": 1}
    assert (summary.failures, summary.releases) == ((), (("2018-S2", 1),))
    rejected = [one for one in alert_states(_settings(home), "2018-S2") if one["rule"] == "submission_rejected"]
    assert [(one["perimeter"], one["channels"]) for one in rejected] == [("MI", {"console": "sent"})]
    assert read_figures(_settings(home), "2018-S2")["projects"] == 56


def test_the_first_file_of_an_edition_is_provisional_and_raises_no_storm(home, real_data):
    (file,) = (real_data / "drops" / "07_2018-07" / "MTE").iterdir()
    drop(home, f"2018-S2/MTE/{file.name}", file.read_bytes())
    summary = run_pass(_settings(home), LATER)
    figures = read_figures(_settings(home), "2018-S2")
    assert (summary.failures, figures["provisional"], figures["perimeters_filed"]) == ((), True, 1)
    assert figures["leavers"] == 0
    assert [one for one in alert_states(_settings(home), "2018-S2") if one["rule"] == "went_silent"] == []
    page = (home / "releases/2018-S2/current/index.html").read_text(encoding="utf-8")
    assert "provisoire" in page
