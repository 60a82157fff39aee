"""Roadmaps and indicators beside the other kinds: filed by few, in some editions, in any order."""

import random
from datetime import date
from decimal import Decimal

import pytest
from made_lake import MadeLake, on, project, read_mart

from orchestration.consolidation.build import build
from orchestration.settings import Settings


def action(number: int, **more: object) -> dict[str, object]:
    return {
        "action_id": f"a{number}",
        "title": f"Action {number}",
        "mission": "Label",
        "status": "en_cours",
        "planned_end": date(2021, 3, 1),
        "planned_end_precision": "month",
        "cell_columns": '{"planned_end": "F", "status": "D"}',
        **more,
    }


def indicator(name: str, **more: object) -> dict[str, object]:
    values = {"baseline_value": Decimal(0), "target_value": Decimal(10), "measured_value": Decimal(4)}
    days = {"baseline_date": date(2020, 1, 1), "target_date": date(2022, 1, 1), "measured_on": date(2021, 1, 1)}
    return {"indicator_id": name, "cell_columns": '{"measured_value": "H"}', **values, **days, **more}


def programme(settings: Settings, rng: random.Random | None = None) -> None:
    """Projects in 2020-S2, 2021-S1 and 2022-S1, a roadmap in the last two and between them, indicators in one."""

    def rows(*items: dict[str, object]) -> list[dict[str, object]]:
        mixed = list(items)
        if rng is not None:
            rng.shuffle(mixed)
        return mixed

    lake = MadeLake(settings)
    lake.file("2020-S2", "MI", on("2020-12-01"), rows(project("Alpha", "10")))
    lake.close("2020-S2", on("2021-06-01"))
    lake.file("2021-S1", "MI", on("2021-06-02"), rows(project("Alpha", "10")))
    actions = rows(action(1), action(2, status="acheve"))
    lake.file("2021-S1", "SPM", on("2021-06-03"), actions, kind="roadmap")
    lake.file("2021-S1", "MEF", on("2021-06-03"), rows(action(3), action(1, title="Mine too")), kind="roadmap")
    lake.file("2021-S1", "SPM", on("2021-06-03"), rows(indicator("i1"), indicator("i2")), kind="indicators")
    lake.file("2021-S2", "SPM", on("2021-12-01"), rows(action(1)), kind="roadmap")
    lake.file("2022-S1", "MI", on("2022-06-01"), rows(project("Alpha", "10"), project("Beta", "10")))
    lake.file("2022-S1", "SPM", on("2022-06-02"), kind="roadmap")
    lake.write()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home that has them, and its marts."""
    settings = Settings(home=tmp_path_factory.mktemp("programmes"))
    programme(settings)
    assert build(settings).broken == ()
    return settings


def test_they_make_no_edition_provisional_and_stand_between_no_edition_and_its_previous_one(built: Settings) -> None:
    figures = {row["edition"]: row for row in read_mart(built, "headline_figures")}
    shown = ("provisional", "perimeters_filed", "previous_edition", "entrants", "roadmap_actions", "indicators")
    assert {edition: tuple(row[name] for name in shown) for edition, row in figures.items()} == {
        "2020-S2": (False, 1, None, None, None, None),
        "2021-S1": (False, 1, "2020-S2", 0, 3, 2),
        # Open, and nobody has filed projects or procedures yet.
        "2021-S2": (True, 0, None, None, 1, None),
        # A roadmap without an action.
        "2022-S1": (False, 1, "2021-S1", 1, 0, None),
    }
    assert figures["2021-S1"]["released_at"] == on("2021-06-03")


def test_an_action_filed_twice_counts_once_and_says_so_with_its_cells(built: Settings) -> None:
    rows = {row["action_id"]: row for row in read_mart(built, "roadmap") if row["edition"] == "2021-S1"}
    twice = rows["a1"]
    # Received at one instant: the first perimeter by its code.
    assert (twice["perimeter"], twice["title"], twice["perimeters_filing"]) == ("MEF", "Mine too", 2)
    assert (twice["planned_end_cell"], twice["status_cell"], twice["row_number"]) == ("F3", "D3", 3)
    assert (twice["is_overdue"], rows["a2"]["is_overdue"], rows["a2"]["is_completed"]) == (True, False, True)
    (first, _) = read_mart(built, "indicators")
    assert (first["value_cell"], first["status"], first["submission_id"]) == (
        "H2",
        "off_track",
        "2021-S1/SPM/indicators/20210603T000000Z",
    )


def test_the_order_of_their_rows_changes_nothing_but_addresses(built: Settings, settings: Settings) -> None:
    programme(settings, random.Random(3))  # noqa: S311
    assert build(settings).broken == ()
    for mart in ("roadmap", "indicators", "headline_figures"):
        here, there = (
            [
                {name: value for name, value in row.items() if name != "row_number" and not name.endswith("_cell")}
                for row in read_mart(home, mart)
            ]
            for home in (built, settings)
        )
        assert here == there, mart
