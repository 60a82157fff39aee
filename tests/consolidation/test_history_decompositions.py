"""The change between any two editions, split: against the definitions of docs/rules.md §7, in exact fractions."""

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from made_lake import CELLS, MadeLake, on, project, read_mart
from typer.testing import CliRunner

from orchestration.answers.compare import MEASURES
from orchestration.cli import app
from orchestration.consolidation.build import build
from orchestration.settings import Settings

PARTS = ("same_projects", "entrants", "leavers", "rebaselining")
SAME = ("rises", "falls", "newly_known", "withdrawn")
# The last two were filed with nothing to declare.
EDITIONS = ("2019-S1", "2019-S2", "2020-S1", "2020-S2", "2021-S1", "2021-S2")


def _declared(cost: str, years: int) -> dict[str, object]:
    """The initial values of a project, as the lake holds them."""
    cells = CELLS[:-1] + ', "initial_cost_meur": "H", "initial_duration_days": "I"}'
    return {"initial_cost_meur": Decimal(cost), "initial_duration_days": Decimal(365 * years), "cell_columns": cells}


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
        project("B", "7", 1, **_declared("5", 1)),
        project("Draft", "4", 2, phase="cadrage"),
    )
    file("2019-S1", "MJ", "2019-06-01", project("C", "33.3", 3), project("Silent", "17.5", 2), project("Zero", "0", 1))
    lake.close("2019-S1", on("2019-10-01"))
    # Too late to set a baseline: compared with itself here, and with 2019-S2 later.
    file("2019-S1", "MC", "2019-10-02", project("Late", "2", 2, **_declared("2", 1)))
    file("2019-S2", "MI", "2019-12-01", project("A", "11", 4), project("Draft", "6", 3), project("New", "0.01", 7))
    file("2019-S2", "MJ", "2019-12-01", project("C", "40", 5), project("Silent", None, 3), project("Zero", "3", 2))
    file("2019-S2", "MC", "2019-12-01", project("Late", "3", 3, **_declared("2.5", 2)))
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
        "rises": _sum(max(to - of, 0) for of, to in pairs if of is not None and to is not None),
        "falls": _sum(min(to - of, 0) for of, to in pairs if of is not None and to is not None),
        "newly_known": _sum(to for of, to in pairs if of is None),
        "withdrawn": -_sum(of for of, to in pairs if to is None),
        "entrants": _sum(after[one]["current_cost_meur"] for one in after.keys() - before.keys()),
        "leavers": -_sum(before[one]["current_cost_meur"] for one in before.keys() - after.keys()),
        "rebaselining": Fraction(0),
    }


def _split_mean(before: dict[str, dict], after: dict[str, dict], measure: str) -> dict[str, Fraction] | None:
    def rate(row: dict) -> Fraction:
        return Fraction(row[f"{measure}_variance_rate"])

    rates = [
        {one: rate(row) for one, row in rows.items() if row[f"{measure}_variance_rate"] is not None}
        for rows in (before, after)
    ]
    if not all(rates):
        return None
    r1, r2 = rates
    moved = {one: _moved(before[one], after[one], measure) for one in r1.keys() & r2.keys()}
    m1, n2 = sum(r1.values()) / len(r1), len(r2)
    parts = {"from_value": m1, "to_value": sum(r2.values()) / n2}
    parts |= dict.fromkeys((*PARTS, *SAME), Fraction(0))
    for one in r1.keys() | r2.keys():
        if one in r1 and one in r2:
            parts["rebaselining"] += moved[one] / n2
            share = (r2[one] - r1[one] - moved[one]) / n2
            same = "rises" if share > 0 else "falls"
        elif one in r2:
            share, same = (r2[one] - m1) / n2, "newly_known"
        else:
            share, same = (m1 - r1[one]) / n2, "withdrawn"
        part = "entrants" if one not in before else "leavers" if one not in after else "same_projects"
        parts[part] += share
        if part == "same_projects":
            parts[same] += share
    return {name: 100 * part for name, part in parts.items()}


def _moved(before: dict, after: dict, measure: str) -> Fraction:
    """What of a rate comes from another baseline than the earlier edition's."""

    def rate(baseline: dict) -> Fraction:
        if measure == "schedule":
            end = after["planned_end_date"] - baseline["baseline_end_date"]
            return Fraction(end.days) / Fraction(baseline["baseline_end_duration_days"])
        value, reference = {
            "budget": ("current_cost_meur", "baseline_cost_meur"),
            "duration": ("current_duration_days", "baseline_duration_days"),
        }[measure]
        return Fraction(after[value]) / Fraction(baseline[reference]) - 1

    return rate(after) - rate(before)


def test_every_change_is_split_as_the_definitions_say_and_its_parts_add_up(home: Settings) -> None:
    portfolio = read_mart(home, "portfolio")
    of = {edition: {row["project_id"]: row for row in portfolio if row["edition"] == edition} for edition in EDITIONS}
    rows = {(row["from_edition"], row["edition"], row["measure"]): row for row in read_mart(home, "decompositions")}
    pairs = list(combinations(EDITIONS, 2))
    assert set(rows) == {(*pair, measure) for pair in pairs for measure in MEASURES}
    for earlier, later in pairs:
        cost = rows[earlier, later, "total_cost_meur"]
        assert {name: Fraction(cost[name]) for name in _split_cost(of[earlier], of[later])} == _split_cost(
            of[earlier], of[later]
        )
        for measure in ("budget", "schedule", "duration"):
            mean = rows[earlier, later, f"{measure}_variance_mean_pct"]
            expected = _split_mean(of[earlier], of[later], measure)
            if expected is None:
                # From the fourth edition on, no project is left in the population.
                assert later >= "2020-S2"
                assert [mean[part] for part in PARTS + SAME] == [None] * 8
                continue
            for name, value in expected.items():
                assert abs(Fraction(mean[name]) - value) < Fraction(1, 10**9), (earlier, later, measure, name)
            assert mean["from_value"] + sum(mean[part] for part in PARTS) == mean["to_value"]


def test_the_history_of_this_test_has_something_in_every_part(home: Settings) -> None:
    rows = read_mart(home, "decompositions")
    for measure, parts in {
        "total_cost_meur": (*SAME, "entrants", "leavers"),
        "budget_variance_mean_pct": ("rises", "newly_known", "leavers", "rebaselining"),
        "schedule_variance_mean_pct": ("newly_known", "leavers", "rebaselining"),
        "duration_variance_mean_pct": ("newly_known", "leavers", "rebaselining"),
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
    assert list(said) == list(MEASURES)
    parts = ["from", "to", "same_projects", *SAME, "entrants", "leavers", "rebaselining", "contributions"]
    assert [list(one) for one in said.values()] == [parts] * 4
    cost = said["total_cost_meur"]
    weighed = [(one["project_id"], one["part"], one["contribution"]) for one in cost.pop("contributions")]
    assert cost == {
        "from": 73.8,
        "to": 63.01,
        "same_projects": -3.8,
        "rises": 13.7,
        "falls": 0,
        "newly_known": 0,
        "withdrawn": -17.5,
        "entrants": 0.01,
        "leavers": -7,
        "rebaselining": 0,
    }
    # The heaviest first; together they are the change.
    assert weighed[:3] == [("silent", "withdrawn", -17.5), ("b", "leavers", -7), ("c", "rises", 6.7)]
    assert round(sum(share for _, _, share in weighed), 8) == -10.79
    schedule = said["schedule_variance_mean_pct"]
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
    assert {value for value in json.loads(out)["total_cost_meur"].values() if value != []} == {0}


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
