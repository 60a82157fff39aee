"""Nothing that a release holds is trusted: what is damaged, huge or elsewhere gives a sentence, never a traceback."""

import hashlib
import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from signed_releases import document, reseal, seal

from orchestration.verification import verifier
from orchestration.verification.verifier import Report, Unreadable, verify
from orchestration.verification.whole import verify_whole


def told(report: Report) -> str:
    return " | ".join(f"{where} {sentence}" for where, sentence in report.wrong)


def manifest_with(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    said = json.loads((folder / "MANIFEST.json").read_bytes())
    change(said)
    (folder / "MANIFEST.json").write_bytes(document(said))


@pytest.fixture
def folder(one: Path) -> Path:
    """A revision to spoil."""
    return one / "2016-S2" / "r2"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe{}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"edition": NaN}',
        b'{"edition": 1e999999}',
        b'{"edition": ' + b"9" * 100_000 + b"}",
        b'{"edition": "2016-S2", "edition": "2016-S2"}',
    ],
)
def test_a_manifest_that_is_none_is_said(folder: Path, data: bytes) -> None:
    (folder / "MANIFEST.json").write_bytes(data)
    assert "MANIFEST.json" in told(verify(folder))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("edition", "../../etc"),
        ("edition", None),
        ("revision", "2"),
        ("revision", -1),
        ("revision", 1.5),
        ("released_at", "hier"),
        ("released_at", "2016-99-99T99:99:99Z"),
        ("known_at", 3),
        ("files", None),
        ("files", {"a": 1}),
        ("files", ["data"]),
        ("files", [{"path": "a", "bytes": "1", "sha256": "0" * 64}]),
        ("drops", [1]),
        ("drops", [{"perimeter": "MI", "kind": "projects", "sha256": "0" * 64, "received_at": "never"}]),
    ],
)
def test_a_manifest_of_another_shape_is_said(folder: Path, key: str, value: object) -> None:
    manifest_with(folder, lambda said: said.update({key: value}))
    assert "le manifeste ne peut pas être lu" in told(verify(folder))


@pytest.mark.parametrize(
    "path",
    [
        "../r1/MANIFEST.json",
        "/etc/passwd",
        "data/../../../x",
        "data//x",
        "./x",
        "C:/x",
        "a\\b",
        "a\x00b",
        "x" * 300,
        "a/" * 40 + "a",
    ],
)
def test_a_path_that_leads_out_of_the_folder_is_not_followed(folder: Path, path: str) -> None:
    manifest_with(folder, lambda said: said["files"].append({"path": path, "bytes": 1, "sha256": "0" * 64}))
    assert "le manifeste ne peut pas être lu" in told(verify(folder))


def test_links_and_pipes_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes((folder / "figures.json").read_bytes())
    (folder / "figures.json").unlink()
    (folder / "figures.json").symlink_to(tmp_path / "secret")
    (folder / "data").rename(tmp_path / "data")
    (folder / "data").symlink_to(tmp_path / "data")
    (folder / "index.html").unlink()
    os.mkfifo(folder / "index.html")
    said = told(verify(folder))
    assert "figures.json c’est un lien symbolique" in said
    assert "un lien symbolique tient lieu de fichier ou de dossier" in said
    assert "index.html c’est un lien symbolique, ou rien de ce qui se publie" in said


