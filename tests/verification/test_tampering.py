"""Whatever is changed in a release is told: a byte, a figure by whoever has no key, and by whoever has it.

`JALONS_TAMPER` bytes are flipped (`make tamper`: 500), in places drawn from `JALONS_TAMPER_SEED`, which is said.
"""

import csv
import hashlib
import io
import json
import logging
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from signed_releases import Signer, reseal, seal, seal_keeping_signature

from orchestration.verification.verifier import Report, read_csv, read_key, verify
from orchestration.verification.whole import verify_whole

# Read here: tests see no setting of ours.
_FLIPS = int(os.environ.get("JALONS_TAMPER") or 25)
_SEED = int(os.environ.get("JALONS_TAMPER_SEED") or (1 if _FLIPS == 25 else random.SystemRandom().randrange(10**6)))


def told(report: Report) -> str:
    return " | ".join(f"{where} {sentence}" for where, sentence in report.wrong)


def expected(folder: Path) -> list[str]:
    return [hashlib.sha256((folder / "MANIFEST.json").read_bytes()).hexdigest()]


def test_a_byte_that_is_flipped_anywhere_is_found(one: Path, signer: Signer) -> None:
    logging.getLogger(__name__).info("seed %s, %s flips", _SEED, _FLIPS)
    newest, key = one / "2016-S2" / "r2", read_key(signer.text)
    expect, draw = expected(newest), random.Random(_SEED)  # noqa: S311
    files = [path for path in sorted(newest.parent.glob("r*/**/*")) if path.is_file()]
    # Half of the places by size, half by file: the small ones are the manifests and signatures.
    weights = [[path.stat().st_size for path in files], None]
    assert verify(newest, key, expect).wrong == []
    missed = []
    for flip in range(_FLIPS):
        path = draw.choices(files, weights[flip % 2])[0]
        data = bytearray(path.read_bytes())
        place, bit = draw.randrange(len(data)), 1 << draw.randrange(8)
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        if not verify(newest, key, expect).wrong:
            missed.append(f"{path.relative_to(one)} byte {place} bit {bit}")
        path.write_bytes(data)
    assert missed == []


def rewrite(folder: Path, table: str, change: Callable[[list[dict[str, str]]], object]) -> None:
    """Change the rows of a reference CSV, as whoever forges a figure would; the other formats go."""
    path = folder / "data" / f"{table}.csv"
    found = read_csv(path.read_bytes())
    rows: list[dict[str, str]] = [dict(row) for row in found.rows]
    change(rows)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([found.columns, *(row.values() for row in rows)])
    path.write_bytes(out.getvalue().encode())


def raise_cost(rows: list[dict[str, str]]) -> None:
    row = next(row for row in rows if row["current_cost_meur"])
    row["current_cost_meur"] = str(int(row["current_cost_meur"].split(".")[0]) + 100)


def set_figure(rows: list[dict[str, str]]) -> None:
    rows[0]["total_cost_bn_eur"] = "1.23"


def test_a_figure_changed_without_the_key_is_told_by_the_signature_and_by_itself(one: Path, signer: Signer) -> None:
    folder = one / "2016-S2" / "r2"
    signature = (folder / "MANIFEST.json.minisig").read_bytes()
    rewrite(folder, "headline_figures", set_figure)
    seal_keeping_signature(folder)
    assert (folder / "MANIFEST.json.minisig").read_bytes() == signature
    said = told(verify(folder, read_key(signer.text)))
    assert "la signature n’est pas celle de ce manifeste" in said
    assert "total_cost_bn_eur\u00a0: «\u00a01.23\u00a0» est publié" in said


def test_a_figure_changed_with_the_key_is_told_by_being_computed_again(one: Path, signer: Signer) -> None:
    folder = one / "2016-S2" / "r2"
    rewrite(folder, "headline_figures", set_figure)
    reseal(folder, signer)
    report = verify(folder, read_key(signer.text))
    assert report.counts["signatures"] == 2
    assert "headline_figures.csv total_cost_bn_eur" in told(report)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("headline_figures", "budget_variance_mean_pct"),
        ("headline_figures", "schedule_variance_aggregate_pct"),
        ("headline_figures", "entrants"),
        ("headline_changes", "change"),
        ("decompositions", "entrants"),
        ("decompositions", "same_projects"),
        ("contributions", "contribution"),
        ("movements", "previous_cost_meur"),
        ("portfolio", "current_cost_meur"),
        ("portfolio", "budget_variance_rate"),
        ("top50", "rank"),
        ("top50", "cost_change_meur"),
        ("slips", "delta_pct"),
        ("slips", "slip_months"),
    ],
)
def test_whichever_figure_is_broken_before_all_is_made_of_it_is_told(
    copied: Path, signer: Signer, table: str, column: str
) -> None:
    folder = copied / "2018-S1" / "r3"

    def change(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row[column])
        row[column] = str(int(float(row[column])) + 3)

    rewrite(folder, table, change)
    # As wrong SQL would: all formats agree with the figure, and all is signed.
    for path in folder.glob(f"data/{table}.*"):
        if path.name != f"{table}.csv":
            path.unlink()
    (folder / "datapackage.json").unlink()
    reseal(folder, signer)
    report = verify(folder, read_key(signer.text))
    assert f"data/{table}.csv" in told(report), told(report)


