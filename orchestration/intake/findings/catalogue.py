"""The catalogue of rules: all that a receipt may say, why, and an example, as a page and as JSON (docs/rules.md §6).

What belongs here: gathering the rules of intake and of the expectations on submissions, and showing them. What does
not: their words, which stand beside each rule.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from expectations.rule import Effect, Severity
from expectations.runner import SUBMISSION_SUITES
from orchestration.contracts import CONTRACTS
from orchestration.intake.findings.cell_rules import CELL_RULES
from orchestration.intake.findings.file_rules import FILE_RULES
from orchestration.intake.findings.layout_rules import LAYOUT_RULES
from orchestration.intake.findings.previous_edition_rules import PREVIOUS_EDITION_RULES
from orchestration.intake.findings.row_rules import ROW_RULES
from orchestration.intake.findings.rules import RULES_VERSION
from orchestration.store.templates import templates

_FAMILIES = (
    ("Le fichier", FILE_RULES, "Le fichier est refusé."),
    ("La feuille et l’en-tête", LAYOUT_RULES, "Le fichier est refusé."),
    ("Les lignes", ROW_RULES, "Les valeurs sont laissées de côté."),
    ("Les cellules", CELL_RULES, "La valeur est laissée de côté."),
    ("La comparaison avec l’édition précédente", PREVIOUS_EDITION_RULES, ""),
)
_EFFECTS: dict[Effect, str] = {
    "row": "La ligne est refusée.",
    "cell": "La valeur est laissée de côté.",
    "none": "Rien n’est retiré.",
}
_WARNING = "À vérifier ; rien n’est refusé."


@dataclass(frozen=True)
class CatalogueEntry:
    """One rule, in French; `id` is what `accuse.json` calls it."""

    id: str
    family: str
    severity: Severity
    consequence: str
    title: str
    why: str
    wrong: str
    right: str


def entries() -> tuple[CatalogueEntry, ...]:
    """Every rule that a finding can carry, family by family, in declared order."""
    return tuple(_entries())


def _entries() -> Iterator[CatalogueEntry]:
    for family, rules, refused in _FAMILIES:
        for rule_id, rule in rules.items():
            consequence = refused if rule.severity == "error" else _WARNING
            yield CatalogueEntry(
                rule_id, family, rule.severity, consequence, rule.title, rule.why, rule.wrong, rule.right
            )
    for kind, suite in SUBMISSION_SUITES.items():
        for one in suite.rules:
            consequence = _EFFECTS[one.effect] if one.severity == "error" else _WARNING
            family = f"Les valeurs : {CONTRACTS[kind].title_fr.lower()}"
            yield CatalogueEntry(
                one.id, family, one.severity, consequence, one.sentence_fr, one.why_fr, one.wrong_fr, one.right_fr
            )


def as_json() -> str:
    """The catalogue for machines: the version of the rules, and each of them."""
    catalogue = {"rules_version": RULES_VERSION, "rules": [asdict(entry) for entry in entries()]}
    return json.dumps(catalogue, ensure_ascii=False, indent=2) + "\n"


def as_html() -> str:
    """The catalogue for agents: one page, one anchor per rule."""
    families: dict[str, list[CatalogueEntry]] = {}
    for entry in entries():
        families.setdefault(entry.family, []).append(entry)
    page = templates("intake/findings").get_template("regles.html")
    return page.render(families=families, version=RULES_VERSION)
