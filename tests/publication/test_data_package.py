"""The descriptor of a release: what other people's programs learn of its tables, and hold them against."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_marts import State

from orchestration.publication.data_package import tree_package
from orchestration.publication.table_schemas import seed_schema, table_schema
from orchestration.publication.tables import TABLES, published_schema
from orchestration.store.digests import sha256

Package = dict[str, Any]


def package_of(folder: Path) -> Package:
    found: Package = json.loads((folder / "datapackage.json").read_bytes())
    return found


def resource(package: Package, name: str) -> dict[str, Any]:
    (found,) = (one for one in package["resources"] if one["name"] == name)
    assert isinstance(found, dict)
    return found


def field(package: Package, table: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in resource(package, table)["schema"]["fields"] if one["name"] == name)
    assert isinstance(found, dict)
    return found


def test_every_file_of_data_is_described_with_its_size_and_its_hash(state: State) -> None:
    folder = state.release(["2021-S2"])[0].path
    described = {one["path"]: (one["bytes"], one["hash"]) for one in package_of(folder)["resources"]}

    assert described == {
        path.relative_to(folder).as_posix(): (path.stat().st_size, f"sha256:{sha256(path.read_bytes())}")
        for path in (folder / "data").iterdir()
    }


def test_a_package_says_which_edition_it_is_who_publishes_and_under_which_licence(state: State) -> None:
    settings = state.settings
    settings.publisher, settings.contact_email = "Direction du numérique", "donnees@example.org"
    package = package_of(state.release(["2021-S2"])[0].path)

    assert (package["name"], package["version"]) == ("jalons-2021-s2", "1")
    assert package["created"] == "2021-12-15T09:00:00Z"
    assert package["licenses"][0]["name"] == "etalab-2.0"
    assert package["contributors"] == [
        {"title": "Direction du numérique", "email": "donnees@example.org", "roles": ["publisher"]}
    ]


def test_a_column_has_its_type_its_unit_what_may_stand_in_it_and_why_it_is_null(state: State) -> None:
    package = package_of(state.release(["2021-S2"])[0].path)

    assert field(package, "portfolio", "current_cost_meur")["unit"] == "M€"
    assert field(package, "portfolio", "project_id")["constraints"] == {"required": True}
    assert field(package, "portfolio", "received_at")["type"] == "datetime"
    assert field(package, "movements", "movement")["constraints"]["enum"] == ["in", "out", "renamed", "back", "awaited"]
    assert field(package, "confidence", "reasons")["type"] == "list"
    assert field(package, "portfolio", "budget_variance_rate")["missingValues"] == [
        {"value": "", "label": "Non connu : budget_variance_absence dit pourquoi"}
    ]
    reasons = field(package, "procedures", "dlnuf_score_absence")["categories"]
    assert {"value": "a_venir", "label": "À venir"} in reasons
    assert resource(package, "portfolio")["schema"]["language"] == "en"


def test_references_lead_to_tables_of_the_package_alone(state: State) -> None:
    first, second = (package_of(made.path) for made in state.release())

    tables = [{one["name"] for one in package["resources"] if "schema" in one} for package in (first, second)]
    assert "top250" in tables[1] - tables[0]
    for package, names in zip((first, second), tables, strict=True):
        keys = [
            key["reference"]["resource"]
            for one in package["resources"]
            for key in one.get("schema", {}).get("foreignKeys", [])
        ]
        assert set(keys) <= names
    assert resource(second, "top250")["schema"]["foreignKeys"][0]["fields"] == ["edition", "procedure_id"]


def test_the_other_formats_of_a_table_are_found_from_its_name(state: State) -> None:
    package = package_of(state.release(["2021-S2"])[0].path)
    others = [one["path"] for one in package["resources"] if one.get("alternateOf") == "top50"]

    assert others == [f"data/top50.{form}" for form in ("fr.csv", "xlsx", "parquet", "json")]


def test_the_descriptor_alone_makes_no_revision(state: State) -> None:
    state.release()
    state.settings.publisher = "Un autre service"

    assert [made.is_new for made in state.release()] == [False, False]


def test_a_measure_has_the_unit_of_its_name_unless_its_column_says_another() -> None:
    units = {column.name: column.unit for column in table_schema("procedures").columns}

    assert (units["satisfaction_score"], units["dlnuf_score"]) == ("out of 10", "documents")
    assert (units["load_time_ms"], units["digital_use_rate"], units["rank"]) == ("ms", "fraction of 1", None)
    # A word about a rate has no unit.
    assert units["digital_use_rate_absence"] is None


def test_a_decimal_that_is_no_measure_of_another_column_has_a_unit() -> None:
    without = {
        f"{name}.{column.name}"
        for name in TABLES
        for column in published_schema(name).columns
        if column.type == "decimal" and column.unit is None
    }

    assert without == {"forecasts.slip_brier", "forecasts.slip_no_change_brier"}


def test_reference_data_is_described_from_its_own_declaration(state: State) -> None:
    files = {"data/project_aliases.csv": b"", "data/former_project_ids.csv": b""}
    titles = {"project_aliases": "Registre des noms", "former_project_ids": "Anciens identifiants", "absent": "Absente"}
    package = json.loads(tree_package(state.settings, files, titles, "2021-12-15T09:00:00Z"))

    assert [one["name"] for one in package["resources"]] == ["project_aliases", "former_project_ids"]
    assert [one.name for one in seed_schema("project_aliases").columns][:2] == ["name", "project_id"]


@pytest.fixture(scope="module")
def errors() -> Callable[[Path], dict[str, list[str]]]:
    """What frictionless finds wrong: table -> sorts of errors."""

    def found(folder: Path) -> dict[str, list[str]]:
        import frictionless

        report = frictionless.validate(folder / "datapackage.json")
        said = {task.name: [error.type for error in task.errors] for task in report.tasks if task.errors}
        return said | ({"package": [error.type for error in report.errors]} if report.errors else {})

    return found


@pytest.mark.filterwarnings("ignore")
def test_frictionless_finds_each_package_valid_and_a_changed_cell_wrong(
    state: State, errors: Callable[[Path], dict[str, list[str]]]
) -> None:
    first, second = (made.path for made in state.release())

    assert errors(second) == {}
    table = first / "data" / "portfolio.csv"
    table.write_bytes(table.read_bytes().replace(b"49.9", b"4x.9"))
    assert "type-error" in errors(first)["portfolio"]
