"""The files that ministries really sent: none is accused of an error, and each warning is one a human would give."""

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from expectations.runner import Verdict, validate_submissions
from tests.intake.read_file import read

SENSIBLE_WARNINGS: dict[str, dict[str, int]] = {
    "projects": {},
    # A cell of 0.0055 says that the service is up 0.55 % of the time.
    "procedures": {"procedure_availability_rate_plausible": 16},
}


@pytest.fixture(scope="module")
def verdicts(real_data: Path) -> dict[str, list[Verdict]]:
    rows: dict[str, list[dict[str, object]]] = {"projects": [], "procedures": []}
    with (real_data / "drops.csv").open(encoding="utf-8", newline="") as lines:
        for number, drop in enumerate(csv.DictReader(lines)):
            place = {"edition": drop["edition"], "perimeter": drop["perimeter"], "arrival": number}
            path = real_data / drop["file"]
            reading = read(path.read_bytes())
            rows[drop["kind"]] += [{**row, **place} for row in reading.rows]
    return {kind: validate_submissions(kind, pd.DataFrame(of_kind, dtype=object)) for kind, of_kind in rows.items()}


@pytest.mark.parametrize("kind", ["projects", "procedures"])
def test_no_check_is_broken_by_a_real_file(verdicts: dict[str, list[Verdict]], kind: str) -> None:
    assert [verdict for verdict in verdicts[kind] if verdict.broken] == []


@pytest.mark.parametrize("kind", ["projects", "procedures"])
def test_no_real_file_is_accused_of_an_error(verdicts: dict[str, list[Verdict]], kind: str) -> None:
    assert [verdict for verdict in verdicts[kind] if verdict.severity == "error" and verdict.failing] == []


@pytest.mark.parametrize("kind", ["projects", "procedures"])
def test_real_files_get_the_warnings_that_a_human_would_give(verdicts: dict[str, list[Verdict]], kind: str) -> None:
    counts = Counter({verdict.id: verdict.failing_count for verdict in verdicts[kind] if verdict.failing})
    assert counts == SENSIBLE_WARNINGS[kind]
