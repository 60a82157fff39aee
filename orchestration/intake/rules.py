"""The rules of reading: one entry per id, with what is expected and how to mend it, in French (SPEC §6).

What belongs here: the words of the findings that reading makes. What does not: the rules on values, which are
expectations
(`expectations/submissions`), and where a rule is applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestration.intake.findings import Finding, Severity

RULES_VERSION = "1.0.0"


@dataclass(frozen=True)
class Rule:
    """One rule; `expected` and `remedy` may hold `{placeholders}` that the place of use fills."""

    severity: Severity
    expected: str
    remedy: str

    def finding(self, rule_id: str, words: Mapping[str, object] | None = None, **where: object) -> Finding:
        """Make the finding of this rule: `words` fill the sentences, `where` is the sheet, cell, row, value."""
        filled = words or {}
        return Finding(
            rule=rule_id,
            severity=self.severity,
            expected=self.expected.format(**filled),
            remedy=self.remedy.format(**filled),
            **where,  # type: ignore[arg-type]
        )


_SAVE_AS = "Ouvrez-le dans Excel ou LibreOffice, puis enregistrez-le au format « {format} » et déposez-le de nouveau."
_XLSX = _SAVE_AS.format(format="Classeur Excel (.xlsx)")

RULES: dict[str, Rule] = {
    "file_empty": Rule("error", "Le fichier est vide.", "Vérifiez le fichier et déposez-le de nouveau."),
    "file_too_large": Rule(
        "error",
        "Le fichier dépasse {limit} : il ne peut pas être lu.",
        "Retirez les feuilles, images et lignes qui ne font pas partie de la remontée.",
    ),
    "format_xls": Rule("error", "Le fichier est à l'ancien format Excel (.xls), qui n'est pas accepté.", _XLSX),
    "format_xlsm": Rule("error", "Le classeur contient des macros (.xlsm), qui ne sont pas acceptées.", _XLSX),
    "format_pdf": Rule(
        "error",
        "Le fichier est un PDF, qui ne peut pas être lu comme un tableau.",
        "Déposez le tableau d'origine, au format .xlsx, .ods ou .csv.",
    ),
    "format_encrypted": Rule(
        "error",
        "Le fichier est protégé par un mot de passe.",
        "Enregistrez-le sans mot de passe et déposez-le de nouveau.",
    ),
    "format_html": Rule("error", "Le fichier est une page web (HTML) et non un tableur, quel que soit son nom.", _XLSX),
    "format_unknown": Rule(
        "error", "Le format du fichier n'est pas reconnu.", "Déposez un fichier .xlsx, .ods, .csv, .tsv ou .json."
    ),
    "file_damaged": Rule(
        "error",
        "Le fichier est abîmé : il ne peut pas être ouvert.",
        "Ouvrez-le sur votre poste, enregistrez-le de nouveau et déposez la nouvelle version.",
    ),
    "json_not_records": Rule(
        "error",
        "Un fichier JSON doit être une liste d'objets, un par ligne du tableau.",
        "Exportez les données sous cette forme.",
    ),
    "header_unknown": Rule(
        "error",
        "La ligne d'en-tête n'est pas reconnue : ce n'est ni un tableau de projets ni un tableau de démarches.",
        "Reprenez les en-têtes du modèle, en première ligne, sans les modifier.",
    ),
    "column_missing": Rule(
        "error",
        "La colonne « {title} » est obligatoire et n'a pas été trouvée.",
        "Ajoutez-la avec cet en-tête exact ; ses cellules peuvent rester vides.",
    ),
    "column_twice": Rule(
        "error",
        "Deux colonnes disent la même chose (« {title} ») : {headers}.",
        "Gardez-en une seule.",
    ),
    "rows_missing": Rule(
        "error",
        "Le tableau ne contient aucune ligne sous son en-tête.",
        "Ajoutez vos lignes ; si vous n'avez rien à déclarer, écrivez NÉANT dans la première cellule sous l'en-tête.",
    ),
    "cell_unreadable_number": Rule(
        "error",
        "Un nombre est attendu{unit}.",
        "Écrivez un nombre seul, par exemple {example}, ou laissez la cellule vide.",
    ),
    "cell_unreadable_date": Rule(
        "error",
        "Une date est attendue.",
        "Écrivez par exemple 01/01/2017, juillet 2017 ou S1 2026, ou laissez la cellule vide.",
    ),
    "cell_unreadable_yes_no": Rule("error", "« Oui » ou « Non » est attendu.", "Écrivez Oui ou Non."),
    "cell_unknown_word": Rule(
        "error", "L'un de ces mots est attendu : {words}.", "Choisissez le mot qui convient, sans rien y ajouter."
    ),
    "cell_not_url": Rule(
        "warning",
        "Une adresse web est attendue ; cette valeur ne sera pas publiée.",
        "Écrivez une adresse qui commence par https://, ou ne mettez rien.",
    ),
    "number_three_digits": Rule(
        "warning",
        "Ce nombre peut se lire de deux façons ; il a été lu {taken}.",
        "Si ce n'est pas la valeur voulue, écrivez-la sans ambiguïté, par exemple avec d'autres décimales.",
    ),
    "initial_value_missing": Rule(
        "warning",
        "Après le cadrage, le coût initial et la durée initiale sont attendus.",
        "Renseignez « {title} » : c'est la référence à laquelle les écarts sont mesurés.",
    ),
}


def finding(rule_id: str, words: Mapping[str, object] | None = None, **where: object) -> Finding:
    """Make a finding of the rule `rule_id`; raise `KeyError` for an id that is not in the catalogue."""
    return RULES[rule_id].finding(rule_id, words, **where)
