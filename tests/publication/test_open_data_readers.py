"""The releases of the real waves, opened by other people's programs."""

import os
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest

from orchestration.publication.table_formats import data_files
from orchestration.publication.table_schemas import Column
from orchestration.publication.tables import published_columns, published_rows, read_tables
from orchestration.settings import Settings
from tests.real_home import RealHome

EDITIONS = ("2016-S2", "2017-S1", "2017-S2", "2018-S1", "2025-S2")
# The full costs of the TOP 50 of 2018-S1.
TOTAL = Decimal("2511.923")
SOFFICE = shutil.which("soffice")
_DUCKDB_TYPES = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "decimal": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


@pytest.fixture(scope="module")
def data(real_home: RealHome) -> Callable[[str], Path]:
    """The folder of the tables that readers see of an edition."""
    return lambda edition: real_home.settings.releases / edition / "current" / "data"


def test_pandas_reckons_with_costs_and_joins_a_csv_to_a_parquet(data: Callable[[str], Path]) -> None:
    top50 = pd.read_parquet(data("2018-S1") / "top50.parquet")
    costs = top50["current_cost_meur"]

    assert (costs * 1.2).sum() == pytest.approx(float(TOTAL) * 1.2)
    assert costs.nlargest(3).tolist() == costs.tolist()[:3]
    assert costs.quantile(0.5) == pytest.approx(costs.median())
    portfolio = pd.read_csv(data("2018-S1") / "portfolio.csv", dtype=str)
    joined = portfolio.merge(top50, on="project_id", suffixes=("_typed", ""))
    assert len(joined) == len(top50) == 44
    assert str(top50["received_at"].dtype).endswith("UTC]")


def test_polars_has_the_same_types_and_sums(data: Callable[[str], Path]) -> None:
    top50 = pl.read_parquet(data("2018-S1") / "top50.parquet")

    assert top50.schema["current_cost_meur"] == pl.Float64
    assert top50.schema["received_at"] == pl.Datetime("us", "UTC")
    in_csv = pl.read_csv(data("2018-S1") / "top50.csv")
    for table in (top50, in_csv):
        assert table["current_cost_meur"].sum() == pytest.approx(float(TOTAL))
    assert in_csv["project_id"].to_list() == top50["project_id"].to_list()


@pytest.mark.parametrize("edition", ["2018-S1", "2025-S2"])
def test_duckdb_reads_the_same_rows_from_csv_parquet_and_json(data: Callable[[str], Path], edition: str) -> None:
    with duckdb.connect() as reader:
        for name in sorted(path.stem for path in data(edition).glob("*.parquet")):
            columns, path = published_columns(name), data(edition) / name
            plain, lists = _types(columns), _types(columns, with_lists=True)
            from_csv = reader.read_csv(f"{path}.csv", header=True, delimiter=",", quotechar='"', dtype=plain)
            from_json = reader.read_json(f"{path}.json", format="array", columns=lists)
            tables = [
                _shown(from_csv, columns, _unguarded),
                _shown(reader.read_parquet(f"{path}.parquet"), columns, _filled),
                _shown(from_json, columns, _joined),
            ]
            assert len({len(table) for table in tables}) == 1, name
            assert tables[0] == tables[1], name
            assert tables[1] == tables[2], name


def _shown(table: duckdb.DuckDBPyRelation, columns: tuple[Column, ...], say: Callable[[Column], str]) -> list[Any]:
    return table.project(", ".join(map(say, columns))).fetchall()


def _types(columns: tuple[Column, ...], *, with_lists: bool = False) -> dict[str, str]:
    return {one.name: "VARCHAR[]" if with_lists and one.list_separator else _DUCKDB_TYPES[one.type] for one in columns}


def _filled(column: Column) -> str:
    if column.type == "timestamp":
        return f"epoch_us({column.name})"
    return f"coalesce({column.name}, '')" if column.type == "text" else column.name


def _unguarded(column: Column) -> str:
    """A text without the apostrophe that keeps a spreadsheet from running it."""
    text = _filled(column)
    return f"regexp_replace({text}, '^''([=+@＝＋－＠\\s-])', '\\1')" if column.type == "text" else text


