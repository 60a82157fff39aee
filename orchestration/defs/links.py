"""Links from the UI to what people read: receipts and releases, which the UI serves beside itself.

What belongs here: their addresses. What does not: serving them (`orchestration.ui.files`).
"""

from pathlib import Path
from urllib.parse import quote, urlsplit

import dagster as dg

from orchestration.defs.metadata import MetadataEntry
from orchestration.settings import Settings


def link(settings: Settings, place: str, folder: str, *names: str) -> MetadataEntry:
    """A file of `folder` as a link under the UI's own address; its path where the folder is none of this machine.

    `place` is `receipts` or `releases`.
    """
    roots = {"receipts": str(settings.outbox), "releases": str(settings.releases)}
    file = Path(folder, *names)
    if not file.is_relative_to(roots[place]):
        return dg.MetadataValue.path("/".join((folder, *names)))
    below = quote(file.relative_to(roots[place]).as_posix())
    return dg.MetadataValue.url(f"{urlsplit(settings.dagster_url).path.rstrip('/')}/jalons/{place}/{below}")
