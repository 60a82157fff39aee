"""The published tables: which rows, in which order, and each value exact in CSV and JSON, typed in Parquet."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_marts import SCHEMAS, State, utc

from orchestration.store.marts import read_mart


def data_of(state: State, name: str, form: str) -> Path:
    """Release the second edition and return the path of one of its tables."""
    return state.release(["2021-S2"])[0].path / "data" / f"{name}.{form}"


def records(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(), newline="")))


ALWAYS = {"headline_figures", "headline_changes", "submissions", "revisions", "sources", "slips"}
OF_PROJECTS = {"portfolio", "top50", "movements", "decompositions", "contributions", "rebaselines", "confidence"}
OF_PROJECTS |= {"forecasts", "forecast_backtest"}
OF_PROCEDURES = {"procedures", "top250", "procedure_scores", "procedure_history"}


def test_every_table_is_there_in_every_format_but_those_of_which_the_edition_has_nothing(state: State) -> None:
    first, second = (made.path / "data" for made in state.release())

    for folder, tables in (
        (first, ALWAYS | OF_PROJECTS),
        (second, ALWAYS | OF_PROJECTS | OF_PROCEDURES | {"roadmap", "indicators"}),
    ):
        assert sorted(path.name for path in folder.iterdir()) == sorted(
            f"{table}.{form}" for table in tables for form in ("csv", "fr.csv", "xlsx", "parquet", "json")
        )


def test_a_table_without_rows_keeps_its_header_and_its_schema(state: State) -> None:
    folder = state.release()[0].path / "data"

    assert (folder / "top50.csv").read_bytes().decode() == ",".join(SCHEMAS["top50"]) + "\n"
    assert (folder / "top50.fr.csv").read_bytes().decode("utf-8-sig") == ";".join(SCHEMAS["top50"]) + "\r\n"
    assert json.loads((folder / "top50.json").read_bytes()) == []
    assert pq.read_schema(folder / "top50.parquet").names == list(SCHEMAS["top50"])


def test_no_column_holds_json_or_what_depends_on_a_later_edition(state: State) -> None:
    folder = state.release()[1].path / "data"

    for table, left_out in (
        ("portfolio", "cell_columns"),
        ("procedures", "cell_columns"),
        ("procedure_history", "last_edition"),
    ):
        assert left_out in SCHEMAS[table]
        assert pq.read_schema(folder / f"{table}.parquet").names == [one for one in SCHEMAS[table] if one != left_out]


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        ("portfolio", "project_id", ["alpha", "beta", "gamma"]),
        ("top50", "rank", ["1", "2"]),
        ("procedures", "procedure_id", ["D1", "D2", "D3"]),
        ("top250", "procedure_id", ["D2", "D1"]),
        ("headline_figures", "edition", ["2021-S2"]),
        ("movements", "project_id", ["alpha", "beta", "delta", "epsilon", "zeta"]),
        ("slips", "rule", ["budget_slip", "figure_withdrawn", "figure_withdrawn", "schedule_slip", "went_silent"]),
    ],
)
def test_a_table_holds_the_rows_of_its_edition_in_the_order_of_its_key(
    state: State, table: str, key: str, expected: list[str]
) -> None:
    in_csv = [row[key] for row in records(data_of(state, table, "csv"))]
    in_json = [str(row[key]) for row in json.loads(data_of(state, table, "json").read_bytes())]
    in_parquet = [str(value) for value in pq.read_table(data_of(state, table, "parquet"))[key].to_pylist()]

    assert in_csv == in_json == in_parquet == expected


def test_csv_values_are_exact_and_an_absent_one_is_empty(state: State) -> None:
    alpha, beta, gamma = records(data_of(state, "portfolio", "csv"))

    assert (beta["current_cost_meur"], gamma["current_cost_meur"]) == ("53.02", "12.50000001")
    assert beta["current_duration_days"] == "2085.999999999999999999"
    assert (alpha["current_cost_meur"], alpha["start_date"], alpha["current_duration_days"]) == ("", "", "")
    assert (beta["start_date"], beta["received_at"]) == ("2017-02-01", "2021-12-15T09:00:00Z")
    assert (beta["is_interministerial"], gamma["is_interministerial"]) == ("true", "false")
    assert beta["description"] == 'Deux lignes,\net des "guillemets"'


def test_csv_is_utf_8_without_mark_with_commas_and_line_feeds(state: State) -> None:
    data = data_of(state, "top50", "csv").read_bytes()

    assert data.startswith(b"edition,rank,project_id,name,")
    assert b"\r" not in data
    assert data.endswith(b"\n")
    assert "Bêta".encode() in data


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_a_text_that_a_spreadsheet_would_run_is_published_behind_an_apostrophe(state: State, start: str) -> None:
    hostile = f'{start}HYPERLINK("http://example.org";"x")'
    state.row("portfolio", edition="2021-S2", project_id="beta")["name"] = hostile

    assert records(data_of(state, "portfolio", "csv"))[1]["name"] == "'" + hostile
    assert json.loads(data_of(state, "portfolio", "json").read_bytes())[1]["name"] == hostile


def test_a_negative_number_is_no_formula_but_a_text_that_looks_like_one_is(state: State) -> None:
    state.row("portfolio", edition="2021-S2", project_id="beta")["cost_typed"] = "-5"

    assert records(data_of(state, "top50", "csv"))[1]["cost_change_meur"] == "-1.5"
    assert records(data_of(state, "portfolio", "csv"))[1]["cost_typed"] == "'-5"


def test_a_lone_carriage_return_stays_inside_its_cell(state: State) -> None:
    state.row("portfolio", edition="2021-S2", project_id="beta")["description"] = "a\rb"
    rows = records(data_of(state, "portfolio", "csv"))

    assert (len(rows), rows[1]["description"]) == (3, "a\rb")


def test_json_numbers_keep_every_digit(state: State) -> None:
    text = data_of(state, "portfolio", "json").read_bytes().decode()
    alpha, beta, gamma = json.loads(text, parse_float=Decimal)

    assert beta["current_duration_days"] == Decimal("2085.999999999999999999")
    assert gamma["current_cost_meur"] == Decimal("12.50000001")
    assert '"current_cost_meur": 53.02,' in text
    assert alpha["current_cost_meur"] is None
    assert (beta["is_interministerial"], beta["submission_id"]) == (True, "2021-S2/MJ/projects/7")
    assert (beta["start_date"], beta["received_at"]) == ("2017-02-01", "2021-12-15T09:00:00Z")


def test_a_mart_is_read_with_exact_values_and_as_nothing_before_the_first_pass(state: State) -> None:
    assert read_mart(state.settings.marts, "slips") == []
    state.release([])
    silent, _schedule, budget, *_ = read_mart(state.settings.marts, "slips")

    assert (budget["delta"], budget["delta_pct"], budget["from_value"]) == (
        Decimal("3.12"),
        Decimal("6.3"),
        Decimal("49.9"),
    )
    assert silent["from_value"] is None


def test_parquet_has_floats_and_times_in_utc_and_says_what_each_column_is(state: State) -> None:
    path = data_of(state, "portfolio", "parquet")
    table, schema = pq.read_table(path), pq.read_schema(path)

    assert schema.field("current_cost_meur").type == pa.float64()
    assert table["current_cost_meur"].to_pylist() == [None, 53.02, 12.50000001]
    assert schema.field("received_at").type == pa.timestamp("us", tz="UTC")
    assert [one.replace(tzinfo=None) for one in table["received_at"].to_pylist()] == [utc(2021, 12, 15, 9)] * 3
    assert (schema.field("project_id").type, schema.field("start_date").type) == (pa.string(), pa.date32())
    assert schema.field("current_cost_meur").metadata == {
        b"unit": "M€".encode(),
        b"description": "Full cost in M€.".encode(),
    }
    assert json.loads(schema.metadata[b"columns"])["current_cost_meur"]["unit"] == "M€"


def test_json_has_lists_where_a_column_holds_one(state: State) -> None:
    state.row("headline_figures", edition="2021-S2").update(missing_perimeters="MI, MJ", missing_perimeters_projects="")
    (headline,) = json.loads(data_of(state, "headline_figures", "json").read_bytes())

    assert headline["missing_perimeters"] == ["MI", "MJ"]
    assert (headline["missing_perimeters_projects"], headline["missing_perimeters_indicators"]) == ([], [])
