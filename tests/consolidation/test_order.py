"""No figure depends on the order in which rows stand in a file, or in which drops are handled."""

import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filings import Filing, close, closings_of, filings_of, handle, in_order, shuffled
from made_lake import read_mart

from orchestration.consolidation.build import build
from orchestration.passes.replay import read_waves
from orchestration.publication.release import release
from orchestration.settings import Settings
from tests.intake.drops import GOOD, OTHER, projects_csv
from tests.judgements import unjudged
from tests.real_home import RealHome

FIRST, SECOND, THIRD = (datetime(2020, month, 15, 9, tzinfo=UTC) for month in (1, 3, 7))
DEARER = GOOD.replace("42,5", "61,25")
TWIN = "BOUSSOLE;Secrétariat général;01/01/2019;3;Cadrage;12"


@pytest.fixture(scope="module")
def in_time(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home that took in the made filings as they came."""
    settings = Settings(home=tmp_path_factory.mktemp("in_time"), settle_seconds=0)
    handle(settings, in_order(made_filings()))
    return built(settings)


def built(settings: Settings) -> Settings:
    close(settings, [("2019-S2", SECOND)])
    assert build(settings).broken == ()
    return settings


def made_filings() -> list[Filing]:
    """Files sent again, sent back, received at one instant, refused; the same project from two perimeters."""
    one, other = projects_csv(GOOD, OTHER), projects_csv(DEARER)
    return [
        Filing("2019-S2/MI/a.csv", one, FIRST),
        Filing("2019-S2/MI/a again.csv", one, SECOND),
        Filing("2019-S2/MI/b.csv", other, THIRD, 1),
        Filing("2019-S2/MI/a back.csv", one, THIRD, 2),
        Filing("2019-S2/MJ/twin.csv", projects_csv(TWIN), FIRST),
        Filing("2019-S2/MJ/unreadable.csv", b"\x00\x01", FIRST),
        Filing("2019-S2/essai/elsewhere.csv", one, FIRST),
        Filing("2020-S1/MI/c.csv", other, SECOND),
        Filing("2020-S1/MI/c again.csv", other, THIRD),
        Filing("2020-S1/MJ/twin.csv", projects_csv(TWIN), THIRD),
    ]


def assert_same_bytes(here: Settings, there: Settings) -> None:
    names = {path.name for path in here.marts.iterdir()}
    assert names == {path.name for path in there.marts.iterdir()}
    # Whom a reminder was due to when is an event of the ledger: who handles a file before its day reminds nobody of it.
    for name in names - {"alert_ends.parquet"}:
        assert (here.marts / name).read_bytes() == (there.marts / name).read_bytes(), name
    assert _ends_of_slips(here) == _ends_of_slips(there)


def _ends_of_slips(settings: Settings) -> list[dict[str, object]]:
    return [row for row in read_mart(settings, "alert_ends") if row["rule"] != "submission_missing"]


@pytest.mark.parametrize("draw", ["backwards", "one by one"])
def test_the_order_in_which_drops_are_handled_changes_no_byte_of_the_marts(
    in_time: Settings, settings: Settings, draw: str
) -> None:
    filings = made_filings()
    if draw == "backwards":
        handle(settings, in_order(filings)[::-1])
    else:
        handle(settings, [[filing] for filing in random.Random(5).sample(filings, len(filings))])  # noqa: S311
    assert_same_bytes(in_time, built(settings))
    counting = [row["file_name"] for row in read_mart(settings, "submissions") if row["superseded_at"] is None]
    assert counting == ["a back.csv", "twin.csv", "c.csv", "twin.csv"]


def test_two_replays_that_handle_the_drops_in_other_orders_publish_the_same_and_change_no_revision(
    tmp_path: Path,
) -> None:
    released = []
    for name, filings in (("here", made_filings()), ("there", made_filings()[::-1])):
        settings = Settings(home=tmp_path / name, settle_seconds=0)
        seen: dict[Path, bytes] = {}
        # Two passes, so that one order meets the late drops first and the other one last.
        for batches in (in_order(filings[:5]), in_order(filings[5:])):
            handle(settings, batches)
            assert build(settings).broken == ()
            release(settings, unjudged(settings), batches[-1][0].at)
            now = {path: path.read_bytes() for path in settings.releases.glob("*/r*/**/*") if path.is_file()}
            assert {path: now[path] for path in seen} == seen
            seen = now
        assert len({path.parts[-2] for path in seen if path.name == "MANIFEST.json"}) > 1
        current = {
            path.relative_to(settings.releases): path.read_bytes()
            for path in settings.releases.glob("*/current/data/*")
        }
        assert len(current) > 20
        released.append(current)
    assert released[0] == released[1]


def test_the_real_drops_in_another_order_give_the_same_bytes(
    real_home: RealHome, settings: Settings, real_data: Path
) -> None:
    waves = read_waves(real_data / "drops.csv")
    handle(settings, shuffled(filings_of(waves), random.Random(11)))  # noqa: S311
    close(settings, closings_of(waves))
    assert build(settings).broken == ()
    assert_same_bytes(real_home.settings, settings)


def test_the_rows_of_the_real_files_in_another_order_change_nothing_but_their_addresses(
    real_home: RealHome, settings: Settings
) -> None:
    rng = random.Random(3)  # noqa: S311
    shutil.copytree(real_home.settings.lake, settings.lake)
    for path in settings.lake.rglob("edition=*/**/*.parquet"):
        table = pq.read_table(path, partitioning=None)
        lines = table.column("row_number").to_pylist()
        place = table.schema.get_field_index("row_number")
        moved = pa.array(rng.sample(lines, len(lines)), table.schema.field(place).type)
        table = table.set_column(place, table.schema.field(place), moved)
        pq.write_table(table.sort_by("row_number"), path)
    assert build(settings).broken == ()
    moved_only = 0
    for path in real_home.settings.marts.iterdir():
        here, there = read_mart(real_home.settings, path.stem), read_mart(settings, path.stem)
        moved_only += here != there
        assert _without_addresses(here) == _without_addresses(there), path.stem
    assert moved_only >= 4


def _without_addresses(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [
        {
            name: value
            for name, value in row.items()
            if name not in ("row_number", "cell") and not name.endswith("_cell")
        }
        for row in rows
    ]
