"""Schemas, the other formats, figures on pages and the tree over editions: what holds, and each way of not holding."""

import json
from pathlib import Path
from typing import Any

import pytest
from signed_releases import Signer, copy_of, document, reseal

from orchestration.verification import verifier
from orchestration.verification.verifier import Release, Report, read_key, verify
from orchestration.verification.whole import verify_whole
from tests.real_home import RealHome

_CSV = b"edition,project_id,cost_meur,is_top,started_on,received_at,parts,severity\n"
_ROWS = b'2021-S2,a,12.5,true,2021-01-31,2021-02-03T04:05:06Z,"x, y",attention\n2021-S2,b,,,,,,\n'
_FIELDS: list[dict[str, Any]] = [
    {"name": "edition", "type": "string", "constraints": {"required": True}},
    {"name": "project_id", "type": "string", "constraints": {"required": True, "unique": True}},
    {"name": "cost_meur", "type": "number", "constraints": {"minimum": 0}},
    {"name": "is_top", "type": "boolean"},
    {"name": "started_on", "type": "date"},
    {"name": "received_at", "type": "datetime"},
    {"name": "parts", "type": "list", "delimiter": ", ", "constraints": {"enum": ["x", "y"]}},
    {"name": "severity", "type": "string", "categories": ["information", {"value": "attention", "label": "Attention"}]},
]


def release_of(rows: bytes, fields: list[dict[str, Any]] | None = None, **schema: object) -> Release:
    described = {"fields": _FIELDS if fields is None else fields, "primaryKey": ["edition", "project_id"]} | schema
    resource = {"name": "things", "path": "data/things.csv", "schema": described}
    release = Release(
        Path(), "r1", b"{}", {"edition": "2021-S2", "files": [{"path": "data/things.csv", "sha256": "0", "bytes": 1}]}
    )
    release.files = {"data/things.csv": _CSV + rows, "datapackage.json": document({"resources": [resource]})}
    return release


def schema_faults(release: Release) -> str:
    report = Report()
    verifier.check_schemas(release, report)
    return " | ".join(sentence for _, sentence in report.wrong)


def test_a_table_that_is_as_its_schema_says_is_told_so() -> None:
    report = Report()
    verifier.check_schemas(release_of(_ROWS), report)
    assert (report.wrong, report.counts["schemas"]) == ([], 16)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"12.5", b"12,5", "« 12"),
        (b"12.5", b"1e5", "n’est pas de type number"),
        (b"12.5", b"-1", "hors de ses bornes"),
        (b"true", b"VRAI", "n’est pas de type boolean"),
        (b"2021-01-31", b"2021-02-31", "n’est pas de type date"),
        (b"2021-02-03T04:05:06Z", b"2021-02-03 04:05", "n’est pas de type datetime"),
        (b"x, y", b"x, z", "n’est pas une valeur permise"),
        (b"attention", b"grave", "n’est pas une valeur permise"),
        (b"2021-S2,b", b",b", "la valeur est obligatoire"),
        (b"2021-S2,b", b"2021-S2,a", "une valeur qui doit être unique y est deux fois"),
        (b"2021-S2,b", b"2021-S2,a", "deux lignes ont la même clé"),
    ],
)
def test_each_way_of_not_being_as_the_schema_says_is_told(before: bytes, after: bytes, words: str) -> None:
    after = b'"12,5"' if after == b"12,5" else after
    assert words.replace("« ", "«\u00a0") in schema_faults(release_of(_ROWS.replace(before, after)))


def test_columns_in_another_order_and_keys_that_lead_nowhere_are_told() -> None:
    assert "dans leur ordre" in schema_faults(release_of(_ROWS, fields=_FIELDS[::-1]))
    key = {"fields": "severity", "reference": {"resource": "", "fields": "project_id"}}
    assert "attention n’est pas dans things" in schema_faults(release_of(_ROWS, foreignKeys=[key]))


