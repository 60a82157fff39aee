"""The Table Schema follows the conventions of schema.data.gouv.fr, and its examples do what their names say."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.contracts import CONTRACTS
from orchestration.contracts.table_schema import (
    invalid_example,
    schema_json,
    table_schema,
    valid_example,
    write_schema,
    wrong_cells,
)
from orchestration.domain.spreadsheets import column_letters
from orchestration.intake.take_in import check_file

NOW = datetime(2025, 12, 1, 9, tzinfo=UTC)
PERIMETERS = {"projects": "MJ", "procedures": "MI", "roadmap": "SPM", "indicators": "SPM"}

# The constraints that Table Schema 1 knows, by type; `required` and `unique` go with any.
_CONSTRAINTS = {
    "string": {"enum", "pattern"},
    "number": {"minimum", "maximum"},
    "integer": {"minimum", "maximum"},
    "boolean": set(),
    "date": set(),
}
_READERS = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": {"Oui": True, "Non": False}.__getitem__,
    "date": date.fromisoformat,
}

every_kind = pytest.mark.parametrize("contract", CONTRACTS.values(), ids=list(CONTRACTS))


def _check(path: Path, text: str, kind: str):
    path.write_text(text, encoding="utf-8")
    return check_file(path, NOW, "2025-S2", PERIMETERS[kind]).receipt


def test_the_name_of_a_schema_has_hyphens_only():
    two_words = replace(CONTRACTS["projects"], kind="contracts_awarded")
    assert table_schema(two_words)["name"] == "jalons-contracts-awarded"


@every_kind
def test_the_descriptor_says_what_the_register_of_schemas_asks_for(contract):
    schema = table_schema(contract, "https://jalons.example/")
    assert schema["$schema"] == "https://specs.frictionlessdata.io/schemas/table-schema.json"
    assert re.fullmatch(r"[a-z][a-z-]*", schema["name"])
    assert schema["countryCode"] == "FR"
    assert re.fullmatch(r"\d+\.\d+\.\d+", schema["version"])
    assert date.fromisoformat(schema["created"]) <= date.fromisoformat(schema["lastModified"])
    assert schema["title"] and schema["description"]
    assert [set(one) for one in schema["contributors"]] == [{"title", "role"}]
    addresses = [schema["homepage"], schema["path"], *(one["path"] for one in schema["resources"])]
    assert {urlsplit(address).netloc for address in addresses} == {"jalons.example"}
    assert all(f"/schemas/{contract.kind}/{contract.version}/" in address for address in addresses)


@every_kind
def test_every_field_is_described_and_holds_only_what_its_type_allows(contract):
    for field in table_schema(contract)["fields"]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field["name"])
        assert field["title"] and field["description"].endswith((".", "%"))
        constraints = field["constraints"]
        assert set(constraints) <= _CONSTRAINTS[field["type"]] | {"required", "unique"}
        example = _READERS[field["type"]](field["example"])
        assert constraints.get("enum") is None or example in constraints["enum"]
        assert constraints.get("minimum", example) <= example <= constraints.get("maximum", example)
        assert re.search(constraints.get("pattern", ""), str(example))
        assert "" in field.get("missingValues", [""])
        assert not set(field.get("missingValues", [])) & set(constraints.get("enum", []))


@every_kind
def test_a_word_for_no_value_of_the_whole_schema_is_a_value_of_none_of_its_fields(contract):
    schema = table_schema(contract)
    values = {value for field in schema["fields"] for value in field["constraints"].get("enum", [])}
    assert not set(schema["missingValues"]) & (values | {"Oui", "Non"})
    assert schema["missingValues"][0] == ""


@every_kind
def test_the_valid_example_gets_no_finding(contract, tmp_path):
    receipt = _check(tmp_path / "valide.csv", valid_example(contract), contract.kind)
    assert (receipt.status, receipt.findings, receipt.rows_accepted) == ("accepted", (), 2)
    assert (receipt.kind, receipt.contract_version) == (contract.kind, contract.version)


@every_kind
def test_every_row_of_the_invalid_example_is_blamed_for_its_one_wrong_cell(contract, tmp_path):
    receipt = _check(tmp_path / "invalide.csv", invalid_example(contract), contract.kind)
    positions = {column.field: number for number, column in enumerate(contract.current)}
    wrong = {
        f"{column_letters(positions[column.field])}{row}": column
        for row, (column, _) in enumerate(wrong_cells(contract), start=2)
    }
    blamed = [(finding.cell, finding.severity) for finding in receipt.findings if finding.cell in wrong]
    # An address that cannot be followed is published without its link: a warning is enough.
    expected = [(cell, "warning" if column.type == "url" else "error") for cell, column in wrong.items()]
    assert set(blamed) >= set(expected)
    assert sorted(one for one in blamed if one[1] == "error") == sorted(one for one in expected if one[1] == "error")
    refused = sum(column.is_required for column, _ in wrong_cells(contract))
    assert receipt.rows_accepted == receipt.rows_read - refused


@every_kind
def test_a_cell_that_is_not_required_may_be_blank(contract, tmp_path):
    optional = [column.field for column in contract.current if not column.is_required]
    header, row, _ = csv.reader(io.StringIO(valid_example(contract)))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    for number, blank in enumerate(optional):
        own = dict(zip(header, row, strict=True))
        own |= {field: f"{own[field]} {number}" for field in (contract.key, contract.subject)}
        writer.writerow([("" if field == blank else own[field]) for field in header])
    receipt = _check(tmp_path / "vides.csv", text.getvalue(), contract.kind)
    assert (receipt.errors, receipt.rows_accepted) == (0, len(optional))


@every_kind
def test_the_same_contract_gives_the_same_files(contract, tmp_path):
    for folder in ("one", "two"):
        write_schema(contract, tmp_path / folder)
    names = ["aide.html", "exemple-invalide.csv", "exemple-valide.csv", "schema.json"]
    assert sorted(path.name for path in (tmp_path / "one").iterdir()) == names
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_command_prints_the_schema_alone_or_writes_its_folder(tmp_path):
    printed = CliRunner().invoke(app, ["schema", "roadmap"])
    assert json.loads(printed.stdout) == table_schema(CONTRACTS["roadmap"])
    written = CliRunner().invoke(app, ["schema", "roadmap", "--out", str(tmp_path / "new" / "roadmap")])
    assert written.exit_code == 0
    assert (tmp_path / "new" / "roadmap" / "schema.json").read_text(encoding="utf-8") == schema_json(
        CONTRACTS["roadmap"]
    )
    assert CliRunner().invoke(app, ["schema", "unheard_of"]).exit_code == 2
