"""Before anything is made of the lake: each file is held against what the ledger noted, and mended from the archive.

What belongs here: which rows are missing or are not those that were accepted, and what becomes of them. What does not:
writing rows (`lake`), reading a drop (`take_in`), and which editions wait (`orchestration.validation`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.intake import incidents, lake
from orchestration.intake.incidents import Incident
from orchestration.intake.ledger import Ledger, Submission
from orchestration.intake.rereading import Unreadable, has_bytes, rows_again
from orchestration.settings import Settings


def check_lake(settings: Settings, ledger: Ledger, now: datetime) -> dict[int, str]:
    """Mend what can be mended; the submissions whose rows cannot be had, by number, with the reason in English.

    A file that is missing or damaged is made again from the archived bytes, and engineers are told; where that gives
    no rows, or others than were accepted, a person must decide. Costs a look at each file.
    """
    lost: dict[int, str] = {}
    damaged: set[str] = set()
    for one in _suspects(settings, ledger):
        path = lake.path_of(settings.lake, one)
        name = path.relative_to(settings.lake).as_posix()
        reason = _mend(settings, ledger, one, path, _incident("store_mended", one, name, now))
        if reason:
            lost[one.drop_id] = reason
            damaged.add(name)
            set_aside(path)
            drop = ledger.drop(one.drop_id)
            is_lost = not has_bytes(settings, drop)
            about = {"reason": reason, "path": drop.path, "sha256": one.sha256, "is_lost": is_lost}
            incidents.note(ledger.engine, _incident("store_damaged", one, name, now, **about))
    incidents.end(ledger.engine, "store_damaged", damaged, now, store="lake")
    return lost


def hand_over(settings: Settings, now: datetime) -> None:
    """Check the lake, and export for dbt what the ledger says and whose rows are there."""
    with Ledger(settings.ledger) as ledger:
        lake.export_ledger(settings.lake, ledger, check_lake(settings, ledger, now))


def _suspects(settings: Settings, ledger: Ledger) -> Iterator[Submission]:
    """The submissions whose file is not known to hold their rows."""
    for one in ledger.submissions():
        if not one.rows:
            continue
        noted = one.lake_rows
        found = noted.file.found(lake.path_of(settings.lake, one)) if noted else None
        if found is None or noted is None or found.sha256 != noted.file.sha256:
            yield one
        elif found != noted.file:
            ledger.note_rows(one.drop_id, replace(noted, file=found))


def _mend(settings: Settings, ledger: Ledger, one: Submission, path: Path, mended: Incident) -> str | None:
    """Write the rows of a submission again; why they cannot be had, if so."""
    if one.lake_rows is None and (stamped := lake.stamped(one, path)):
        ledger.note_rows(one.drop_id, lake.write_submission(settings.lake, one, stamped))
        return None
    try:
        again = rows_again(settings, ledger, one.drop_id)
    except Unreadable as reason:
        return str(reason)
    if again.count != one.rows:
        return f"read again it gives {again.count} rows, where {one.rows} were accepted"
    if one.lake_rows and one.lake_rows.sha256 not in (again.sha256, None):
        return "read again it gives other values than those that were accepted: the rules of reading changed since"
    if _holds(path, again.data):
        # Whoever read it again by hand died before the ledger knew.
        ledger.note_rows(one.drop_id, lake.noted(path, again))
        return None
    # Noted first: whoever dies here tells it after.
    incidents.note(ledger.engine, mended)
    ledger.note_rows(one.drop_id, lake.write_submission(settings.lake, one, again))
    return None


def _holds(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _incident(rule: incidents.IncidentRule, one: Submission, name: str, now: datetime, **more: Any) -> Incident:
    about = {"store": "lake", "perimeter": one.perimeter, "kind": one.kind, "drop_id": one.drop_id, **more}
    return Incident(rule, name, one.edition, about, now)


def set_aside(path: Path) -> None:
    """Keep a file that does not hold what it should, if it is there, under a name that nothing reads."""
    if path.exists():
        path.rename(path.with_suffix(".damaged"))
