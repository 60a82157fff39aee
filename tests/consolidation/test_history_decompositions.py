"""The change between any two editions, split: against the definitions of docs/rules.md §7, in exact fractions."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from made_lake import MadeLake, on, project, read_mart
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.consolidation.build import build
from orchestration.settings import Settings

PARTS = ("same_projects", "entrants", "leavers", "rebaselining")
# The last two were filed with nothing to declare.
EDITIONS = ("2019-S1", "2019-S2", "2020-S1", "2020-S2", "2021-S1", "2021-S2")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Four editions with projects that come, go, return, change population, fall silent on their cost; and one kind."""
    settings = Settings(home=tmp_path_factory.mktemp("decompositions"))
    lake = MadeLake(settings)

    def file(edition: str, perimeter: str, day: str, *rows: dict[str, object]) -> None:
        lake.file(edition, perimeter, on(day), rows)

    file(
        "2019-S1",
        "MI",
        "2019-06-01",
        project("A", "10", 3),
        project("B", "7", 1),
        project("Draft", "4", 2, phase="cadrage"),
    )
    file("2019-S1", "MJ", "2019-06-01", project("C", "33.3", 3), project("Silent", "17.5", 2), project("Zero", "0", 1))
    lake.close("2019-S1", on("2019-10-01"))
    # Too late to set a baseline: compared with itself here, and with 2019-S2 later.
    file("2019-S1", "MC", "2019-10-02", project("Late", "2", 2))
    file("2019-S2", "MI", "2019-12-01", project("A", "11", 4), project("Draft", "6", 3), project("New", "0.01", 7))
    file("2019-S2", "MJ", "2019-12-01", project("C", "40", 5), project("Silent", None, 3), project("Zero", "3", 2))
    file("2019-S2", "MC", "2019-12-01", project("Late", "3", 3))
    file("2020-S1", "MI", "2020-06-01", project("A", "12", 5), project("B", "9", 2), project("Draft", "5", 3))
    file("2020-S1", "MJ", "2020-06-01", project("C", "41", 5), project("Silent", "19", 4))
    file("2020-S1", "MC", "2020-06-01", project("Late", "4", 3))
    file("2020-S2", "MI", "2020-12-01", project("A", "12.34", 5, phase="en_revision"), project("Nth", None, None))
    for edition, day in (("2021-S1", "2021-06-01"), ("2021-S2", "2021-12-01")):
        file(edition, "MI", day)
    procedure = {
        "procedure_id": "1",
        "name": "Permis",
        "total_volume": 5,
        "accessibility_declared_on": date(2021, 1, 1),
    }
    lake.file("2022-S1", "MI", on("2022-06-01"), [procedure], kind="procedures")
    lake.write()
    assert build(settings).broken == ()
    return settings


def _sum(values: Iterable[object]) -> Fraction:
    return sum((Fraction(value) for value in values if value is not None), Fraction(0))  # type: ignore[arg-type]


def _split_cost(before: dict[str, dict], after: dict[str, dict]) -> dict[str, Fraction]:
    both = before.keys() & after.keys()
    pairs = [(before[one]["current_cost_meur"], after[one]["current_cost_meur"]) for one in both]
    return {
        "from_value": _sum(row["current_cost_meur"] for row in before.values()),
        "to_value": _sum(row["current_cost_meur"] for row in after.values()),
        "same_projects": _sum(to for _, to in pairs) - _sum(of for of, _ in pairs),
        "newly_known": _sum(to for of, to in pairs if of is None),
        "withdrawn": -_sum(of for of, to in pairs if to is None),
        "entrants": _sum(after[one]["current_cost_meur"] for one in after.keys() - before.keys()),
        "leavers": -_sum(before[one]["current_cost_meur"] for one in before.keys() - after.keys()),
        "rebaselining": Fraction(0),
    }


def _split_mean(before: dict[str, dict], after: dict[str, dict], measure: str) -> dict[str, Fraction] | None:
    value, baseline = {
        "budget": ("current_cost_meur", "baseline_cost_meur"),
        "schedule": ("current_duration_days", "baseline_duration_days"),
    }[measure]

    def rate(row: dict, reference: object) -> Fraction:
        return Fraction(row[value]) / Fraction(reference) - 1

    rates = [
        {one: rate(row, row[baseline]) for one, row in rows.items() if row[f"{measure}_variance_rate"] is not None}
        for rows in (before, after)
    ]
    if not all(rates):
        return None
    r1, r2 = rates
    parts = {"from_value": sum(r1.values()) / len(r1), "to_value": sum(r2.values()) / len(r2)}
    parts |= dict.fromkeys(PARTS, Fraction(0))
    for one in r1.keys() | r2.keys():
        part = "entrants" if one not in before else "leavers" if one not in after else "same_projects"
        parts[part] += r2.get(one, Fraction(0)) / len(r2) - r1.get(one, Fraction(0)) / len(r1)
    for one in r2.keys() & before.keys():
        if before[one][baseline]:
            moved = (r2[one] - rate(after[one], before[one][baseline])) / len(r2)
            parts["rebaselining"] += moved
            parts["same_projects"] -= moved
    return {name: 100 * part for name, part in parts.items()}


