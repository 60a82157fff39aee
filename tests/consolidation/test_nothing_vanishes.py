"""Every accepted row of a submission that counts is in the portfolio, or set aside with a reason."""

import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from made_lake import MadeLake, on, project

from orchestration.consolidation.build import DBT_PROJECT, build
from orchestration.settings import Settings
from orchestration.store.marts import read_mart


def numbered(number: str | None, name: str, cost: str) -> dict[str, object]:
    return project(name, cost) | {"declared_project_id": number}


def test_two_ministries_that_number_their_projects_alike_have_four_projects(settings: Settings) -> None:
    lake = MadeLake(settings)
    lake.file("2021-S2", "MI", on("2021-12-01"), [numbered("1", "ALPHA", "20"), numbered("2", "BETA", "30")])
    lake.file("2021-S2", "MJ", on("2021-12-02"), [numbered("1", "GAMMA", "40"), numbered("2", "DELTA", "50")])
    # An interministerial project that both file, and two without an id.
    both = [numbered("NC", "SAIP", "7")]
    lake.file("2022-S1", "MI", on("2022-06-01"), [numbered("-", "OMEGA", "1"), *both])
    lake.file("2022-S1", "MJ", on("2022-06-02"), [numbered("-", "SIGMA", "2"), *both])
    lake.write()
    assert build(settings).broken == ()
    portfolio = read_mart(settings.marts, "portfolio")
    ids = {(row["edition"], row["project_id"], row["perimeter"]) for row in portfolio}
    assert {one for one in ids if one[0] == "2021-S2"} == {
        ("2021-S2", "mi-1", "MI"),
        ("2021-S2", "mi-2", "MI"),
        ("2021-S2", "mj-1", "MJ"),
        ("2021-S2", "mj-2", "MJ"),
    }
    figures = {row["edition"]: row for row in read_mart(settings.marts, "headline_figures")}
    assert figures["2021-S2"]["total_cost_bn_eur"] == Decimal("0.14")
    assert {one[1:] for one in ids if one[0] == "2022-S1"} == {("omega", "MI"), ("sigma", "MJ"), ("saip", "MJ")}
    with duckdb.connect(str(settings.warehouse / "jalons.duckdb"), read_only=True) as connection:
        aside = connection.execute(
            "select perimeter, row_number, project_id, reason, kept_row_number from int_rows_set_aside"
        ).fetchall()
    assert aside == [("MI", 3, "saip", "filed_by_another_perimeter", 3)]
    former = {row["former_id"]: row["project_id"] for row in read_mart(settings.marts, "former_project_ids")}
    # In 0.1, `1` was the last received of both.
    assert former["1"] in ("mi-1", "mj-1")


@pytest.mark.parametrize(
    ("published", "aside", "vanished"),
    [
        ([2, 3, 4], [], []),
        ([2, 3], [4], []),
        ([2, 3], [], [("s1", 3, 2, 0)]),
        ([2], [4], [("s1", 3, 1, 1)]),
        ([], [], [("s1", 3, 0, 0)]),
        # One row twice is no other row.
        ([2, 3, 3], [], [("s1", 3, 2, 0)]),
    ],
)
def test_the_data_test_counts_each_accepted_row(
    published: list[int], aside: list[int], vanished: list[tuple[str, int, int, int]]
) -> None:
    sql = (DBT_PROJECT / "tests" / "no_row_vanishes.sql").read_text(encoding="utf-8")
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", re.sub(r"\{\{ config\(.*\) \}\}", "", sql))
    connection = duckdb.connect()
    connection.execute(
        "create table int_submissions as from (values ('s1', '2021-S2', 1, 'projects', true), "
        "('old', '2021-S2', 2, 'projects', false), ('p', '2021-S2', 3, 'procedures', true)) "
        "t(submission_id, edition, drop_id, kind, is_current)"
    )
    connection.execute("create table stg_projects as select unnest([1, 1, 1, 2, 3]) as drop_id")
    for name, rows in (("portfolio", published), ("int_rows_set_aside", aside)):
        connection.from_arrow(
            pa.table({"submission_id": pa.array(["s1"] * len(rows)), "row_number": pa.array(rows, pa.int32())})
        ).create(name)
    assert [row[1:] for row in connection.execute(sql).fetchall()] == vanished
