"""A calendar of the editions for tests: the reference data with other days."""

import shutil
from pathlib import Path

import pytest

from orchestration.domain import reference_data

HEADER = "edition,opening,deadline,publication,note"


def set_calendar(monkeypatch: pytest.MonkeyPatch, folder: Path, *rows: str) -> Path:
    """Let these rows be the calendar: `edition,opening,deadline,publication,note`; the file, to be edited further."""
    seeds = folder / "seeds"
    if not seeds.exists():
        shutil.copytree(reference_data.SEEDS, seeds)
        monkeypatch.setattr(reference_data, "SEEDS", seeds)
    path = seeds / "edition_calendar.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path
