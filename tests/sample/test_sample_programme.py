"""The programme of the made-up State, through the real pipeline: its roadmap and its indicators in the figures."""

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import Settings
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import run_pass


@pytest.fixture(scope="module")
def home(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has the sample's roadmaps and indicators alone, but for one file of projects in the last edition."""
    home = tmp_path_factory.mktemp("programme") / "home"
    with (sample / "drops.csv").open(encoding="utf-8", newline="") as lines:
        for one in csv.DictReader(lines):
            if one["kind"] in ("roadmap", "indicators"):
                file = sample / one["file"]
                drop(home, f"{one['edition']}/{one['perimeter']}/{file.name}", file.read_bytes())
    drop(home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    summary = run_pass(Settings(home=home, settle_seconds=0), datetime(2021, 12, 15, 9, tzinfo=UTC))
    assert (summary.failures, summary.drops) == ((), {"accepted": 14})
    return home


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch):
    """What the command `figures` prints of an edition."""
    monkeypatch.setenv("JALONS_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, ["figures", *words]).stdout


def test_mid_2021_tells_43_actions_in_8_missions_9_completed_1_due_by_the_end_of_the_year_and_5_new(say) -> None:
    figures = json.loads(say("2021-S1", "--json"))
    assert {name: figures[name] for name in figures if name.startswith("roadmap")} == {
        "roadmap_actions": 43,
        "roadmap_missions": 8,
        "roadmap_completed": 9,
        "roadmap_due_by_year_end": 1,
        "roadmap_new": 5,
    }


def test_the_last_edition_tells_telework_reached_early_and_212_procedures_of_250(say) -> None:
    indicators = {one["indicator_id"]: one for one in json.loads(say("2021-S2", "--json"))["indicators"]}
    assert indicators["teletravail"] == {
        "indicator_id": "teletravail",
        "value": 35,
        "target": 25,
        "target_date": "2022-12-31",
        "status": "reached_early",
    }
    assert (indicators["demarches"]["value"], indicators["demarches"]["target"]) == (212, 250)
    assert {one["status"] for one in indicators.values()} == {
        *("reached_early", "reached", "on_track", "off_track", "unknown")
    }


def test_the_printed_figures_list_each_indicator(say) -> None:
    lines = [" ".join(line.split()) for line in say("2021-S2").splitlines()]
    assert "indicators 7" in lines
    assert "teletravail 35 for 25 by 2022-12-31: reached_early" in lines
    assert "snap 412500 for 600000 by 2022-12-31: unknown" in lines


def test_an_edition_without_a_kind_has_null_figures_for_it_and_waits_for_nobody_who_never_files_it(say) -> None:
    first, last = (json.loads(say(edition, "--json")) for edition in ("2020-S2", "2021-S2"))
    assert (first["indicators"], first["projects"], first["roadmap_actions"]) == (None, None, 38)
    # Ten perimeters have not filed their projects; no one else is awaited.
    assert (last["provisional"], last["perimeters_filed"], last["projects"]) == (True, 1, 1)


def test_the_page_tells_them_in_french(home: Path) -> None:
    page = (home / "releases/2021-S1/current/index.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    cards = re.sub("</?span[^>]*>", "", page)
    assert "<dd>dans 8 missions</dd>\n<dd>dont 5 nouvelles actions</dd>" in cards
    assert "Proposer une offre d&#39;informatique en nuage à trois cercles" in page
    assert "Part des agents de l&#39;État en mesure de télétravailler pleinement" in page
