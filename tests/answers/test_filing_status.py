"""Who has filed, is awaited, late or owes nothing: one answer, for the terminal and the UI."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.answers.filing_status import editions, open_editions
from orchestration.defs.filing_status import status_metadata
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv

BEFORE, AFTER = date(2021, 6, 1), date(2021, 7, 1)
LATER = datetime(2021, 12, 2, 9, tzinfo=UTC)


@pytest.fixture
def home(passed_home: Path, settings: Settings) -> Settings:
    """A home where MI alone has filed projects for 2021-S1, and its figures are out."""
    shutil.copytree(passed_home, settings.home, symlinks=True)
    return settings


def state(settings: Settings, perimeter: str, kind: str, today: date = BEFORE, edition: str = "2021-S1") -> str:
    (one,) = (one for one in editions(settings, today) if one.edition == edition)
    return one.filings[perimeter][kind].state


def test_whoever_has_not_filed_is_awaited_then_late_and_owes_nothing_of_a_kind_that_nobody_filed(
    home,
):
    assert state(home, "MI", "projects") == "filed"
    assert [state(home, "MC", "projects", day) for day in (BEFORE, AFTER)] == ["awaited", "late"]
    assert {state(home, perimeter, "roadmap", AFTER) for perimeter in perimeter_names()} == {"not_owed"}
    (one,) = open_editions(home, AFTER)
    assert one.counts("projects") == {
        "filed": 1,
        "held": 0,
        "rejected": 0,
        "awaited": 0,
        "late": 10,
        "not_owed": 0,
        "unknown": 0,
    }


def test_before_an_edition_has_figures_nobody_knows_who_owes_what(home):
    drop(home.home, "2021-S2/MC/p.csv", projects_csv(GOOD.replace("l'Intérieur", "la Culture")))
    take_in(home, NOW)
    assert state(home, "MC", "projects", edition="2021-S2") == "filed"
    assert state(home, "MI", "projects", edition="2021-S2") == "unknown"
    shutil.rmtree(home.marts)
    assert state(home, "MC", "projects") == "unknown"


def test_what_was_refused_or_held_is_said_and_a_file_of_no_known_kind_too(home):
    drop(home.home, "2021-S1/MC/letter.csv", b"Bonjour\r\n")
    drop(home.home, "2021-S1/MJ/p.csv", projects_csv(GOOD.replace("HORIZON", "")))
    drop(home.home, "2021-S2/MI/cut.csv", projects_csv(GOOD.replace("HORIZON", "PHARE"), GOOD))
    take_in(home, NOW)
    drop(home.home, "2022-S1/MI/cut.csv", projects_csv())
    (one,) = (one for one in editions(home, BEFORE) if one.edition == "2021-S1")
    assert one.filings["MJ"]["projects"].state == "rejected"
    assert one.filings["MJ"]["projects"].words == "rejected on 2021-12-01"
    assert list(one.unrecognised) == ["MC"]


def test_the_ui_shows_a_row_for_each_perimeter_of_an_open_edition_and_a_line_for_each_edition(home):
    shown = status_metadata(home, AFTER)
    rows = {row.data["perimeter"]: row.data for row in shown["2021-S1, until 2021-06-30"].records}
    assert list(rows) == list(perimeter_names())
    assert (rows["MI"]["projects"], rows["MC"]["projects"], rows["MC"]["roadmap"]) == (
        "2 rows on 2021-12-01",
        "late",
        "not owed",
    )
    (line,) = (row.data for row in shown["all_editions"].records)
    assert (line["projects"], line["roadmap"], line["status"]) == ("1 filed, 10 late", "nothing owed", "open")
    # All states are numbers, also where they are none: the UI plots them.
    assert {name: shown[name] for name in ("filed", "late", "awaited", "not_owed")} == {
        "filed": 1,
        "late": 10,
        "awaited": 0,
        "not_owed": 33,
    }


def test_whoever_has_not_filed_is_named_first_in_a_line_for_each_kind_and_state(home):
    drop(home.home, "2021-S1/MC/letter.csv", b"Bonjour\r\n")
    drop(home.home, "2021-S1/MJ/p.csv", projects_csv(GOOD.replace("HORIZON", "")))
    take_in(home, NOW)
    shown = status_metadata(home, AFTER)
    assert next(iter(shown)) == "not_filed"
    others = ", ".join(name for name in perimeter_names() if name not in ("MI", "MJ"))
    line = {"edition": "2021-S1", "kind": "projects"}
    assert [row.data for row in shown["not_filed"].records] == [
        {**line, "state": "late", "perimeters": others},
        {**line, "state": "rejected", "perimeters": "MJ"},
        {**line, "kind": "not recognised", "state": "rejected", "perimeters": "MC"},
    ]


def test_once_an_edition_is_closed_it_has_a_line_and_no_table(home):
    with Ledger(home.ledger) as ledger:
        ledger.close("2021-S1", LATER)
    shown = status_metadata(home, AFTER)
    assert [row.data["status"] for row in shown["all_editions"].records] == ["closed"]
    assert not [name for name in shown if name.startswith("2021-S1")]
    assert shown["not_filed"].records == []
    assert shown["late"] == 0