def _joined(column: Column) -> str:
    if column.list_separator:
        return f"coalesce(array_to_string({column.name}, '{column.list_separator}'), '')"
    return _filled(column)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("edition", EDITIONS)
def test_frictionless_finds_nothing_wrong_with_a_package(data: Callable[[str], Path], edition: str) -> None:
    import frictionless

    report = frictionless.validate(data(edition).parent / "datapackage.json")
    assert report.flatten(["name", "rowNumber", "fieldNumber", "type", "note"]) == []
    assert len(report.tasks) > 40


@pytest.fixture(scope="module")
def in_french(data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The TOP 50 as LibreOffice in French opens it, by format: the sheet that it saves."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not on this machine: no soffice to open the tables with")
    folder = tmp_path_factory.mktemp("libreoffice")
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Setup/L10N">'
        '<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>fr-FR</value></prop></item></oor:items>\n',
        encoding="utf-8",
    )
    office = [SOFFICE, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    # Semicolons and UTF-8, as the mark says; numbers as the locale writes them.
    for form, how in (("fr.csv", ["--infilter=CSV:59,34,76,1,,0,false,true"]), ("xlsx", [])):
        source, out = data("2018-S1") / f"top50.{form}", folder / form
        command = [*office, *how, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out), str(source)]
        subprocess.run(command, check=True, capture_output=True, timeout=120, env=os.environ | {"LC_ALL": "C.UTF-8"})
    opened = {form: next((folder / form).iterdir()) for form in ("fr.csv", "xlsx")}
    return {form: openpyxl.load_workbook(path).worksheets[0] for form, path in opened.items()}


@pytest.mark.parametrize("form", ["fr.csv", "xlsx"])
def test_a_french_spreadsheet_sums_the_costs_right(in_french: dict[str, Any], form: str) -> None:
    header, *rows = in_french[form].iter_rows(values_only=True)
    costs = [row[header.index("current_cost_meur")] for row in rows]

    assert [type(one) for one in costs if not isinstance(one, int | float)] == []
    assert round(sum(map(Decimal, map(repr, costs))), 3) == TOTAL
    assert all(isinstance(row[header.index("project_id")], str) for row in rows)


def test_no_duration_has_the_residue_of_binary_numbers(real_home: RealHome) -> None:
    days = published_rows(real_home.settings.marts, "portfolio").column("current_duration_days").to_pylist()

    known = [one for one in days if one is not None]
    assert known
    assert [one for one in known if one != round(one, 6)] == []


@pytest.mark.parametrize("edition", EDITIONS[:4])
def test_a_cost_stands_among_the_sources_with_its_cell_and_what_was_typed(real_home: RealHome, edition: str) -> None:
    tables = read_tables(real_home.settings.marts, edition)
    sources = {
        (row["subject"], row["field"]): (row["submission_id"], row["cell"], row["typed"])
        for row in tables["sources"].to_pylist()
    }

    for row in tables["portfolio"].to_pylist():
        if row["current_cost_meur"] is not None:
            place = row["submission_id"], row["cost_cell"], row["cost_typed"]
            assert sources[row["project_id"], "current_cost_meur"] == place
        if row["baseline_cost_meur"] is not None:
            place = row["baseline_cost_submission_id"], row["baseline_cost_cell"]
            assert sources[row["project_id"], "baseline_cost_meur"][:2] == place


# What the State published of an edition itself, and when it did, is quoted as soon as the day has come.
_SAID_LATER = {"published_on", "published_budget_variance_pct", "published_duration_variance_pct"}


@pytest.mark.parametrize("edition", ["2016-S2", "2017-S1", "2017-S2"])
def test_nothing_that_is_published_of_an_edition_depends_on_a_later_one(real_home: RealHome, edition: str) -> None:
    before, after = (_written(settings, edition) for settings in (real_home.after(5), real_home.settings))

    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == set()


def _written(settings: Settings, edition: str) -> dict[str, bytes]:
    rows = {name: table.to_pylist() for name, table in read_tables(settings.marts, edition).items()}
    rows["headline_figures"] = [row | dict.fromkeys(_SAID_LATER) for row in rows["headline_figures"]]
    return data_files(rows | {"state_publications": []})
