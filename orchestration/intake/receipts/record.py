"""The receipt: what a ministry is told about its drop, always, in French (SPEC §6).

What belongs here: the record, its verdict sentence, and how it is said as JSON and HTML. What does not: reaching the
verdict (take_in), the annotated copy (annotation) and writing them all (receipt_files).
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from orchestration.contracts import CONTRACTS
from orchestration.domain.edition import Edition
from orchestration.domain.french import NBSP, day, moment, number, plural, semester
from orchestration.domain.perimeter import perimeter_names, perimeter_of
from orchestration.intake.comparing.previous_drop import Difference
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.wording import shown_value, told, why
from orchestration.intake.inbox import Place
from orchestration.intake.ledger import Drop
from orchestration.intake.reading.rows import Rows
from orchestration.store.templates import templates

if TYPE_CHECKING:
    from upath import UPath

Status = Literal["accepted", "accepted_with_warnings", "unchanged", "rejected"]

UNPLACED = "_non_classes"
_NOT_IN_PERIMETER = "_in_perimeter"
# Refusals that ask nothing of the file itself.
_OURS, _MISPLACED = "reading_failed", "place_unknown"


@dataclass(frozen=True)
class Receipt:
    """What is said of one drop. The first eleven fields are `accuse.json`, in its order.

    `published` says what will be published of it; `earlier` is the submission that counted before it and `difference`
    what changed since.
    """

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
    published: str | None = None
    earlier: Drop | None = None
    difference: Difference | None = None

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
        is_said = "serait" if self.is_dry_run else "est"
        match self.status:
            case "unchanged":
                return "Ce fichier est identique à celui qui compte déjà : rien ne change."
            case "rejected":
                reasons = [finding for finding in self.findings if finding.severity == "error"]
                reason = told(reasons[0]) if reasons else ""
                if self.rows_read:
                    return (
                        f"Votre fichier {is_said} refusé : aucune de ses lignes ne peut être prise en compte. {reason}"
                    )
                count = sum(finding.row is None for finding in reasons)
                why = f" pour {plural(count, 'raison')}" if count > 1 else ""
                return f"Votre fichier {is_said} refusé{why}. {reason}".strip()
        left = self.rows_read - self.rows_accepted
        parts = [plural(self.rows_accepted, "ligne prise en compte", "lignes prises en compte")]
        parts += [plural(left, "ligne refusée", "lignes refusées")] * bool(left)
        parts += [plural(self.errors, "erreur à corriger", "erreurs à corriger")] * bool(self.errors)
        parts += [plural(self.warnings, "point à vérifier", "points à vérifier")] * bool(self.warnings)
        return f"Votre fichier {is_said} accepté : {', '.join(parts)}."

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in a few French sentences."""
        is_placed = self.edition and self.perimeter
        folder = f"le dossier {self.edition}/{self.perimeter}" if is_placed else "votre dossier de dépôt"
        if self.is_dry_run and self.status != "rejected":
            counts = f"C'était un essai : rien n'est compté. Pour que ce fichier compte, déposez-le dans {folder}."
        else:
            counts = {"unchanged": "", "rejected": ""}.get(self.status, "Votre envoi compte déjà.")
        again = f"déposez de nouveau le fichier dans {folder}"
        rules = {finding.rule for finding in self.findings}
        if _OURS in rules:
            said = ["Vous n'avez rien à faire."]
        elif _MISPLACED in rules:
            said = ["Déplacez le fichier dans le bon dossier ; il n'a pas besoin d'être modifié."]
        elif self.status == "rejected":
            said = [f"Corrigez ce qui est indiqué ci-dessous, puis {again}.", self._still_counts]
        elif self.status == "unchanged":
            known = "Les points ci-dessous vous ont déjà été signalés" if self.findings else "Vous n'avez rien à faire"
            said = [f"{known}. Si vous pensiez envoyer une nouvelle version, vérifiez que c'est le bon fichier."]
        elif self.errors:
            said = [
                *self._of_another_perimeter,
                "Ce qui est en erreur ne sera pas publié tant que ce n'est pas corrigé.",
                f"Corrigez, puis {again} : le dernier dépôt accepté remplace le précédent.",
            ]
        elif self.warnings:
            said = [
                *self._of_another_perimeter,
                "Vérifiez les points ci-dessous. Si tout est juste, vous n'avez rien à faire.",
                f"Sinon, corrigez, puis {again} : le dernier dépôt accepté remplace le précédent.",
            ]
        else:
            said = ["Vous n'avez rien à corriger."]
        return tuple(sentence for sentence in (counts, *said) if sentence)

    @property
    def _still_counts(self) -> str:
        if self.earlier and self.earlier.place and self.earlier.place.edition == self.edition:
            return f"En attendant, votre dépôt du {_dated(self.earlier)} reste celui qui compte."
        return (
            "Rien n'est perdu : ce dépôt est conservé et, si un dépôt précédent avait été accepté, il compte toujours."
        )

    @property
    def _of_another_perimeter(self) -> tuple[str, ...]:
        """What to look at first where no row names a ministry of the folder's perimeter: the folder."""
        about = [finding for finding in self.findings if finding.rule.endswith(_NOT_IN_PERIMETER)]
        if self.rows_read < 2 or len({finding.row for finding in about}) < self.rows_read:
            return ()
        others = {perimeter_of(finding.value or "") for finding in about} - {None, self.perimeter}
        other = others.pop() if len(others) == 1 else None
        of_whom = f"du périmètre {perimeter_names()[other]} ({other})" if other else "inconnu de votre périmètre"
        right = f"le dossier {self.edition}/{other}" if other else "le bon dossier"
        return (
            f"Toutes les lignes nomment un ministère {of_whom} : vérifiez d'abord le dossier. "
            f"Si c'est une erreur, déposez ce fichier dans {right} et le vôtre dans {self.edition}/{self.perimeter}, "
            "où il remplacera celui-ci.",
        )

    @property
    def calendar(self) -> tuple[str, ...]:
        """The next deadline and publication, in French sentences; none for a file without an edition."""
        if self.edition is None:
            return ()
        edition, today = Edition.parse(self.edition), self.received_at.astimezone(UTC).date()
        if today <= edition.deadline:
            return (
                f"Vous pouvez déposer une nouvelle version jusqu'au {day(edition.deadline)}.",
                f"L'édition {edition} sera publiée au plus tard le {day(edition.publication)}.",
            )
        coming = edition.next()
        while coming.deadline < today:
            coming = coming.next()
        return (
            f"L'échéance de l'édition {edition} était le {day(edition.deadline)} : "
            "un dépôt accepté après cette date donne lieu à une révision de ce qui est publié.",
            f"Prochaine échéance : le {day(coming.deadline)}, pour l'édition {coming}.",
        )

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """What was received and read, as names and values."""
        contract = CONTRACTS.get(self.kind or "")
        perimeter = perimeter_names().get(self.perimeter or "")
        template_version = f"modèle version {self.contract_version}, " if self.contract_version else ""
        known = (
            ("Fichier", self.file_name),
            ("Nature", contract.title_fr if contract else None),
            ("Périmètre", f"{perimeter} ({self.perimeter})" if perimeter else None),
            ("Édition", f"{self.edition} ({semester(self.edition)})" if self.edition else None),
            ("Reçu le", moment(self.received_at.astimezone(UTC))),
            ("Lignes lues", number(self.rows_read)),
            ("Lignes prises en compte", number(self.rows_accepted)),
            ("Erreurs", number(self.errors)),
            ("À vérifier", number(self.warnings)),
            ("Numéro de dépôt", str(self.drop_id) if self.drop_id else None),
            ("Versions", f"{template_version}règles version {self.rules_version}"),
            ("Empreinte (sha256)", self.sha256),
        )
        return tuple((name, said) for name, said in known if said is not None)

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

    def as_html(self, *, workbook: str | None = None) -> str:
        """The page `accuse.html`: the verdict, what to do, then the details; `workbook` names the annotated copy."""
        located = _grouped([finding for finding in self.findings if finding.row is not None], self.rows_read)
        page = templates("intake/receipts", plural, spaced, told, shown_value, why).get_template("accuse.html")
        return page.render(
            receipt=self,
            contract=CONTRACTS.get(self.kind or ""),
            perimeter=perimeter_names().get(self.perimeter or ""),
            semester=semester(self.edition) if self.edition else None,
            structural=[finding for finding in self.findings if finding.row is None],
            errors=[group for group in located if group.severity == "error"],
            warnings=[group for group in located if group.severity == "warning"],
            since=_since(self.earlier, self.edition) if self.earlier else None,
            workbook=workbook,
            shown=SHOWN,
        )


