"""One declaration per kind: whatever is made of a contract says the same, column by column."""

import csv
import io
import re

import pyarrow as pa
import pytest
import yaml

from expectations.runner import SUBMISSION_SUITES
from orchestration.consolidation.build import DBT_PROJECT
from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.absences import WORDS_FOR_NONE
from orchestration.contracts.cells.parsing import parser_of
from orchestration.contracts.cells.writing import cell_of, example_of
from orchestration.contracts.contract import DATED, PLAIN
from orchestration.contracts.help_page import column_help, help_page
from orchestration.contracts.table_schema import table_schema, valid_example
from orchestration.contracts.template import template
from orchestration.domain.edition import Edition
from orchestration.domain.folding import fold_header
from orchestration.domain.reference_data import SEEDS
from orchestration.intake.opening.formats import open_sheets

_SQL = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}
# What each type of the lake is called in a Table Schema.
_LAKE_TYPES = {
    "string": {"text", "url", "code", "edition"},
    "boolean": {"bool"},
    "number": {"cost", "duration", "rate", "score", "number"},
    "integer": {"volume", "integer"},
    "date": {"date"},
}

every_kind = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


@every_kind
def test_no_header_stands_for_two_columns(contract):
    names = [
        {fold_header(name) for name in (column.field, column.title, column.header, *column.aliases)}
        for column in contract.columns
    ]
    assert sum(map(len, names)) == len(set().union(*names))


@every_kind
def test_every_header_that_is_offered_is_recognised(contract):
    for headers in ([column.header for column in contract.columns], [column.field for column in contract.columns]):
        assert list(contract.match(headers).columns.values()) == list(contract.columns)


@every_kind
def test_template_schema_help_and_example_hold_the_same_columns_in_the_same_order(contract):
    fields = [column.field for column in contract.current]
    schema = table_schema(contract)
    header = next(csv.reader(io.StringIO(valid_example(contract))))
    in_template = open_sheets(template(contract, Edition(2021, 2), "MI"))[0].rows[0]
    page = help_page(contract)

    assert [field["name"] for field in schema["fields"]] == fields
    assert [field["title"] for field in schema["fields"]] == [column.title for column in contract.current]
    assert header == fields
    assert list(in_template) == [column.header for column in contract.current]
    assert re.findall(r"<dd><code>(\w+)</code></dd>\n(?:<dt>En-têtes|</dl>)", page) == fields


@every_kind
def test_the_types_of_schema_and_lake_agree(contract):
    for column, field in zip(contract.current, table_schema(contract)["fields"], strict=True):
        assert column.type in _LAKE_TYPES[field["type"]], column.field


@every_kind
def test_the_sources_of_dbt_are_the_columns_of_the_lake(contract):
    declared = yaml.safe_load((DBT_PROJECT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8"))
    (table,) = (table for source in declared["sources"] for table in source["tables"] if table["name"] == contract.kind)
    assert [(column["name"], column["data_type"]) for column in table["columns"]] == [
        (field.name, _SQL.get(field.type) or f"DECIMAL({field.type.precision},{field.type.scale})")
        for field in contract.lake_schema()
    ]


@every_kind
def test_the_lake_keeps_the_text_of_what_is_read_and_the_precision_of_what_has_one(contract):
    names = set(contract.lake_schema().names)
    for column in contract.columns:
        assert (f"{column.field}_typed" in names) == (column.type not in PLAIN)
        assert (f"{column.field}_precision" in names) == (column.type in DATED)


@every_kind
def test_a_required_column_is_required_everywhere(contract):
    in_schema = {field["name"] for field in table_schema(contract)["fields"] if field["constraints"]["required"]}
    in_help = {column.field for column in contract.current if column_help(contract, column).presence == "Obligatoire"}
    required = {column.field for column in contract.columns if column.is_required}
    refused = {rule.column for rule in SUBMISSION_SUITES[contract.kind].rules if rule.id.endswith("_present")} & {
        rule.column for rule in SUBMISSION_SUITES[contract.kind].rules if rule.effect == "row"
    }
    assert in_schema == in_help == required
    # A procedure is known by its id or by its name: neither alone is required.
    assert required == (refused if contract.kind != "procedures" else set())
    for fields in contract.versions.values():
        assert required <= set(fields) <= set(contract.by_field)


@every_kind
def test_the_bounds_of_a_column_are_those_of_its_expectation(contract):
    declared = {
        (column.field, column.minimum, column.maximum, column.excludes_minimum)
        for column in contract.columns
        if column.minimum is not None or column.maximum is not None
    }
    judged: dict[str, list[tuple[object, object, object]]] = {}
    for rule in SUBMISSION_SUITES[contract.kind].rules:
        if rule.severity == "error" and rule.check.expectation == "ExpectColumnValuesToBeBetween":
            given = rule.check.arguments
            bounds = (given["min_value"], given["max_value"], given["strict_min"])
            judged.setdefault(rule.column, []).append(bounds)
    # Too little and too much may be two rules, for they are mended in two ways.
    assert declared == {
        (column, *(next((one for one in side if one is not None), None) for side in (lowest, highest)), any(strict))
        for column, bounds in judged.items()
        for lowest, highest, strict in [zip(*bounds, strict=True)]
    }


@every_kind
def test_every_word_that_is_offered_reads_as_what_it_stands_for(contract):
    for column in contract.columns:
        parse = parser_of(column)
        assert {parse(label).value for label in column.labels.values()} == set(column.codes.values())
        for reason in column.absences:
            for word in WORDS_FOR_NONE[reason]:
                parsed = parse(word)
                assert parsed.fault is None
                # "Non" and "À venir" may be values: a value wins.
                assert parsed.absence == reason or parsed.value in column.labels, (column.field, word)


@every_kind
def test_an_example_is_a_value_and_survives_being_written_and_read_again(contract):
    for column in contract.columns:
        parse = parser_of(column)
        parsed = parse(column.example)
        assert parsed.value is not None and not parsed.doubt, column.field
        again = parse(example_of(column))
        assert (again.value, again.precision) == (parsed.value, parsed.precision), column.field


@every_kind
def test_a_word_for_no_value_is_written_as_a_word_that_gives_the_same_reason(contract):
    for column in contract.columns:
        for reason in column.absences:
            cell = cell_of(column, {column.field: None, f"{column.field}_absence": reason})
            assert reason in (parser_of(column)(cell).absence, None) or cell in column.labels.values()


def test_phases_are_the_same_in_the_contract_and_in_the_seed():
    with (SEEDS / "phases.csv").open(encoding="utf-8", newline="") as lines:
        assert {row["phase"] for row in csv.DictReader(lines)} == set(CONTRACTS["projects"].by_field["phase"].labels)
