"""The receipt: what a ministry is told about its drop, always, in French (docs/rules.md §6).

What belongs here: the record, its verdict sentence, and the text of `accuse.json`. What does not: reaching the verdict
(`take_in`), the advice beside it (`advice`), the page (`html`), the annotated copy (`annotation`) and writing them all
(`files`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from orchestration.contracts import CONTRACTS
from orchestration.domain.french import plural
from orchestration.intake.comparing.previous_drop import Difference
from orchestration.intake.findings.finding import Finding
from orchestration.intake.ledger import Drop
from orchestration.intake.receipts.as_read import AsRead
from orchestration.intake.receipts.wording import what_is_wrong
from orchestration.store.json_values import json_value

if TYPE_CHECKING:
    from upath import UPath

ReceiptStatus = Literal["accepted", "accepted_with_warnings", "unchanged", "rejected"]

UNPLACED = "_non_classes"


@dataclass(frozen=True)
class Together:
    """That a drop came with others of its kind for its place, in one pass: their names, in the order received.

    `counting` is the drop that counts after all of them, if any; `is_of_these` unless it came before.
    """

    others: tuple[str, ...]
    counting: Drop | None
    is_of_these: bool


@dataclass(frozen=True)
class Receipt:
    """What is said of one drop. The first eleven fields are those of `accuse.json`, in its order.

    `published` says what will be published of it, and `read` shows it, row by row; `first_rows` shows how a file was
    split that is refused. `earlier` is the submission that counted before it and `difference` what changed since;
    `together` is there where it came with others. `held_until` says when it counts at last that has less than half the
    rows of `fuller`.
    """

    status: ReceiptStatus
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
    published: str | None = None
    read: AsRead | None = None
    first_rows: Sequence[Sequence[str]] = ()
    earlier: Drop | None = None
    difference: Difference | None = None
    held_until: datetime | None = None
    fuller: Drop | None = None
    together: Together | None = None

    @property
    def is_replaced(self) -> bool:
        """Whether another drop, which came with this one, counts in its place."""
        counting = self.together.counting if self.together and self.together.is_of_these else None
        return counting is not None and counting.drop_id != self.drop_id

    @property
    def refused_rows(self) -> frozenset[int]:
        """The numbers of the rows that do not count, in a file that does: those set aside are no rows of data."""
        if self.status == "rejected":
            return frozenset()
        return frozenset(finding.row for finding in self.findings if finding.refuses_row and finding.row is not None)

    @property
    def own_ids(self) -> dict[str, str]:
        """How each id that was declared for a project is read: as its perimeter's own."""
        return self.read.own_ids(self.perimeter) if self.read else {}

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
        verb = "serait" if self.is_dry_run else "est"
        match self.status:
            case "unchanged":
                return "Ce fichier est identique à celui qui compte déjà : rien ne change."
            case "rejected":
                reasons = [finding for finding in self.findings if finding.severity == "error"]
                reason = what_is_wrong(reasons[0]) if reasons else ""
                if self.rows_read:
                    return f"Votre fichier {verb} refusé : aucune de ses lignes ne peut être prise en compte. {reason}"
                count = sum(finding.row is None for finding in reasons)
                why = f" pour {plural(count, 'raison')}" if count > 1 else ""
                return f"Votre fichier {verb} refusé{why}. {reason}".strip()
        left = self.rows_read - self.rows_accepted
        parts = [plural(self.rows_accepted, "ligne prise en compte", "lignes prises en compte")]
        parts += [plural(left, "ligne refusée", "lignes refusées")] * bool(left)
        parts += [plural(self.errors, "erreur à corriger", "erreurs à corriger")] * bool(self.errors)
        parts += [plural(self.warnings, "point à vérifier", "points à vérifier")] * bool(self.warnings)
        later = " Il ne compte pas encore." if self.held_until else ""
        return f"Votre fichier {verb} accepté : {', '.join(parts)}.{later}"

    @property
    def subject_fr(self) -> str:
        """What a row is to the agent: a project, a procedure."""
        contract = CONTRACTS.get(self.kind or "")
        return contract.subject_fr.capitalize() if contract else "Ligne"

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
        accuse: dict[str, object] = {
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
            "accepted": self.read.accepted() if self.read else [],
        }
        if own_ids := self.own_ids:
            accuse["own_ids"] = own_ids
        if self.held_until:
            accuse["held_until"] = f"{self.held_until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return json.dumps(accuse, ensure_ascii=False, indent=2, default=json_value) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    fields = asdict(finding)
    order = ("rule", "severity", "sheet", "cell", "row", "column", "subject", "value", "expected", "remedy")
    return {name: fields[name] for name in order}