@pytest.mark.parametrize(
    "rule", ["budget_slip", "schedule_slip", "went_silent", "budget_overrun", "schedule_overrun", "reduced"]
)
def test_a_slip_that_is_left_out_or_made_up_is_told(copied: Path, signer: Signer, rule: str) -> None:
    folder = copied / "2017-S1" / "r3"

    def change(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row["rule"] == rule)
        row["subject"] = row["project_id"] = "un-autre"

    rewrite(folder, "slips", change)
    reseal(folder, signer)
    said = told(verify(folder, read_key(signer.text)))
    assert "le glissement manque" in said
    assert "le glissement est en trop" in said


def test_a_digit_changed_on_a_page_is_told(copied: Path, signer: Signer) -> None:
    page = copied / "2017-S1" / "r3" / "index.html"
    text = page.read_text(encoding="utf-8")
    figure = text.split('data-figure="headline_figures.total_cost_bn_eur">')[1].split("\u00a0Md")[0]
    page.write_text(text.replace(f">{figure}", f">{figure[:-1]}{(int(figure[-1]) + 1) % 10}"), encoding="utf-8")
    reseal(page.parent, signer)
    said = told(verify(page.parent, read_key(signer.text)))
    assert "index.html headline_figures.total_cost_bn_eur\u00a0: la page dit" in said


def test_an_older_revision_that_is_rewritten_and_signed_again_is_told_by_the_chain(
    copied: Path, signer: Signer
) -> None:
    older = copied / "2017-S1" / "r1"
    said = json.loads((older / "MANIFEST.json").read_bytes()) | {"is_correction": True}
    seal(older, said, signer)
    report = verify(copied / "2017-S1" / "r3", read_key(signer.text))
    assert [where for where, _ in report.wrong] == ["2017-S1/r2"]
    assert "la chaîne est rompue" in told(report)


def test_the_newest_revision_that_is_rewritten_and_signed_again_is_told_by_what_was_kept(
    copied: Path, signer: Signer
) -> None:
    newest, key = copied / "2017-S1" / "r3", read_key(signer.text)
    kept = expected(newest)
    seal(newest, json.loads((newest / "MANIFEST.json").read_bytes()) | {"is_correction": True}, signer)
    assert verify(newest, key).wrong == []
    assert "aucune dernière révision n’a le manifeste attendu" in told(verify(newest, key, kept))


def test_another_format_that_says_something_else_is_told(one: Path, published: Path, signer: Signer) -> None:
    folder, others = one / "2016-S2" / "r2", (".fr.csv", ".json", ".xlsx", ".parquet")
    for ending in others:
        other = published / "2017-S1" / "r1" / "data" / f"top50{ending}"
        (folder / "data" / other.name).write_bytes(other.read_bytes())
    (folder / "datapackage.json").unlink()
    reseal(folder, signer)
    report = verify_whole(str(folder), read_key(signer.text))
    assert {where.rsplit("top50", 1)[1] for where, _ in report.wrong} == set(others)


def test_a_signature_that_is_taken_away_is_told_where_a_key_is_given(one: Path, signer: Signer) -> None:
    for path in one.glob("2016-S2/r*/MANIFEST.json.minisig"):
        path.unlink()
    assert verify(one / "2016-S2").wrong == []
    assert "aucune signature, alors qu’une clé est donnée" in told(verify(one / "2016-S2", read_key(signer.text)))


def test_an_older_revision_without_a_signature_is_covered_by_the_chain(one: Path, signer: Signer) -> None:
    (one / "2016-S2" / "r1" / "MANIFEST.json.minisig").unlink()
    report = verify(one / "2016-S2", read_key(signer.text))
    assert report.wrong == []
    assert "la chaîne d’une révision signée la couvre" in " ".join(report.unproved)
