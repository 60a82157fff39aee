"""The proposals of the mart `alias_proposals`, and what a human answers: lines of the alias register.

What belongs here: listing what is open, and adding a line that contradicts neither the register nor what was filed.
What does not: looking a name up (`orchestration.domain.alias_register`), and finding proposals (the mart).
"""

import csv
import io
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from orchestration.domain import alias_register
from orchestration.domain.alias_register import Alias, glued
from orchestration.domain.folding import folded_name
from orchestration.domain.spreadsheets import FORMULA_STARTS
from orchestration.settings import Settings
from orchestration.store.marts import read_mart
from orchestration.store.whole_file import appearing_whole


class AliasRefused(Exception):
    """The line would be wrong; the message says why and what to do."""


def open_proposals(settings: Settings) -> list[dict[str, Any]]:
    """The proposals that nobody has judged, best first: rows of the mart `alias_proposals` without their status."""
    rows = [row for row in read_mart(settings.marts, "alias_proposals") if row.pop("status") == "proposed"]
    evidence = ("is_same_start", "is_same_perimeter")
    return sorted(rows, key=lambda row: (-row["score"], -row["name_score"], *(not row[name] for name in evidence)))


def judge(settings: Settings, alias: Alias, register: Path | None = None) -> bool:
    """Add a line to the register, or find that it says so already (`False`); raise `AliasRefused`.

    The line is the last of the file, which is replaced as a whole; the next pass reads it.
    """
    file = register or alias_register.REGISTER
    lines = alias_register.alias_register(file).lines
    portfolio = read_mart(settings.marts, "portfolio", columns=["edition", "project_id", "name"])
    line = Alias(
        _plain(alias.name),
        alias.project_id,
        alias.status,
        alias.from_edition,
        alias.to_edition,
        _plain(alias.source),
    )
    if any(one.covers(line) for one in lines):
        return False
    for reason in _faults(alias, line, lines, portfolio):
        raise AliasRefused(reason)
    _append(file, line)
    return True


def is_declared(settings: Settings, name: str) -> bool:
    """Whether any edition that counts declares a project under this name."""
    return any(
        folded_name(row["name"] or "") == folded_name(name)
        for row in read_mart(settings.marts, "portfolio", columns=["name"])
    )


def _faults(asked: Alias, line: Alias, lines: Iterable[Alias], portfolio: list[dict[str, Any]]) -> Iterator[str]:
    """Why a line cannot be added, the plainest reason first."""
    if not line.folded_name or line.folded_name != asked.folded_name:
        yield f"{asked.name!r} cannot be written as a name."
    if not line.source:
        yield "Say who judged it, or where it is written: --source."
    known = {row["project_id"] for row in portfolio} | {one.project_id for one in lines}
    if line.project_id not in known:
        yield f"There is no project {line.project_id!r}{_nearest(line.project_id, known)}."
    if line.project_id.startswith(FORMULA_STARTS):
        yield f"The id {line.project_id!r} would be a formula in a spreadsheet: ask the ministry for another one."
    if line.status == "confirmed" and line.folded_name == glued(line.project_id):
        yield f"{line.name!r} folds to {line.project_id!r} by itself: it needs no line."
    for one in lines:
        if one.overlaps(line) and (contradiction := _contradiction(one, line)):
            yield f"Line {one.line} of the register ({one.source}) {contradiction}"
    if line.status == "confirmed" and (edition := _side_by_side(line, portfolio)):
        yield (
            f"{edition} declares {line.name!r} and {line.project_id!r} side by side: they are two projects there. "
            "Bound the line with --from or --to if they are one elsewhere."
        )


def _contradiction(one: Alias, line: Alias) -> str | None:
    """What a line of the register says against a new one that holds in the same editions."""
    is_same_name, is_same_project = one.folded_name == line.folded_name, one.project_id == line.project_id
    are_confirmed = one.status == line.status == "confirmed"
    if is_same_name and is_same_project:
        change = "change its editions." if one.status == line.status else "change that line first."
        return f"says that {one.name!r} is {one.status} as {one.project_id!r} ({_validity(one)}): {change}"
    if is_same_name and are_confirmed:
        return f"says that {one.name!r} is {one.project_id!r} ({_validity(one)}): change that line first."
    if are_confirmed and one.folded_name == glued(line.project_id):
        return f"says that {one.name!r} is itself {one.project_id!r}: name that id."
    if are_confirmed and glued(one.project_id) == line.folded_name and not is_same_project:
        return f"says that {one.name!r} is {one.project_id!r}, which {line.name!r} folds to: change that line first."
    return None


def _validity(line: Alias) -> str:
    if not line.from_edition and not line.to_edition:
        return "in every edition"
    bounds = (("from", line.from_edition), ("to", line.to_edition))
    return " ".join(f"{word} {edition}" for word, edition in bounds if edition)


def _side_by_side(line: Alias, portfolio: list[dict[str, Any]]) -> str | None:
    """The first edition that declares a project under the name and also, under another, the project itself."""
    present = {row["edition"] for row in portfolio if row["project_id"] == line.project_id}
    # A project with an id of its own bears its name all the same.
    bearing = {
        row["edition"]
        for row in portfolio
        if row["project_id"] != line.project_id
        and line.folded_name in (glued(row["project_id"]), folded_name(row["name"]))
    }
    return min((edition for edition in bearing & present if line.holds_in(edition)), default=None)


def _nearest(project_id: str, known: Iterable[str]) -> str:
    from rapidfuzz import process

    near = [name for name, _, _ in process.extract(folded_name(project_id), sorted(known), limit=3, score_cutoff=60)]
    if near:
        return f"; the nearest: {', '.join(near)}"
    return "" if known else "; nothing is consolidated in this home yet"


def _plain(text: str) -> str:
    """A text on one line, without what cannot be printed, that a spreadsheet does not take for a formula.

    The apostrophe before it changes nothing of what a name folds to.
    """
    shown = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return f"'{shown}" if shown.startswith(FORMULA_STARTS) else shown


def _append(file: Path, line: Alias) -> None:
    before = file.read_bytes()
    header = next(csv.reader(io.StringIO(before.decode("utf-8-sig"), newline="")))
    added = io.StringIO()
    csv.DictWriter(added, header, restval="", extrasaction="ignore", lineterminator="\n").writerow(vars(line))
    with appearing_whole(file) as aside:
        aside.write_bytes(before + (b"" if before.endswith(b"\n") else b"\n") + added.getvalue().encode())
        shutil.copymode(file, aside)
