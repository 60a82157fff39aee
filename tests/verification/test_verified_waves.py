"""What the real waves published is recomputed without a difference, also in the form of before it was open data."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from signed_releases import Signer, seal

from orchestration.verification import verifier
from orchestration.verification.verifier import Report, read_key, verify
from orchestration.verification.whole import verify_whole
from tests.conftest import ROOT

# What releases did not hold before they were open data.
_OF_NOW = ("data/*.fr.csv", "data/*.xlsx", "data/decompositions.*", "data/contributions.*", "data/sources.*")


def counted(report: Report, *names: str) -> dict[str, int]:
    return {name: report.counts[name] for name in names}


def test_releases_of_an_earlier_shape_hold_and_what_they_lack_is_said(one: Path) -> None:
    for folder in (one / "2016-S2" / "r1", one / "2016-S2" / "r2"):
        for gone in ("datapackage.json", "verifier.py", "MANIFEST.json.minisig", *_OF_NOW):
            for path in folder.glob(gone):
                path.unlink()
        page = folder / "index.html"
        page.write_text(re.sub(r' data-figure="[^"]*"', "", page.read_text(encoding="utf-8")), encoding="utf-8")
        said = json.loads((folder / "MANIFEST.json").read_bytes())
        keys = ("versions", "licence", "publisher", "compared_with_revision", "previous_manifest_sha256")
        seal(folder, {name: value for name, value in said.items() if name not in keys}, None)
    report = verify(one)
    assert report.wrong == []
    assert min(counted(report, "files", "figures", "rows").values()) > 20
    lacking = ("signatures", "chain", "schemas", "pages", "decompositions")
    assert counted(report, *lacking) == dict.fromkeys(lacking, 0)
    told = " ".join(report.unproved)
    for word in ("Signature", "Chaîne", "Schémas", "fr.csv", "xlsx", "Décompositions", "--key", "--expect"):
        assert word in told


def test_all_that_the_waves_published_is_proved_where_all_is_published(published: Path, signer: Signer) -> None:
    newest = [
        verifier.hashlib.sha256(max(folder.glob("r*")).joinpath("MANIFEST.json").read_bytes()).hexdigest()
        for folder in sorted(published.glob("*-S?"))
    ]
    report = verify_whole(str(published), read_key(signer.text), newest)
    assert report.wrong == []
    assert counted(report, "revisions", "signatures", "chain", "expected") == {
        "revisions": 11,
        "signatures": 11,
        "chain": 6,
        "expected": 5,
    }
    assert min(counted(report, "schemas", "formats", "parquet", "decompositions", "pages", "slips").values()) > 800
    # Of the latest revisions every row was computed again.
    computed = [one for one in report.unproved if one.startswith("Glissements dont seule l’arithmétique")]
    assert not any(newest in one for one in computed for newest in ("2017-S1/r3", "2018-S1/r3"))


def test_the_one_file_does_it_alone_with_no_package_of_ours(published: Path, signer: Signer, tmp_path: Path) -> None:
    alone, key = tmp_path / "verifier.py", tmp_path / "jalons.pub"
    shutil.copy(ROOT / "orchestration" / "verification" / "verifier.py", alone)
    key.write_text(signer.file)
    command = [sys.executable, "-I", "-S", str(alone), str(published / "2017-S1" / "r3"), "--key", str(key)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Conforme\u00a0: rien de ce qui a pu être contrôlé" in done.stdout
    assert "Signature\u00a0: 3 manifestes signés par la clé donnée." in done.stdout
    assert "Parquet\u00a0: lu par «\u00a0jalons verify\u00a0», pas par ce fichier seul." in done.stdout
    assert verifier.Key(b"", signer.public).fingerprint in done.stdout


@pytest.mark.parametrize("where", ["2017-S1", "2017-S1/r2"])
def test_a_revision_or_an_edition_may_be_named(published: Path, where: str) -> None:
    report = verify(published / where)
    assert report.wrong == []
    assert report.counts["revisions"] == {"2017-S1": 3, "2017-S1/r2": 1}[where]


def test_a_release_alone_says_that_nothing_was_held_against_the_edition_before(published: Path, tmp_path: Path) -> None:
    shutil.copytree(published / "2018-S1" / "r3", tmp_path / "telechargement")
    report = verify(tmp_path / "telechargement")
    assert report.wrong == []
    assert report.counts["decompositions"] > 50
    assert report.counts["movements"] == 0
    said = " ".join(report.unproved)
    assert "la révision précédente n’est pas là" in said
    assert "cette édition n’est pas là" in said


# The rules that are written here a second time, on purpose, are those of the project.


def test_thresholds_of_slips_are_those_of_the_seed() -> None:
    with (ROOT / "dbt_project" / "seeds" / "alert_rules.csv").open(encoding="utf-8") as file:
        seed = [(row["rule"], row["severity"], row["threshold"], row["at_least"]) for row in csv.DictReader(file)]
    reminders = ("submission_missing", "submission_rejected")
    assert [row for row in seed if row[0] not in (*verifier.OVER_EDITIONS, *reminders)] == list(verifier.THRESHOLDS)


def test_the_rule_of_the_confidence_is_that_of_the_seed() -> None:
    with (ROOT / "dbt_project" / "seeds" / "confidence_rules.csv").open(encoding="utf-8") as file:
        seed = [(row["reason"], row["confidence"], row["at_least"]) for row in csv.DictReader(file)]
    assert seed == list(verifier.CONFIDENCE_RULES)


def test_levels_of_procedures_are_those_of_the_seeds() -> None:
    with (ROOT / "dbt_project" / "seeds" / "procedure_levels.csv").open(encoding="utf-8") as file:
        steps: dict[str, list[tuple[int, str, str]]] = {}
        for row in csv.DictReader(file):
            than = row["code"] if row["comparison"] == "is" else row["threshold"]
            steps.setdefault(row["indicator"], []).append((int(row["level"]), row["comparison"], than))
    assert steps == {name: list(found) for name, (_, _, found) in verifier.INDICATORS.items()}
    with (ROOT / "dbt_project" / "seeds" / "procedure_plausibility.csv").open(encoding="utf-8") as file:
        assert {row["indicator"]: row["at_least"] for row in csv.DictReader(file)} == verifier.IMPLAUSIBLE_UNDER


def test_the_method_and_its_settings_are_those_of_the_models() -> None:
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert project["method_version"] == verifier.METHODS[-1]
    assert project["top50_threshold_meur"] == verifier.TOP50_ABOVE_MEUR
    assert project["top250_places"] == verifier.PLACES_OF_TOP250
    assert project["least_projects_compared"] == verifier.LEAST_PROJECTS_COMPARED


def test_figures_of_another_method_are_read_and_not_computed(copied: Path, signer: Signer) -> None:
    folder = copied / "2016-S2" / "r2"
    said = json.loads((folder / "MANIFEST.json").read_bytes()) | {"method_version": "9.0.0"}
    seal(folder, said, signer)
    report = verify(folder, read_key(signer.text))
    assert report.wrong == []
    assert "la méthode 9.0.0 n’est pas de celles que ce vérificateur connaît" in " ".join(report.unproved)
