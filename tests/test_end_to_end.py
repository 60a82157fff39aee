"""The whole way, on the real files: what was published comes out again, and nothing said once is ever changed."""

import csv
import hashlib
import json
import shutil
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from orchestration.alerting.delivery import alert_states
from orchestration.defs.instance import PassSummary, run_pass
from orchestration.publication.release import read_figures
from orchestration.replay import read_waves, replay
from orchestration.settings import Settings
from tests.intake.drops import drop

PUBLISHED = {
    ("2016-S2", None): "1",
    ("2017-S1", 1): "2",
    ("2017-S1", None): "3",
    ("2017-S2", None): "4",
    ("2018-S1", 1): "5",
    ("2018-S1", None): "6",
}
LATER = datetime(2025, 11, 1, 9, tzinfo=UTC)


def _replay(home: Path, listing: Path) -> list[PassSummary]:
    settings = Settings(home=home, settle_seconds=0)
    passes: list[PassSummary] = []
    replay(settings, read_waves(listing), lambda wave: passes.append(run_pass(settings, wave.received_at)))
    return passes


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> tuple[Path, list[PassSummary]]:
    """A home over which all real waves went, each in its own pass."""
    home = tmp_path_factory.mktemp("real") / "home"
    return home, _replay(home, real_data / "drops.csv")


@pytest.fixture
def home(replayed: tuple[Path, list[PassSummary]], tmp_path: Path) -> Path:
    """A copy of that home, to do as one likes with."""
    copy = tmp_path / "home"
    shutil.copytree(replayed[0], copy, symlinks=True)
    return copy


def _settings(home: Path) -> Settings:
    return Settings(home=home, settle_seconds=0)


def _bytes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_pass_went_through_and_took_in_every_drop(replayed):
    _, passes = replayed
    assert [one.failures for one in passes] == [()] * 8
    assert sum((Counter(one.drops) for one in passes), Counter()) == {
        "accepted": 50,
        "accepted_with_warnings": 30,
        "unchanged": 8,
    }
    assert passes[3].drops["unchanged"] == 8


@pytest.mark.parametrize(("edition", "revision"), PUBLISHED)
def test_the_published_figures_come_out_to_the_published_digits(replayed, real_data, edition, revision):
    with (real_data / "published_figures.csv").open(encoding="utf-8", newline="") as lines:
        published = {row["edition"]: row for row in csv.DictReader(lines)}[PUBLISHED[edition, revision]]
    figures = read_figures(_settings(replayed[0]), edition, revision)
    for name in ("projects", "interministerial"):
        assert figures[name] == int(published[name])
    for name in ("total_cost_bn_eur", "mean_duration_years"):
        # The publications print 6 for 6.0.
        assert Decimal(str(figures[name])) == Decimal(published["cost_bn_eur" if "cost" in name else name])


@pytest.mark.parametrize(
    ("edition", "revision", "entrants", "leavers"),
    [("2017-S1", None, 12, 8), ("2017-S2", None, 1, 1), ("2018-S1", 1, 2, 2), ("2018-S1", None, 3, 8)],
)
def test_projects_come_and_go_as_a_human_reading_found(replayed, edition, revision, entrants, leavers):
    figures = read_figures(_settings(replayed[0]), edition, revision)
    assert (figures["entrants"], figures["leavers"]) == (entrants, leavers)


def test_who_came_and_went_in_the_last_editions_is_named(replayed):
    rows = pq.read_table(replayed[0] / "warehouse" / "marts" / "movements.parquet").to_pylist()
    moved = {(row["edition"], row["movement"]): set() for row in rows}
    for row in rows:
        moved[row["edition"], row["movement"]].add(row["name"])
    assert moved["2017-S2", "in"] == {"MCIC²"}
    assert moved["2017-S2", "out"] == {"Offre IGC ministérielle"}
    assert moved["2018-S1", "in"] == {"OSHIMAE", "IRHIS", "PROJAE – AXONE"}
    assert len(moved["2018-S1", "out"]) == 8


def test_the_procedures_of_october_2025_give_the_figures_of_the_observatory(replayed):
    figures = read_figures(_settings(replayed[0]), "2025-S2")
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
    rows = json.loads((replayed[0] / "releases/2025-S2/current/data/top250.json").read_text(encoding="utf-8"))
    assert (rows[0]["rank"], rows[0]["total_volume"]) == (1, 229_801_113)


def test_every_alert_is_sent_once_to_the_console(replayed):
    states = Counter(alert["channels"]["console"] for alert in alert_states(_settings(replayed[0])))
    assert set(states) == {"sent"}
    assert states["sent"] > 50


def test_a_second_replay_changes_nothing_and_sends_nothing(home, real_data):
    before = _bytes(home / "releases")
    passes = _replay(home, real_data / "drops.csv")
    assert [(one.drops, one.releases, one.alerts_sent) for one in passes] == [({}, (), {})]
    assert _bytes(home / "releases") == before


def test_a_deleted_warehouse_is_rebuilt_to_the_same_bytes(home):
    before = _bytes(home / "releases")
    marts = _bytes(home / "warehouse" / "marts")
    shutil.rmtree(home / "warehouse")
    summary = run_pass(_settings(home), LATER)
    assert (summary.failures, summary.releases) == ((), ())
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
