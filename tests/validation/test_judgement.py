"""A judgement is on one whole set of marts, built from what the ledger says: of any other, nothing is made."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.lake import export_ledger, last_export
from orchestration.intake.ledger import Ledger
from orchestration.settings import Settings
from orchestration.store import mart_set
from orchestration.store.mart_set import MartSet, UnfitMarts, fit_marts
from orchestration.validation.holding import Hold, holds_without_rows, is_held, reason
from orchestration.validation.judgement import Judgement, judged
from tests.conftest import NOW
from tests.judgements import unjudged


def _mart(settings: Settings, name: str, value: int) -> Path:
    path = settings.marts / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"value": [value]}), path)
    return path


@pytest.fixture
def judgement(settings: Settings) -> Judgement:
    """On two marts that stand as they were built."""
    _mart(settings, "portfolio", 1)
    _mart(settings, "top50", 1)
    return unjudged(settings)


def test_a_judgement_is_on_the_marts_that_it_was_reached_on(judgement, settings):
    judgement.expect_unchanged(settings)
    assert judgement.is_on(settings)


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "edited": (lambda marts: (marts / "top50.parquet").write_bytes(b"x"), "not as they were built: top50. Build"),
    "removed": (lambda marts: (marts / "top50.parquet").unlink(), "not as they were built: top50. Build"),
    "replaced by another": (
        lambda marts: shutil.copyfile(marts / "older" / "top50.parquet", marts / "top50.parquet"),
        "not as they were built: top50. Build",
    ),
    "a mart too many": (lambda marts: (marts / "x.parquet").write_bytes(b""), "not as they were built: x. Build"),
    "a build that has begun": (mart_set.forget, "of no whole build"),
    "a note cut short": (lambda marts: (marts.parent / "built.json").write_bytes(b'{"mar'), "of no whole build"),
    "a note of another version": (lambda marts: (marts.parent / "built.json").write_bytes(b"{}"), "of no whole build"),
}


@pytest.mark.parametrize(("harm", "said"), HARMS.values(), ids=HARMS)
def test_of_marts_that_are_not_as_one_build_left_them_nothing_is_made(judgement, settings, harm, said):
    _mart(settings, "older/top50", 0)
    harm(settings.marts)
    with pytest.raises(UnfitMarts, match=said):
        judgement.expect_unchanged(settings)
    with pytest.raises(UnfitMarts, match=said):
        judged(settings)


def test_marts_that_were_only_touched_are_the_same(judgement, settings):
    path = settings.marts / "top50.parquet"
    path.write_bytes(path.read_bytes())
    judgement.expect_unchanged(settings)


def test_marts_that_were_built_again_to_other_values_are_to_be_judged_again(judgement, settings):
    _mart(settings, "top50", 2)
    unjudged(settings)
    with pytest.raises(UnfitMarts, match="judge them first"):
        judgement.expect_unchanged(settings)


def test_marts_of_an_earlier_ledger_are_unfit(judgement, settings):
    with Ledger(settings.ledger) as ledger:
        ledger.receive(SeenFile("1", "2021-S2/MI/a.csv", 1), "aaa", Place("2021-S2", "MI", is_dry_run=False), NOW)
        ledger.decide(1, kind="projects", status="rejected", rows_read=0, rows_accepted=0, errors=1, warnings=0)
        export_ledger(settings.lake, ledger)
    with pytest.raises(UnfitMarts, match="other submissions than the ledger names now"):
        judgement.expect_unchanged(settings)


def test_before_anything_was_taken_in_there_is_nothing_to_judge(settings):
    with pytest.raises(UnfitMarts, match="Nothing was taken in yet"):
        judged(settings)


def test_what_could_not_be_had_is_part_of_what_a_set_is(judgement, settings):
    export = last_export(settings.lake)
    whole = fit_marts(settings.marts, export.sha256)
    lost = MartSet(export.sha256, "", {"2021-S2": ["lost"]}, whole.marts)
    assert lost.sha256 != whole.sha256
    mart_set.note(settings.marts, lost)
    assert fit_marts(settings.marts, export.sha256) == lost


def test_rows_that_are_lost_hold_their_edition_and_all_later_ones_and_none_before():
    (hold,) = holds_without_rows(
        {"2021-S2": ["MI: gone", "MJ: gone"]}, {"2021-S1": None, "2021-S2": "2021-S1", "2022-S1": "2021-S2"}
    )
    assert hold == Hold(None, ("2021-S2", "2022-S1"), ("MI: gone", "MJ: gone"))
    assert [is_held(edition, [hold]) for edition in ("2021-S1", "2021-S2", "2022-S1")] == [False, True, True]
    assert reason(hold) == "2021-S2, 2022-S1 held back: rows that were accepted are missing (MI: gone; MJ: gone)"


def test_an_edition_of_which_every_row_is_lost_is_held_though_it_has_no_figures():
    (hold,) = holds_without_rows({"2021-S2": ["gone"]}, {"2021-S1": None, "2022-S1": "2021-S1"})
    assert hold.editions == ("2021-S2", "2022-S1")