def published_fr(kind: str | None, rows: Rows) -> str | None:
    """What will be published of accepted rows, in one French sentence; `None` for an unknown kind."""
    contract = CONTRACTS.get(kind or "")
    if contract is None:
        return None
    if not rows:
        return f"Vous déclarez n'avoir aucune ligne à publier ({contract.title_fr.lower()})."
    said = plural(len(rows), contract.subject_fr)
    if contract.kind == "projects":
        costs = [cost for cost in rows.objects("current_cost_meur") if cost is not None]
        known = f"dont {number(len(costs))} au coût connu, pour {number(sum(costs), 2)}\u00a0M€ au total"
        return f"{said}, {known if costs else 'sans coût connu'}."
    if contract.kind == "procedures":
        online = int((rows.objects("online_status") == "oui").sum())
        return f"{said}, dont {number(online)} entièrement en ligne."
    return f"{said}."


def _dated(drop: Drop) -> str:
    return f"{day(drop.received_at.date())} (« {drop.file_name} »)"


def _since(earlier: Drop, edition: str | None) -> str:
    """Name the submission that this one is compared with."""
    before = earlier.place.edition if earlier.place else None
    of_edition = f" pour l'édition {before}" if before != edition else ""
    return f"votre dépôt du {_dated(earlier)}{of_edition}"


