"""Two times are kept: which edition a submission is about, and from when to when it was what we knew."""

import csv
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from pathlib import Path

import pytest
from made_lake import on, read_mart

from orchestration.consolidation.build import BuildResult
from orchestration.settings import Settings
from tests.real_home import RealHome

PUBLISHED = {
    ("2016-S2", 1): "1",
    ("2017-S1", 1): "2",
    ("2017-S1", 2): "3",
    ("2017-S1", 3): "3",
    ("2017-S2", 1): "4",
    ("2018-S1", 1): "5",
    ("2018-S1", 2): "6",
}


def revision_on(settings: Settings, edition: str, at: datetime) -> dict[str, object]:
    """What the revision triangle says of an edition at an instant (UTC, naive)."""
    (row,) = (
        row
        for row in read_mart(settings, "revisions")
        if row["edition"] == edition and row["received_at"] <= at and (row["superseded_at"] or on("9999-12-31")) > at
    )
    return row


def test_one_build_of_the_real_waves_gives_every_figure_that_was_ever_published(
    real_home: RealHome, real_data: Path
) -> None:
    with (real_data / "published_figures.csv").open(encoding="utf-8", newline="") as lines:
        published = {row["edition"]: row for row in csv.DictReader(lines)}
    revisions = {(row["edition"], row["revision"]): row for row in read_mart(real_home.settings, "revisions")}
    assert set(revisions) == {*PUBLISHED, ("2025-S2", 1)}
    for key, publication in PUBLISHED.items():
        row, expected = revisions[key], published[publication]
        assert (row["projects"], row["interministerial"]) == (
            int(expected["projects"]),
            int(expected["interministerial"]),
        )
        cost = (row["total_cost_meur"] / 1000).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert cost == Decimal(expected["cost_bn_eur"]), key
        assert row["mean_duration_years"] == Decimal(expected["mean_duration_years"]), key
    assert revision_on(real_home.settings, "2017-S1", on("2017-03-01"))["revision"] == 1
    assert revision_on(real_home.settings, "2017-S1", on("2017-07-01"))["revision"] == 2
    assert revisions["2025-S2", 1]["projects"] is None


def test_at_any_time_one_submission_of_a_place_is_in_force_from_the_first_on(real_home: RealHome) -> None:
    rows = read_mart(real_home.settings, "submissions")
    assert len(rows) == 80

    def place(row: dict[str, object]) -> tuple[object, ...]:
        return row["edition"], row["perimeter"], row["kind"]

    for _, of_place in groupby(sorted(rows, key=lambda row: (place(row), row["received_at"])), place):
        told = list(of_place)
        assert [row["superseded_at"] for row in told] == [row["received_at"] for row in told[1:]] + [None]
    # Eight files of the correction of July 2017 were those of June: they replaced nothing.
    corrected = [row["perimeter"] for row in rows if row["received_at"] == datetime(2017, 7, 15, 9)]
    assert len(corrected) == 3


def test_a_correction_shows_from_its_receipt_on_and_not_before(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    before, after = (revision_on(settings, "2019-S2", on(day)) for day in ("2020-06-01", "2020-06-02"))
    assert (before["total_cost_meur"], after["total_cost_meur"]) == (104, 105)
    assert (before["projects"], before["perimeters_filed"], before["submissions"]) == (5, 2, 2)
    with pytest.raises(ValueError, match="not enough values"):
        revision_on(settings, "2019-S2", on("2019-11-30"))


def test_an_edition_that_comes_in_piece_by_piece_has_a_revision_for_each(history: tuple[Settings, BuildResult]) -> None:
    settings, _ = history
    rows = [row for row in read_mart(settings, "revisions") if row["edition"] == "2020-S1"]
    assert [(row["revision"], row["perimeters_filed"], row["projects"]) for row in rows] == [
        (1, 1, 3),
        (2, 2, 4),
        (3, 3, 4),
    ]
    assert [row["superseded_at"] for row in rows] == [row["received_at"] for row in rows[1:]] + [None]
