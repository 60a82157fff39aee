"""A row counts only where the ledger knows its drop by bytes, edition and perimeter; else nothing may be made."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_lake import MadeLake, on, project

from orchestration.consolidation.build import BuildResult, build
from orchestration.intake.lake import last_export
from orchestration.settings import Settings
from orchestration.store.mart_set import UnfitMarts, fit_marts

# Each drop of the second edition is spoilt in one way.
SPOILT = {"file_sha256": "MI", "edition": "MJ", "perimeter": "MEF", "drop_id": "MC"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, BuildResult]:
    """A lake in which a file carries other rows than the ledger says, in each way, and what a build made of it."""
    settings = Settings(home=tmp_path_factory.mktemp("bound"))
    lake = MadeLake(settings)
    lake.file("2019-S2", "MI", on("2019-12-01"), [project("Right", "10")])
    for column, perimeter in SPOILT.items():
        lake.file("2020-S1", perimeter, on("2020-06-01"), [project(f"Of {column}", "10")])
    lake.write()
    for column, perimeter in SPOILT.items():
        (path,) = (settings.lake / "projects" / "edition=2020-S1" / f"perimeter={perimeter}").iterdir()
        table = pq.read_table(path, partitioning=None)
        other = {"file_sha256": "f" * 64, "edition": "2019-S2", "perimeter": "MI", "drop_id": 1}[column]
        place = table.schema.get_field_index(column)
        values = pa.array([other] * table.num_rows, type=table.schema.field(column).type)
        pq.write_table(table.set_column(place, table.schema.field(column), values), path)
    return settings, build(settings)


def test_rows_of_another_sha256_edition_perimeter_or_drop_fail_the_build(built):
    _, result = built
    (failed,) = [node for node in result.broken if node.unique_id.startswith("test.jalons.submissions_are_whole")]
    # The file that says that it is of drop 1 makes neither its own drop whole nor that one more than it is.
    assert (failed.status, failed.failures) == ("fail", 4)


def test_of_such_a_build_no_set_of_marts_is_noted(built):
    settings, _ = built
    with pytest.raises(UnfitMarts, match="of no whole build"):
        fit_marts(settings.marts, last_export(settings.lake).sha256)