@dataclass(frozen=True)
class Group:
    """Findings of one rule in one column, shown together; at most `SHOWN` of them on screen, all in `accuse.json`.

    `is_uniform` when one sentence says it for all of them; `everywhere` says where they are, and `values` how often
    each value was typed, when they are the same few in every row of the file.
    """

    rule: str
    severity: str
    column: str | None
    is_uniform: bool
    findings: tuple[Finding, ...]
    everywhere: str | None = None
    values: tuple[tuple[str, int], ...] = ()


SHOWN = 20
# A list that says the same so often says nothing more than a sentence.
_ROWS_LISTED, _VALUES_TOLD = 3, 3


def _grouped(findings: Sequence[Finding], rows_read: int) -> list[Group]:
    groups: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.column), []).append(finding)
    grouped = [_group(rule, column, tuple(of), rows_read) for (rule, column), of in groups.items()]
    return sorted(grouped, key=lambda group: (group.severity != "error", -len(group.findings), group.rule))


def _group(rule: str, column: str | None, findings: tuple[Finding, ...], rows_read: int) -> Group:
    is_uniform = len({(one.expected, one.remedy) for one in findings}) == 1
    group = Group(rule, findings[0].severity, column, is_uniform, findings)
    values = Counter(map(shown_value, findings))
    if not is_uniform or not _ROWS_LISTED < len(findings) == rows_read or len(values) > _VALUES_TOLD:
        return group
    first, last = (one.cell or one.row for one in (findings[0], findings[-1]))
    typed = tuple(values.most_common()) if findings[0].cell else ()
    return replace(group, everywhere=f"{first} à {last}", values=typed)


def _finding(finding: Finding) -> dict[str, object]:
    fields = asdict(finding)
    order = ("rule", "severity", "sheet", "cell", "row", "column", "subject", "value", "expected", "remedy")
    return {name: fields[name] for name in order}


def spaced(sentence: str) -> str:
    """Keep French punctuation on the line of its word."""
    return re.sub(r" (?=[:;?!»])|(?<=«) ", NBSP, sentence)


def of_place(place: Place | None) -> tuple[str | None, str | None, bool]:
    """Edition, perimeter and dry-run flag of a place, nulls for a file that is out of place."""
    return (place.edition, place.perimeter, place.is_dry_run) if place else (None, None, False)
