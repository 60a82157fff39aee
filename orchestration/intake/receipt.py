"""The receipt: what a ministry is told about its drop, always, in French (SPEC §6).

What belongs here: the record, its verdict sentence, and how it is written as JSON and HTML. What does not: reaching
the verdict (take_in).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from orchestration.edition import Edition
from orchestration.french import day, moment, plural
from orchestration.intake.findings import Finding
from orchestration.intake.inbox import Place
from orchestration.perimeter import perimeter_names

if TYPE_CHECKING:
    from jinja2 import Template
    from upath import UPath

Status = Literal["accepted", "accepted_with_warnings", "unchanged", "rejected"]

_KINDS = {"projects": "grands projets numériques", "procedures": "démarches administratives"}
UNPLACED = "_non_classes"


@dataclass(frozen=True)
class Receipt:
    """What is said of one drop. The first eleven fields are `accuse.json`, in its order."""

    status: Status
    sha256: str
    received_at: datetime
    edition: str | None
    perimeter: str | None
    kind: str | None
    contract_version: str | None
    rules_version: str
    rows_read: int
    rows_accepted: int
    findings: tuple[Finding, ...]
    file_name: str
    drop_id: int | None
    is_dry_run: bool

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    @property
    def verdict(self) -> str:
        """The verdict in one French sentence, with the reason when the file is refused."""
        match self.status:
            case "unchanged":
                return "Ce fichier est identique à celui qui compte déjà : rien ne change."
            case "rejected":
                reason = next((finding.expected for finding in self.findings if finding.severity == "error"), "")
                return f"Votre fichier est refusé. {reason}".strip()
            case "accepted":
                return f"Votre fichier est accepté : {_rows(self.rows_accepted)}."
            case "accepted_with_warnings":
                left = self.rows_read - self.rows_accepted
                refused = f", {plural(left, 'ligne refusée', 'lignes refusées')}" if left else ""
                points = plural(len(self.findings), "point à vérifier", "points à vérifier")
                return f"Votre fichier est accepté : {_rows(self.rows_accepted)}{refused}, {points}."

    def folder(self, outbox: "UPath") -> "UPath":
        """Where the receipt of a filed drop is written: `<received_at>-<ledger number>` under its edition and
        perimeter.
        """
        name = f"{self.received_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self.drop_id or 0:05d}"
        if self.edition is None or self.perimeter is None:
            return outbox / UNPLACED / name
        return outbox / self.edition / self.perimeter / name

    def as_json(self) -> str:
        """The text of `accuse.json`."""
        accuse = {
            "status": self.status,
            "sha256": self.sha256,
            "received_at": f"{self.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "edition": self.edition,
            "perimeter": self.perimeter,
            "kind": self.kind,
            "contract_version": self.contract_version,
            "rules_version": self.rules_version,
            "rows_read": self.rows_read,
            "rows_accepted": self.rows_accepted,
            "findings": [_finding(finding) for finding in self.findings],
        }
        return json.dumps(accuse, ensure_ascii=False, indent=2) + "\n"

    def as_html(self) -> str:
        """The page `accuse.html`: the verdict, what to do, then the details."""
        edition = Edition.parse(self.edition) if self.edition else None
        return _template().render(
            receipt=self,
            kind=_KINDS.get(self.kind or ""),
            perimeter=perimeter_names().get(self.perimeter or ""),
            received_on=moment(self.received_at.astimezone(UTC)),
            deadline=day(edition.deadline) if edition else None,
            publication=day(edition.publication) if edition else None,
            structural=[finding for finding in self.findings if finding.row is None],
            located=_grouped([finding for finding in self.findings if finding.row is not None]),
        )

    def write(self, outbox: "UPath") -> "UPath":
        """Write both files and return their folder; written twice, they say the same."""
        folder = self.folder(outbox)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "accuse.html").write_text(self.as_html(), encoding="utf-8")
        (folder / "accuse.json").write_text(self.as_json(), encoding="utf-8")
        return folder


@dataclass(frozen=True)
class Group:
    """Findings of one rule, shown together; at most `SHOWN` of them on screen, all of them in `accuse.json`."""

    rule: str
    severity: str
    expected: str
    remedy: str
    count: int
    shown: tuple[Finding, ...]


SHOWN = 20


def _grouped(findings: Sequence[Finding]) -> list[Group]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.column or ""), []).append(finding)
    shown = [
        Group(of[0].rule, of[0].severity, of[0].expected, of[0].remedy, len(of), tuple(of[:SHOWN]))
        for of in groups.values()
    ]
    return sorted(shown, key=lambda group: (group.severity != "error", -group.count, group.rule))


def _finding(finding: Finding) -> dict[str, object]:
    fields = asdict(finding)
    order = ("rule", "severity", "sheet", "cell", "row", "column", "subject", "value", "expected", "remedy")
    return {name: fields[name] for name in order}


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("orchestration.intake"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["place"] = _place
    return environment.get_template("accuse.html")


def _place(place: Finding) -> str:
    cell = f"cellule {place.cell}" if place.cell else f"ligne {place.row}"
    return f"{cell}, feuille « {place.sheet} »" if place.sheet else cell


def _rows(count: int) -> str:
    return plural(count, "ligne prise en compte", "lignes prises en compte")


def of_place(place: Place | None) -> tuple[str | None, str | None, bool]:
    """Edition, perimeter and dry-run flag of a place, nulls for a file that is out of place."""
    return (place.edition, place.perimeter, place.is_dry_run) if place else (None, None, False)