@pytest.mark.parametrize(
    ("column", "value", "text", "is_right"),
    [
        ("total_cost_bn_eur", "2.37", "2,37 Md€", True),
        ("total_cost_bn_eur", "2.375", "2,38", True),
        ("total_cost_bn_eur", "2.375", "2,37", False),
        ("total_cost_bn_eur", "2.37", "2,37 M€", False),
        ("current_cost_meur", "1234.5", "1\u202f234,5\u00a0M€", True),
        ("current_cost_meur", "1234.5", "1\u202f235", True),
        ("current_cost_meur", "1234.5", "1.234,5", False),
        ("delta", "-1234.5", "\u22121\u202f234,5", True),
        ("delta", "-0.5", "\u22121", True),
        ("delta", "-0.5", "1", False),
        ("delta_pct", "3.2", "+3,2 %", True),
        ("delta_pct", "3.2", "+3,2 points", True),
        ("delta_pct", "3.2", "+3,2 ans", False),
        ("share", "0.645", "64,5 %", True),
        ("mean_duration_years", "4", "4,0 ans", True),
        ("mean_duration_years", "", "–", True),
        ("mean_duration_years", "", "non connu", True),
        ("mean_duration_years", "", "0", False),
        ("mean_duration_years", "4", "–", False),
        ("mean_duration_years", "4", "", False),
        ("mean_duration_years", "4", "<b>", False),
    ],
)
def test_a_printed_figure_is_the_tables_value_rounded_as_it_is_printed(
    column: str, value: str, text: str, is_right: bool
) -> None:
    times = 100 if column == "share" else 1
    assert (verifier._printed_as(column, value, text, times) is None) is is_right


def test_a_key_in_a_figures_name_may_hold_any_sign(one: Path) -> None:
    folder = one / "2016-S2" / "r2"
    row = next(
        row
        for row in verifier.read_csv((folder / "data" / "portfolio.csv").read_bytes()).rows
        if "," in row["description"]
    )
    key = "".join(f"%{byte:02X}" for byte in row["project_id"].encode())
    (folder / "index.html").write_text(
        f'<p data-figure="portfolio.rebaselines[project_id={key}]">{row["rebaselines"]}</p>'
    )
    reseal(folder, None)
    report = verify(folder)
    assert (report.wrong, report.counts["pages"]) == ([], 1)


@pytest.fixture
def tree(real_home: RealHome, tmp_path: Path) -> Path:
    """A copy of the tree over editions, to spoil; the revisions that it shows are not beside it."""
    return copy_of((real_home.settings.public / "current").resolve(), tmp_path / "public" / "current")


def test_the_tree_over_editions_is_held_against_the_revisions(
    tree: Path, published: Path, signer: Signer, tmp_path: Path
) -> None:
    (tmp_path / "releases").symlink_to(published)
    report = verify_whole(str(tree), read_key(signer.text))
    assert report.wrong == []
    assert report.counts["signatures"] == 1
    # What is a link is not followed: the revisions were not looked at.
    assert report.counts["long_tables"] == 0
    (tmp_path / "releases").unlink()
    copy_of(published, tmp_path / "releases")
    report = verify(tree, read_key(signer.text))
    assert (report.wrong, report.counts["long_tables"] > 500) == ([], True)
    path = tree / "data" / "slips.csv"
    path.write_bytes(path.read_bytes().replace(b"attention", b"critique", 1))
    newest = tmp_path / "releases" / "2025-S2" / "r1" / "MANIFEST.json"
    newest.write_bytes(document(json.loads(newest.read_bytes()) | {"x": 1}))
    reseal(tree, signer)
    said = " | ".join(f"{where} {sentence}" for where, sentence in verify(tree, read_key(signer.text)).wrong)
    assert "data/slips.csv les lignes de" in said
    assert "2025-S2/r1\u00a0: son manifeste n’a pas l’empreinte que l’arbre nomme" in said
