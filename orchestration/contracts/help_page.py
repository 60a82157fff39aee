"""The help of a kind: for each column, what is expected, an example, the words for no value (docs/rules.md §5).

What belongs here: the French words that come from a column's declaration, and the page that lists them. What does not:
the declarations (the kinds, a file each) and what is said of a fault (the rules).
"""

from dataclasses import dataclass

from orchestration.contracts.cells.absences import WORDS_FOR_NONE
from orchestration.contracts.contract import Column, Contract, Type
from orchestration.domain.french import day, number
from orchestration.store.templates import templates

_NOUNS: dict[Type, str] = {
    "text": "Texte",
    "url": "Adresse web complète (https://…)",
    "bool": "Oui ou Non",
    "code": "L’un de ces mots",
    "cost": "Nombre",
    "duration": "Nombre",
    "rate": "Pourcentage",
    "score": "Nombre",
    "number": "Nombre",
    "volume": "Nombre entier",
    "integer": "Nombre entier",
    "date": "Date : 30/06/2024, juin 2024, T2 2024 ou S1 2024",
    "edition": "Édition : une année et un semestre",
}


@dataclass(frozen=True)
class ColumnHelp:
    """What is said of one column, in French; `words_for_none` may stand in a cell that has no value."""

    field: str
    header: str
    presence: str
    expected: str
    help: str
    example: str
    words_for_none: tuple[str, ...]
    aliases: tuple[str, ...]


def column_help(contract: Contract, column: Column) -> ColumnHelp:
    """Put a column's declaration into words."""
    return ColumnHelp(
        column.field,
        column.header,
        _presence(contract, column),
        _expected(column),
        column.help_fr,
        column.example,
        words_for_none(column),
        column.aliases,
    )


def words_for_none(column: Column) -> tuple[str, ...]:
    """The words that a cell may hold instead of a value, one per reason, in the order of the catalogue."""
    return tuple(words[0] for reason, words in WORDS_FOR_NONE.items() if reason in column.absences)


def all_words_for_none(column: Column) -> tuple[str, ...]:
    """The same words with the other spellings of each."""
    return tuple(word for reason, words in WORDS_FOR_NONE.items() if reason in column.absences for word in words)


def help_page(contract: Contract) -> str:
    """The HTML page of a kind, complete in itself."""
    return (
        templates("contracts")
        .get_template("aide.html")
        .render(
            contract=contract,
            columns=[column_help(contract, column) for column in contract.current],
            modified=day(contract.modified),
        )
    )


def _presence(contract: Contract, column: Column) -> str:
    if column.is_required:
        return "Obligatoire"
    return "Colonne obligatoire" if column.field in contract.versions[contract.version] else "Facultatif"


def _expected(column: Column) -> str:
    noun = _NOUNS[column.type]
    if column.type == "code":
        *others, last = column.labels.values()
        return f"{noun} : {', '.join(others)} ou {last}"
    low, high = column.minimum, column.maximum
    if column.type == "rate" and (low, high) == (0, 1):
        return f"{noun} de 0 à 100 %"
    # A score says what it is out of by its bounds.
    unit = f" ({column.unit})" if column.unit and column.type != "score" else ""
    if low is None:
        return noun + unit
    if high is not None:
        return f"{noun} de {number(low)} à {number(high)}{unit}"
    return f"{noun} {'supérieur à' if column.excludes_minimum else 'd’au moins'} {number(low)}{unit}"
