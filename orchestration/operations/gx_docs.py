"""The rules over what a home holds now, as pages of Great Expectations.

What belongs here: which tables are judged. What does not: making context and pages (`expectations.data_docs`).
"""

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.intake.lake import exported_files
from orchestration.places import CHECKOUT
from orchestration.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from expectations.data_docs import Documented

GX_DOCS = CHECKOUT / ".jalons" / "gx"


def document_home(settings: Settings, folder: Path = GX_DOCS) -> "Documented":
    """Make the context in the folder, over the marts and the rows that were accepted, as dbt was last told of them.

    Rows that intake refused, and cells that it emptied, are not in the lake: receipts say what was wrong with those.
    """
    from expectations.data_docs import document

    submissions = {kind: _rows(files) for kind, files in exported_files(settings.lake).items()}
    return document(folder, settings.marts, {kind: rows for kind, rows in submissions.items() if len(rows)})


def _rows(files: list[str]) -> "pd.DataFrame":
    """The rows of one kind as its suite takes them: of each drop, with `None` where a value is unknown."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(file, partitioning=None) for file in files if Path(file).exists()]
    if not tables:
        return pd.DataFrame()
    frame: pd.DataFrame = pa.concat_tables(tables, promote_options="default").to_pandas()
    frame["arrival"] = frame["drop_id"]
    return frame.astype(object).where(frame.notna(), None)
