"""What slips and alerts a history gives: states are told once, evidence is kept, reminders go to the right ones."""

from datetime import date
from decimal import Decimal

import pytest
from made_lake import MadeLake, on, project, read_mart

from orchestration.consolidation.build import build
from orchestration.settings import Settings

Row = dict[str, object]


def procedure(procedure_id: str, **values: object) -> Row:
    return {"procedure_id": procedure_id, "name": procedure_id.title(), "online_status": "oui", **values}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three editions of MI and MJ; MJ and a roadmap are missing in the last one, which is open."""
    settings = Settings(home=tmp_path_factory.mktemp("slips"))
    lake = MadeLake(settings)
    green = {"declared_confidence": "vert"}
    lake.file(
        "2019-S2",
        "MI",
        on("2019-12-01"),
        [
            # Due on 31 December 2018, and never moved.
            project("Late", "10", start_date=date(2016, 12, 31)),
            project("Grows", "10", 10, initial_cost_meur=Decimal(8), **green),
            project("Steady", "10", 10, **green),
        ],
    )
    lake.file("2019-S2", "MJ", on("2019-12-02"), [project("Of MJ", "10", 10)])
    lake.close("2019-S2", on("2020-03-01"))
    lake.file(
        "2020-S1",
        "MI",
        on("2020-06-01"),
        [
            project("Late", "10", start_date=date(2016, 12, 31)),
            project("Grows", "12.1", 10, initial_cost_meur=Decimal(8), **green),
            project("Steady", "10", 10, **green),
        ],
    )
    lake.file("2020-S1", "MJ", on("2020-06-02"), [project("Of MJ", "10", 10, start_date=date(2019, 6, 1))])
    lake.file("2020-S1", "MJ", on("2020-06-02"), [procedure("visa"), procedure("carte")], kind="procedures")
    lake.file("2020-S1", "SPM", on("2020-06-03"), [{"action_id": "A1", "status": "en_cours"}], kind="roadmap")
    lake.close("2020-S1", on("2020-10-01"))
    lake.file(
        "2020-S2",
        "MI",
        on("2020-11-01"),
        [
            project("Late", "10", start_date=date(2016, 12, 31), phase="termine"),
            project("Grows", "12.1", 10, initial_cost_meur=Decimal(8), **green),
            project("Steady", "10", 10, **green),
        ],
    )
    lake.file(
        "2020-S2", "MJ", on("2020-11-02"), [procedure("visa", online_status="non"), procedure("carte")], "procedures"
    )
    lake.remind("2020-S2", 7, on("2020-12-24"))
    lake.write()
    result = build(settings)
    assert result.broken == ()
    return settings


def slips(home: Settings, rule: str) -> list[Row]:
    return [row for row in read_mart(home, "slips") if row["rule"] == rule]


def alerts(home: Settings, rule: str) -> list[object]:
    return [row["alert_key"] for row in read_mart(home, "alerts") if row["rule"] == rule]


def test_a_project_past_its_end_is_overdue_in_every_edition_and_told_once(home: Settings) -> None:
    found = [
        (row["edition"], row["slip_months"], row["since_edition"], row["is_new"]) for row in slips(home, "overdue")
    ]
    # The last edition says that it is finished.
    assert found == [("2019-S2", 12, "2019-S2", True), ("2020-S1", 18, "2019-S2", False)]
    assert alerts(home, "overdue") == ["overdue:late:2019-S2:end"]


def test_an_overrun_is_told_when_a_level_is_crossed_even_in_the_first_edition(home: Settings) -> None:
    assert alerts(home, "budget_overrun") == ["budget_overrun:grows:2019-S2:25", "budget_overrun:grows:2020-S1:50"]
    first, second, third = slips(home, "budget_overrun")
    assert (first["from_value"], first["to_value"], first["delta_pct"], first["level"]) == (8, 10, 25, 25)
    assert (second["from_submission_id"], second["to_submission_id"]) == (
        "2019-S2/MI/projects/20191201T000000Z",
        "2020-S1/MI/projects/20200601T000000Z",
    )
    # It stands on, since the edition that crossed it.
    assert (third["level"], third["is_state"], third["is_new"], third["since_edition"]) == (50, True, False, "2020-S1")


def test_a_start_that_moves_is_a_rebaseline_with_both_submissions(home: Settings) -> None:
    (row,) = slips(home, "rebaselined")
    assert (row["edition"], row["subject"], row["measure"]) == ("2020-S1", "of-mj", "start")
    assert (row["from_text"], row["to_text"], row["slip_months"]) == ("2019-01-01", "2019-06-01", 5)
    assert (row["from_submission_id"], row["to_submission_id"]) == (
        "2019-S2/MJ/projects/20191202T000000Z",
        "2020-S1/MJ/projects/20200602T000000Z",
    )


def test_what_says_the_same_for_three_editions_stands_still_unless_it_is_finished(home: Settings) -> None:
    (row,) = slips(home, "stagnant")
    assert (row["edition"], row["since_edition"]) == ("2020-S2", "2019-S2")
    # One line per perimeter, which names them.
    assert (row["subject"], row["project_id"], row["detail"], row["delta"]) == ("MI", None, "Steady", 1)
    assert row["name"] == "Intérieur et outre-mer"


def test_a_watermelon_is_green_outside_and_red_by_the_rule(home: Settings) -> None:
    computed = {
        (row["edition"], row["project_id"]): (row["computed_confidence"], row["reasons"], row["is_watermelon"])
        for row in read_mart(home, "confidence")
    }
    assert computed["2019-S2", "grows"] == ("rouge", "budget_variance", True)
    assert computed["2020-S1", "steady"] == ("vert", None, False)
    assert computed["2020-S1", "late"] == ("rouge", "overdue", False)
    assert computed["2020-S2", "late"] == (None, None, False)
    assert [row["is_new"] for row in slips(home, "watermelon")] == [True, False, False]
    assert alerts(home, "watermelon") == ["watermelon:grows:2019-S2:confidence"]


def test_a_procedure_that_goes_offline_regresses(home: Settings) -> None:
    (row,) = slips(home, "procedure_regressed")
    assert (row["edition"], row["kind"], row["subject"], row["project_id"]) == ("2020-S2", "procedures", "visa", None)
    assert (row["from_text"], row["to_text"], row["severity"]) == (
        "entièrement en ligne",
        "pas en ligne",
        "attention",
    )


def test_a_reminder_goes_to_those_alone_who_filed_before_and_have_not_filed(home: Settings) -> None:
    assert alerts(home, "submission_missing") == [
        "submission_missing:MJ/projects:2020-S2:7",
        "submission_missing:SPM/roadmap:2020-S2:7",
    ]


def test_a_submission_takes_its_reminder_back(home: Settings, settings: Settings) -> None:
    lake = MadeLake(settings)
    for edition, day in (("2019-S2", "2019-12-01"), ("2020-S1", "2020-06-01")):
        lake.file(edition, "MI", on(day), [project("Steady", "10")])
    lake.file("2019-S2", "MJ", on("2019-12-01"), [project("Of MJ", "10")])
    lake.file("2020-S1", "MJ", on("2020-07-02"))
    lake.remind("2020-S1", 0, on("2020-06-30"))
    lake.write()
    assert build(settings).broken == ()
    assert alerts(settings, "submission_missing") == []


def test_a_procedure_is_held_against_what_its_own_perimeter_filed_last_and_a_fall_told_once(settings: Settings) -> None:
    lake = MadeLake(settings)
    lake.file("2019-S1", "MI", on("2019-06-15"), [procedure("visa")], "procedures")
    lake.file("2019-S1", "MJ", on("2019-06-15"), [procedure("casier")], "procedures")
    lake.close("2019-S1", on("2019-09-01"))
    # Never whole: MJ has filed nothing for it.
    lake.file("2019-S2", "MI", on("2019-12-15"), [procedure("visa", online_status="non")], "procedures")
    lake.file("2020-S1", "MI", on("2020-06-15"), [procedure("visa", online_status="non")], "procedures")
    lake.file("2020-S1", "MJ", on("2020-06-15"), [procedure("casier", online_status="non")], "procedures")
    lake.write()
    assert build(settings).broken == ()
    assert [
        (row["edition"], row["subject"], row["previous_edition"], row["semesters"])
        for row in slips(settings, "procedure_regressed")
    ] == [("2019-S2", "visa", "2019-S1", 1), ("2020-S1", "casier", "2019-S1", 2)]
