"""The page `accuse.html`: a receipt for whoever reads it in a browser.

What belongs here: what the page is filled with, findings in groups. What does not: its words (`advice`, `wording`) and
its layout (`templates/accuse.html`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.contracts import CONTRACTS
from orchestration.domain.french import number, plural, semester, typeset
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.comparing.previous_drop import Change
from orchestration.intake.findings.finding import Finding
from orchestration.intake.findings.rules import RULES
from orchestration.intake.ledger import Drop
from orchestration.intake.receipts.advice import advice, calendar, dated, facts, technical_facts
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.receipts.wording import shown_value, what_is_wrong, why
from orchestration.store.templates import templates

SHOWN = 20
# A list that says the same so often says nothing more than a sentence.
_ROWS_LISTED, _VALUES_TOLD = 3, 3


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


def as_html(receipt: Receipt, *, workbook: str | None = None) -> str:
    """The page `accuse.html`: the verdict, what to do, then the details; `workbook` names the annotated copy."""
    located = [finding for finding in receipt.findings if finding.row is not None]
    refused = receipt.refused_rows
    kept = _grouped([finding for finding in located if finding.row not in refused], receipt.rows_read)
    page = templates("intake/receipts", plural, typeset, what_is_wrong, shown_value, why).get_template("accuse.html")
    return page.render(
        receipt=receipt,
        advice=advice(receipt),
        calendar=calendar(receipt),
        facts=facts(receipt),
        technical_facts=technical_facts(receipt),
        contract=CONTRACTS.get(receipt.kind or ""),
        perimeter=perimeter_names().get(receipt.perimeter or ""),
        semester=semester(receipt.edition) if receipt.edition else None,
        structural=[finding for finding in receipt.findings if finding.row is None],
        refused=_grouped([finding for finding in located if finding.row in refused], receipt.rows_read),
        refused_rows=sorted(refused),
        changed=_changed(receipt.difference.changed) if receipt.difference else [],
        errors=[group for group in kept if group.severity == "error"],
        warnings=[group for group in kept if group.severity == "warning"],
        since=_since(receipt.earlier, receipt.edition) if receipt.earlier else None,
        workbook=workbook,
        own_ids=list(receipt.own_ids.items()),
        shown=SHOWN,
    )


def _grouped(findings: Sequence[Finding], rows_read: int) -> list[Group]:
    groups: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        rule = RULES.get(finding.rule)
        column = None if rule and rule.is_of_row else finding.column
        groups.setdefault((finding.rule, column), []).append(finding)
    grouped = [_group(rule, column, tuple(of), rows_read) for (rule, column), of in groups.items()]
    return sorted(
        grouped,
        # What costs a row comes first.
        key=lambda group: (
            group.severity != "error",
            not group.findings[0].refuses_row,
            -len(group.findings),
            group.rule,
        ),
    )


def _changed(changes: Sequence[Change]) -> list[Change]:
    """The changes, but for one that is the same in many rows, which is said once."""
    times = Counter((one.column, one.before, one.after) for one in changes)
    said = set[tuple[str, str, str]]()
    found = []
    for one in changes:
        key = (one.column, one.before, one.after)
        if times[key] <= _ROWS_LISTED:
            found.append(one)
        elif key not in said:
            said.add(key)
            found.append(replace(one, subject=f"{number(times[key])} lignes"))
    return found


def _group(rule: str, column: str | None, findings: tuple[Finding, ...], rows_read: int) -> Group:
    is_uniform = len({(one.expected, one.remedy) for one in findings}) == 1
    group = Group(rule, findings[0].severity, column, is_uniform, findings)
    values = Counter(map(shown_value, findings))
    if not is_uniform or not _ROWS_LISTED < len(findings) == rows_read or len(values) > _VALUES_TOLD:
        return group
    first, last = (one.cell or one.row for one in (findings[0], findings[-1]))
    typed = tuple(values.most_common()) if findings[0].cell else ()
    return replace(group, everywhere=f"{first} à {last}", values=typed)


def _since(earlier: Drop, edition: str | None) -> str:
    """Name the submission that this one is compared with."""
    before = earlier.place.edition if earlier.place else None
    of_edition = f" pour l’édition {before}" if before != edition else ""
    return f"votre dépôt du {dated(earlier)}{of_edition}"