def test_every_change_is_split_as_the_definitions_say_and_its_parts_add_up(home: Settings) -> None:
    portfolio = read_mart(home, "portfolio")
    of = {edition: {row["project_id"]: row for row in portfolio if row["edition"] == edition} for edition in EDITIONS}
    rows = {(row["from_edition"], row["edition"], row["measure"]): row for row in read_mart(home, "decompositions")}
    pairs = list(combinations(EDITIONS, 2))
    assert set(rows) == {
        (*pair, measure)
        for pair in pairs
        for measure in ("total_cost_meur", "budget_variance_mean_pct", "schedule_variance_mean_pct")
    }
    for earlier, later in pairs:
        cost = rows[earlier, later, "total_cost_meur"]
        assert {name: Fraction(cost[name]) for name in _split_cost(of[earlier], of[later])} == _split_cost(
            of[earlier], of[later]
        )
        for measure in ("budget", "schedule"):
            mean = rows[earlier, later, f"{measure}_variance_mean_pct"]
            expected = _split_mean(of[earlier], of[later], measure)
            if expected is None:
                # From the fourth edition on, no project is left in the population.
                assert later >= "2020-S2"
                assert [mean[part] for part in PARTS] == [None] * 4
                continue
            for name, value in expected.items():
                assert abs(Fraction(mean[name]) - value) < Fraction(1, 10**9), (earlier, later, measure, name)
            assert mean["from_value"] + sum(mean[part] for part in PARTS) == mean["to_value"]


def test_the_history_of_this_test_has_something_in_every_part(home: Settings) -> None:
    rows = read_mart(home, "decompositions")
    for measure, parts in {
        "total_cost_meur": ("same_projects", "newly_known", "withdrawn", "entrants", "leavers"),
        "budget_variance_mean_pct": ("same_projects", "entrants", "rebaselining"),
        "schedule_variance_mean_pct": PARTS,
    }.items():
        for part in parts:
            assert any(row[part] for row in rows if row["measure"] == measure), (measure, part)


def _compare(settings: Settings, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["compare", *words, "--home", str(settings.home)])
    return result.exit_code, result.stdout, result.stderr


def test_compare_prints_every_part_as_a_number_that_is_not_rounded(home: Settings) -> None:
    code, out, _ = _compare(home, "2019-S1", "2019-S2", "--json")
    said = json.loads(out)
    assert code == 0
    assert list(said) == ["total_cost_meur", "budget_variance_mean_pct", "schedule_variance_mean_pct"]
    parts = ["from", "to", "same_projects", "newly_known", "withdrawn", "entrants", "leavers", "rebaselining"]
    assert [list(one) for one in said.values()] == [parts] * 3
    assert said["total_cost_meur"] == {
        "from": 73.8,
        "to": 63.01,
        "same_projects": -3.8,
        "newly_known": 0,
        "withdrawn": -17.5,
        "entrants": 0.01,
        "leavers": -7,
        "rebaselining": 0,
    }
    schedule = said["schedule_variance_mean_pct"]
    assert (schedule["newly_known"], schedule["withdrawn"]) == (None, None)
    row = next(
        one
        for one in read_mart(home, "decompositions")
        if (one["edition"], one["from_edition"], one["measure"]) == ("2019-S2", "2019-S1", "schedule_variance_mean_pct")
    )
    assert Decimal(str(schedule["same_projects"])) == row["same_projects"]


def test_editions_with_nothing_to_declare_are_compared_like_any_other(home: Settings) -> None:
    code, out, _ = _compare(home, "2020-S2", "2021-S1", "--json")
    cost = json.loads(out)["total_cost_meur"]
    assert (code, cost["from"], cost["to"], cost["leavers"], cost["entrants"]) == (0, 12.34, 0, -12.34, 0)
    _, out, _ = _compare(home, "2021-S1", "2021-S2", "--json")
    assert set(json.loads(out)["total_cost_meur"].values()) == {0}


def test_compare_says_each_part_in_a_sentence(home: Settings) -> None:
    code, out, _ = _compare(home, "2019-S1", "2020-S2")
    assert code == 0
    assert "The projects of the later edition alone brought this." in out
    # A mean that does not exist has no line.
    assert out.count("rebaselining") == 1 + out.count("rebaselining apart")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("2019-S1", "2022-S1"), 1, "2022-S1 has no portfolio"),
        (("2018-S1", "2019-S1"), 1, "2018-S1 has no portfolio"),
        (("2019-S2", "2019-S1"), 2, "2019-S1 is not after 2019-S2"),
        (("2019-S1", "2019-S1"), 2, "2019-S1 is not after 2019-S1"),
    ],
)
def test_compare_says_no_in_a_sentence(home: Settings, words: tuple[str, str], code: int, said: str) -> None:
    found, out, err = _compare(home, *words, "--json")
    assert (found, out) == (code, "")
    assert said in err
    assert code == 2 or len(err.splitlines()) == 1
