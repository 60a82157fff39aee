"""What must hold in a home after any accident, read by code of its own: nothing of `orchestration` is asked.

What belongs here: what a home says, and how that differs from what a clean one says. What does not: accidents.

Compared with a clean run over the same arrivals at the same hours: the rows of the ledger, the receipts byte by byte,
the rows of the lake, the marts, and of each edition's current revision `data/` and `figures.json`, its page and its
manifest, in which the number of the revision alone may differ (and only where the arrivals came apart); each alert on
each channel. Every revision ever published must be one, but for its number, that the clean run published.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.campaign.homes import Arrivals, sha256

# What a home says: of what -> what.
Said = Mapping[str, str]
_COLUMNS = "drop_id, path, sha256, received_at, edition, perimeter, is_dry_run, kind, status, rows_accepted, receipt"
# Faults of which engineers are told straight, since the ledger, and the outbox in it, cannot be used then.
_STRAIGHT = re.compile("pass_failed:(ledger_[a-z]+|clock_ahead|disk_full):.*")
# What is told otherwise where arrivals came in other passes.
_OF_PASSES = ("published", "revisions", "page")


def said_by(home: Path) -> Said:
    """Read all that a home says."""
    said = {f"drop {row[0]}": str(row) for row in drops(home)}
    for path in (home / "outbox").rglob("*.*"):
        # A workbook says when it was written.
        said[str(path.relative_to(home))] = "there" if path.suffix == ".xlsx" else sha256(path.read_bytes())
    said |= dict(_rows(home))
    said |= {path.name: sha256(path.read_bytes()) for path in (home / "warehouse" / "marts").glob("*.parquet")}
    for edition, revisions in _revisions(home).items():
        said |= _current(home / "releases" / edition / "current", edition)
        said[f"revisions {edition}"] = str(len(revisions))
        said |= {f"published {edition} {_content(path)}": "" for path in revisions}
    alerts = _outbox(home, "channel, alert_key, kind, occurrence, state")
    return said | {f"alert {row[:4]}": row[4] for row in alerts if not row[0].startswith("engineers")}


def drops(home: Path) -> list[tuple[Any, ...]]:
    """The drops of the ledger: number, path, SHA-256, time of receipt, …, status in the ninth place."""
    return _query(home, f"SELECT {_COLUMNS} FROM drops ORDER BY drop_id")  # noqa: S608


def differences(home: Path, clean: Said, arrivals: Arrivals, *, is_apart: bool = False) -> list[str]:
    """How a home differs from a clean one over the same arrivals; none where all is well.

    `is_apart` says that arrivals came in other passes than in the clean run, so that revisions are counted otherwise.
    """
    said = said_by(home)
    found = [*of_arrivals(home, arrivals), *wrong_revisions(home, clean)]
    found += [
        f"{what}: {_brief(said.get(what))} instead of {_brief(clean.get(what))}"
        for what in sorted(said.keys() | clean.keys())
        if said.get(what) != clean.get(what) and not (is_apart and what.startswith(_OF_PASSES))
    ]
    # Who a pass was that died as it said so is forgotten once Dagster knows that it died.
    leftovers = [path.relative_to(home) for path in home.rglob("*") if re.search(r"\.part$|^\.building-", path.name)]
    leftovers = [path for path in leftovers if path.parent != Path("dagster", "alive")]
    return found + ([f"leftovers: {len(leftovers)}, such as {leftovers[0]}"] if leftovers else [])


def wrong_revisions(home: Path, clean: Said) -> list[str]:
    """The revisions published, at any time, that say what no revision of the clean run says."""
    return [
        f"WRONG revision published: {path.relative_to(home)}"
        for edition, revisions in _revisions(home).items()
        for path in revisions
        if f"published {edition} {_content(path)}" not in clean
    ]


def said_twice(messages: Collection[Mapping[str, Any]], home: Path) -> list[str]:
    """What a Slack was told twice, or told of what the outbox knows nothing, or not told though the outbox says so.

    Teams are not told the same in two messages either; a fault that engineers are told of may come again.
    """
    rows = [row for row in _outbox(home, "message_key, state, channel") if row[0] and row[2].endswith("slack")]
    known = {key for key, state, _ in rows if state in ("sent", "resolved")}
    of_teams = {key for key, _, channel in rows if not channel.startswith("engineers")}
    told = [(message["metadata"]["event_payload"]["key"], message["text"]) for message in messages]
    keys = Counter(key for key, _ in told)
    texts = Counter(_without_repeat(text) for key, text in told if key in of_teams)
    found = [f"message accepted {count} times: {key}" for key, count in keys.items() if count > 1]
    found += [f"said {count} times: {text[:80]}" for text, count in texts.items() if count > 1]
    unknown = [key for key in keys.keys() - known if not _STRAIGHT.fullmatch(key)]
    found += [f"accepted, and unknown to the outbox: {key}" for key in sorted(unknown)]
    found += [f"noted as sent, and never accepted: {key}" for key in known - keys.keys()]
    return found


def is_unsettled(home: Path) -> bool:
    """Whether anything is still to be sent, or nobody knows whether it was."""
    return any(state in ("planned", "sending", "unknown") for (state,) in _outbox(home, "state"))


def engineers_told(home: Path) -> list[tuple[str, str]]:
    """The rule and headline of each fault that engineers were told of, once for each time it began."""
    rows = _outbox(home, "rule, headline, kind, channel, state")
    return [
        (rule, headline)
        for rule, headline, kind, channel, state in rows
        if kind == "alert" and channel == "engineers-slack" and state in ("sent", "resolved")
    ]


def of_arrivals(home: Path, arrivals: Arrivals) -> Iterator[str]:
    """Which arrivals are not received once, answered once and archived as they were."""
    wanted = Counter((path, sha256(data)) for path, data in arrivals.items())
    received = Counter((row[1], row[2]) for row in drops(home))
    yield from (f"drop lost: {path} is not in the ledger" for path, _ in wanted - received)
    yield from (f"drop taken in twice or unknown: {path}" for path, _ in received - wanted)
    receipts = Counter(int(path.parent.name.rpartition("-")[2]) for path in (home / "outbox").rglob("accuse.html"))
    if receipts != Counter(row[0] for row in drops(home)):
        yield f"receipts of the drops {sorted(receipts.elements())}"
    for path, data in arrivals.items():
        kept = home / "archive" / sha256(data)[:2] / sha256(data)
        if not kept.is_file() or kept.read_bytes() != data:
            yield f"archive: the bytes of {path} are not there"


def _current(folder: Path, edition: str) -> dict[str, str]:
    if not folder.exists():
        return {}
    files = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    manifest = json.loads(files["MANIFEST.json"].read_bytes())
    listed = {one["path"]: one["sha256"] for one in manifest.pop("files")}
    manifest.pop("revision")
    return {
        f"manifest {edition}": json.dumps(manifest),
        f"data {edition}": _content(folder),
        f"page {edition}": sha256(files["index.html"].read_bytes()),
        f"files {edition}": ", ".join(files),
        f"altered {edition}": ", ".join(p for p, digest in listed.items() if sha256(files[p].read_bytes()) != digest),
    }


def _content(folder: Path) -> str:
    """What a revision says, but for its number; how Parquet is written may change."""
    figures = json.loads((folder / "figures.json").read_bytes()) if (folder / "figures.json").exists() else {}
    figures.pop("revision", None)
    data = {path.name: sha256(path.read_bytes()) for path in folder.glob("data/*.*") if path.suffix != ".parquet"}
    return sha256(json.dumps([figures, dict(sorted(data.items()))]).encode())


def _revisions(home: Path) -> dict[str, list[Path]]:
    editions = sorted(path for path in (home / "releases").glob("*") if path.is_dir())
    return {one.name: sorted(path for path in one.glob("r*") if path.name[1:].isdigit()) for one in editions}


def _rows(home: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((home / "lake").glob("*/edition=*/perimeter=*/*.parquet")):
        if not path.name.startswith("."):
            try:
                rows = repr(pq.read_table(path, partitioning=None).to_pylist())
            except Exception as error:
                rows = type(error).__name__
            yield str(path.relative_to(home)), sha256(rows.encode())


def _query(home: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        return list(ledger.execute(statement))


def _outbox(home: Path, columns: str) -> list[tuple[Any, ...]]:
    try:
        return _query(home, f"SELECT {columns} FROM alert_outbox")  # noqa: S608
    except sqlite3.OperationalError:
        return []


def _without_repeat(text: str) -> str:
    return re.sub(r"\s*\([^)]*répét[^)]*\)", "", text)


def _brief(text: str | None) -> str:
    return "nothing" if text is None else text if len(text) < 160 else f"{text[:100]}…"