def test_a_file_too_many_and_one_that_is_gone_are_told(folder: Path) -> None:
    (folder / "data" / "extra.csv").write_text("a\n")
    (folder / "figures.json").unlink()
    said = told(verify(folder))
    assert "extra.csv le fichier est en trop" in said
    assert "figures.json le fichier ne peut pas être lu\u00a0: il n’est pas là" in said


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("data/portfolio.csv", b""),
        ("data/portfolio.csv", b"edition\n"),
        ("data/portfolio.csv", b'edition,project_id\n"2016-S2'),
        ("data/portfolio.csv", b"edition,project_id\n2016-S2,a,b\n"),
        ("data/portfolio.csv", b"edition,edition\n"),
        ("data/portfolio.csv", b"\xff\xff\n"),
        ("data/portfolio.csv", b"a\0b\n"),
        ("data/headline_figures.csv", b"edition,projects\n"),
        ("data/headline_figures.csv", b"edition,projects\n2016-S2,1e999999\n"),
        ("data/slips.csv", b"edition,rule\n2016-S2,budget_slip\n"),
        ("figures.json", b"[]\n"),
        ("figures.json", b'{"projects": 1e99999999}\n'),
        ("data/portfolio.json", b"[" * 100_000),
        ("data/portfolio.json", b"{}\n"),
        ("datapackage.json", b"{}\n"),
        (
            "datapackage.json",
            b'{"resources": [{"name": "portfolio", "path": "data/portfolio.csv", "schema": {"fields": [1]}}]}\n',
        ),
        ("data/portfolio.xlsx", b"PK\x03\x04"),
        ("data/portfolio.parquet", b"PAR1PAR1"),
        ("data/portfolio.fr.csv", b"\xef\xbb\xbfa;b\r\n"),
        ("index.html", b'<b data-figure="portfolio.current_cost_meur">1</b>'),
        ("index.html", b'<b data-figure="nothing.at_all">1</b>'),
        ("index.html", b'<b data-figure="((((">1</b>'),
        ("index.html", b'<b data-figure="headline_figures.projects">' + b"9" * 10_000 + b"</b>"),
        ("index.html", b"\xff\xfe"),
    ],
)
def test_a_file_that_is_not_of_its_form_is_said(folder: Path, path: str, data: bytes) -> None:
    (folder / path).write_bytes(data)
    reseal(folder, None)
    report = verify_whole(str(folder))
    assert report.wrong, path
    assert "Traceback" not in told(report)


def workbook(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


_HEAD = b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


@pytest.mark.parametrize(
    "data",
    [
        workbook({"xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b "c">]>' + _HEAD + b"</workbook>"}),
        workbook({"xl/workbook.xml": ('<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16")}),
        workbook({"xl/workbook.xml": _HEAD + b"</workbook>"}),
        workbook({"xl/workbook.xml": b" " * 10_000_000}),
        workbook({f"a{place}": b"" for place in range(600)}),
        # A deflated part of which the first code is none.
        workbook({"xl/workbook.xml": _HEAD + b"x" * 500}).replace(b"xl/workbook.xml\xb3", b"xl/workbook.xml\xff", 1),
        workbook({"xl/workbook.xml": _HEAD}).replace(b"\x08\x00", b"\x0e\x00"),
    ],
    ids=["entities", "utf-16", "no sheet", "a bomb", "many parts", "no deflation", "another compression"],
)
def test_a_workbook_is_unzipped_within_bounds_and_without_entities(
    folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier, "MOST_UNZIPPED", 8_000_000)
    (folder / "data" / "portfolio.xlsx").write_bytes(data)
    reseal(folder, None)
    start = time.monotonic()
    assert "portfolio.xlsx" in told(verify(folder))
    assert time.monotonic() - start < 20


def test_what_a_file_says_does_not_reach_the_terminal_as_it_is(folder: Path) -> None:
    (folder / "data" / "evil\u202e\u009b.csv").write_text("a\n")
    said = "\n".join(verify(folder).lines())
    assert "\u009b" not in said and "\u202e" not in said


def test_what_is_no_publication_cannot_be_read(tmp_path: Path) -> None:
    for target in (tmp_path, tmp_path / "absent"):
        with pytest.raises(Unreadable):
            verify(target)


def test_a_release_under_another_number_or_edition_is_told(one: Path) -> None:
    (one / "2016-S2" / "r2").rename(one / "2016-S2" / "r3")
    said = told(verify(one / "2016-S2"))
    assert "le dossier est r3, le manifeste dit la révision 2" in said
    assert "les révisions r2 à r2 manquent" in said


def test_the_fingerprint_expected_may_be_of_any_newest_revision(copied: Path) -> None:
    for edition in ("2017-S1", "2017-S2"):
        shutil.rmtree(copied / edition)
    newest = [copied / "2016-S2" / "r2", copied / "2018-S1" / "r3"]
    kept = [hashlib.sha256((folder / "MANIFEST.json").read_bytes()).hexdigest() for folder in newest]
    assert verify(copied, expect=kept).counts["expected"] == 2
    seal(newest[1], json.loads((newest[1] / "MANIFEST.json").read_bytes()) | {"x": 1}, None)
    assert "aucune dernière révision" in told(verify(copied, expect=kept))
