"""The template: a workbook that an agent fills and sends back, in which most faults cannot be made (docs/rules.md §5).

What belongs here: the layout of the workbook. What does not: any fact about a column (the contracts) or its words
(`help_page`), and which submission fills it in advance (`orchestration.intake.last_filed`). The same contract and rows
give the same bytes.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from orchestration.contracts.cells.cell import Cell
from orchestration.contracts.cells.writing import cell_of
from orchestration.contracts.contract import PLAIN, Column, Contract, Type
from orchestration.contracts.help_page import ColumnHelp, all_words_for_none, column_help, words_for_none
from orchestration.domain import french
from orchestration.domain.edition import Edition
from orchestration.domain.french import NBSP, day, period
from orchestration.domain.perimeter import ministry_names, perimeter_names
from orchestration.domain.spreadsheets import column_letters

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

HELP_SHEET, LISTS_SHEET = "Aide", "Listes"
# How many rows have drop-downs and checks; those below are still unlocked.
_CHECKED_ROWS = 2_000
_EDITIONS_LISTED = 12
# What spreadsheets show at most in the title and in the text of a message.
_MAX_TITLE, _MAX_MESSAGE = 32, 255

# What a cell shows; it holds every digit. No decimal that means money, a share or a measure is hidden.
_FORMATS: Mapping[Type, str] = {
    # A `1 500 €` that is typed loses its sign: the cell shows what becomes of it.
    "cost": '#,##0.00######" M€"',
    "duration": "0.0#",
    "rate": "0.0###%",
    "score": "0.0####",
    "number": "General",
    "volume": "#,##0",
    "integer": "0",
    "date": "dd/mm/yyyy",
}
_AS_TEXT = "@"
_PICKED: frozenset[Type] = frozenset({"bool", "code", "edition"})
# The texts that are dates, as patterns that spreadsheets know: `T2 2024`, `S1 2026`, `juillet 2013`, `1er mai 2021`.
_PERIODS = (
    "T? ????",
    "S? ????",
    f"T?{NBSP}????",
    f"S?{NBSP}????",
    "????-T?",
    "????-S?",
    "*mestre ????",
    "??/????",
    "?/????",
    "????-??",
)
# Over this a cost in M€ is likely to be in k€ or in euros: it is asked about, and may stay.
_USUAL_COST_MEUR = 1_000
_UNACCENTED = ("fevrier", "aout", "decembre")


@dataclass(frozen=True)
class Filed:
    """The accepted submission that fills a template in advance: its edition, and its rows as in the lake."""

    edition: str
    rows: Sequence[Mapping[str, object]]


def template(contract: Contract, edition: Edition, perimeter: str, filed: Filed | None = None) -> bytes:
    """The XLSX to fill for an edition and a perimeter, with the rows of `filed` in it."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties(
            {"title": contract.title_fr, "author": "Jalons", "created": datetime.combine(edition.opening, time())}
        )
        book.set_custom_property("jalons_kind", contract.kind)
        book.set_custom_property("jalons_contract_version", contract.version)
        book.set_custom_property("jalons_edition", edition.code)
        book.set_custom_property("jalons_perimeter", perimeter)
        data, guide, lists = map(book.add_worksheet, (contract.title_fr, HELP_SHEET, LISTS_SHEET))
        lists.hide()
        # A `-` alone is no formula.
        quoted = book.add_format({"quote_prefix": True})
        _write_data(book, data, contract, filed)
        if filed and _is_to_confirm(edition, filed):
            _show_unconfirmed(book, data, lists, contract, filed)
        for position, column in enumerate(contract.current):
            words = [*_listed(column, edition, perimeter), *_text_dates(column)]
            lists.write_column(0, position, words, quoted)
            data.data_validation(
                1, position, _CHECKED_ROWS, position, _validation(contract, column, position, len(words))
            )
        _write_help(book, guide, contract, edition, perimeter, filed)
    return content.getvalue()


def _write_data(book: "Workbook", sheet: "Worksheet", contract: Contract, filed: Filed | None) -> None:
    header = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E3E8F5", "bottom": 1})
    required = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#C9D3F0", "bottom": 1})
    known_id = book.add_format({"num_format": _AS_TEXT, "bg_color": "#F0F0F0", "valign": "top"})
    sheet.set_row(0, 48)
    for position, column in enumerate(contract.current):
        shown = book.add_format({"num_format": _FORMATS.get(column.type, _AS_TEXT), "locked": False, "valign": "top"})
        is_wide = column.type in PLAIN and column.field != contract.key
        sheet.set_column(position, position, 30 if is_wide else 16, shown)
        sheet.write_string(0, position, column.header, required if _is_required(contract, column) else header)
        for number, row in enumerate(filed.rows if filed else (), start=1):
            is_id = column.field == contract.key
            _write_cell(sheet, number, position, cell_of(column, row), known_id if is_id else shown)
    sheet.freeze_panes(1, 2)
    sheet.protect("", {"format_cells": True, "format_columns": True, "format_rows": True, "sort": True})
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _write_cell(sheet: "Worksheet", row: int, position: int, cell: Cell, shown: "Format") -> None:
    # Text is written as text whatever it begins with, so that nothing an agent once typed can become a formula.
    if isinstance(cell, str):
        sheet.write_string(row, position, cell, shown)
    elif isinstance(cell, date):
        sheet.write_datetime(row, position, cell, shown)
    elif cell is not None:
        sheet.write(row, position, cell, shown)


def _is_to_confirm(edition: Edition, filed: Filed) -> bool:
    """Whether the rows are those of another edition, of which each may be over by now."""
    return bool(filed.rows) and filed.edition != edition.code


def _show_unconfirmed(
    book: "Workbook", sheet: "Worksheet", lists: "Worksheet", contract: Contract, filed: Filed
) -> None:
    """Colour where a row still says what it said last time: that it goes on is a choice, and so is that it ends."""
    ending = _ending(contract)
    if ending is None:
        return
    by_name, last = len(contract.current), len(contract.current) + 1
    for number, row in enumerate(filed.rows):
        for place, field in ((by_name, contract.subject), (last, ending.field)):
            cell = cell_of(contract.by_field[field], row)
            if cell is not None:
                lists.write_string(number, place, str(cell))
    position, name = (
        [column.field for column in contract.current].index(field) for field in (ending.field, contract.subject)
    )
    here, named = f"${column_letters(position)}2", f"${column_letters(name)}2"
    names, said = (
        f"{LISTS_SHEET}!${letters}$1:${letters}${len(filed.rows)}"
        for letters in (column_letters(by_name), column_letters(last))
    )
    sheet.conditional_format(
        1,
        position,
        len(filed.rows),
        position,
        {
            "type": "formula",
            "criteria": f'=AND({here}<>"",COUNTIFS({names},{named},{said},{here})>0)',
            "format": book.add_format({"bg_color": "#FFF2CC"}),
        },
    )


def _ending(contract: Contract) -> Column | None:
    """The column whose codes say that what a row is about is over."""
    return next((column for column in contract.current if column.final_codes), None)


def _is_required(contract: Contract, column: Column) -> bool:
    return column.is_required or column.field in contract.versions[contract.version]


def _listed(column: Column, edition: Edition, perimeter: str) -> list[str]:
    """The words that a cell may hold, the ones for no value last: of a drop-down the first of each, else all."""
    words: list[str] = []
    if column.names_of == "ministry":
        words = ministry_names(perimeter)
    elif column.names_of == "perimeter":
        words = [perimeter_names()[perimeter]]
    elif column.type == "bool":
        words = ["Oui", "Non"]
    elif column.type == "edition":
        words = list(_latest(edition))
    none = words_for_none(column) if _is_list(column) else all_words_for_none(column)
    return [*words, *column.labels.values(), *none]


def _is_list(column: Column) -> bool:
    return bool(column.names_of) or column.type in _PICKED


def _text_dates(column: Column) -> list[str]:
    """The patterns of the texts that a date may be: what the message of its column offers is never refused."""
    if column.type != "date":
        return []
    months = [period(date(2000, number, 1), "month").split()[0] for number in range(1, 13)]
    return [*_PERIODS, *(f"*{name}?????" for name in (*months, *_UNACCENTED))]


def _latest(edition: Edition) -> Iterator[str]:
    for _ in range(_EDITIONS_LISTED):
        yield edition.code
        edition = edition.previous()


def _validation(contract: Contract, column: Column, position: int, words: int) -> dict[str, Any]:
    """The drop-down or the check of a column's cells, with its message; all but a code may be forced through."""
    column_words = column_help(contract, column)
    letters = column_letters(position)
    is_list = _is_list(column)
    words_range = f"{LISTS_SHEET}!${letters}$1:${letters}${words}"
    shown = {
        "input_title": shorten(column.header, _MAX_TITLE, placeholder="…"),
        "input_message": _message(column_words, is_list=is_list),
    }
    check = _check(column, f"{letters}2")
    if not is_list and check is None:
        return shown | {"validate": "any"}
    rule: dict[str, Any] = shown | {
        "error_title": "Valeur hors de la liste" if is_list else "Valeur inattendue",
        "error_message": _refusal(column, column_words, is_list=is_list),
        # Reading understands more than a check can: `12,5 M€`, `18 mois`, `2e semestre 2026`.
        "error_type": "stop" if column.type in ("bool", "code") else "warning",
    }
    if is_list:
        return rule | {"validate": "list", "source": f"={words_range}"}
    # Each of the words is held against the cell, not the cell against the words: those of dates are patterns.
    allowed = f"OR({check},SUMPRODUCT(COUNTIF({letters}2,{words_range}))>0)" if words else check
    return rule | {"validate": "custom", "value": f"={allowed}"}


def _check(column: Column, cell: str) -> str | None:
    """The formula that is true of a good number or date; `None` for words."""
    if column.type in PLAIN | _PICKED:
        return None
    checks = [f"ISNUMBER({cell})"]
    if column.type == "date":
        checks += [f"{cell}>=DATE(1990,1,1)", f"{cell}<=DATE(2050,12,31)"]
    if column.type in ("volume", "integer"):
        checks.append(f"{cell}=INT({cell})")
    if column.minimum is not None:
        checks.append(f"{cell}{'>' if column.excludes_minimum else '>='}{column.minimum}")
    maximum = _USUAL_COST_MEUR if column.type == "cost" else column.maximum
    if maximum is not None:
        checks.append(f"{cell}<={maximum}")
    return f"AND({','.join(checks)})"


def _refusal(column: Column, column_words: ColumnHelp, *, is_list: bool) -> str:
    """What is said of a value that does not suit a cell, and what to do."""
    if is_list:
        kept = " Si la vôtre est exacte, vous pouvez la garder." if column.names_of or column.type == "edition" else ""
        return f"Choisissez une valeur de la liste : la flèche à droite de la cellule l’ouvre.{kept}"
    expected = f"{column_words.expected[0].lower()}{column_words.expected[1:]}"
    message = (
        f"Écrivez une {expected}."
        if column.type == "date"
        else f"Écrivez un {expected}, par exemple {column_words.example}."
    )
    if column.type == "cost":
        usual = f"{french.number(_USUAL_COST_MEUR)}{NBSP}M€"
        message += f" Au-delà de {usual}, vérifiez l’unité{NBSP}: 850{NBSP}k€ s’écrit 0,85."
    if column_words.words_for_none:
        message += f" Sans valeur, laissez la cellule vide ou écrivez : {', '.join(column_words.words_for_none)}."
    return message[:_MAX_MESSAGE]


def _message(column_words: ColumnHelp, *, is_list: bool) -> str:
    message = column_words.help
    choose = ("Choisissez dans la liste.",) if is_list else ()
    for more in (*choose, f"{column_words.presence}. {column_words.expected}.", f"Exemple : {column_words.example}"):
        if len(message) + len(more) < _MAX_MESSAGE:
            message += f"\n{more}"
    return message[:_MAX_MESSAGE]


def _write_help(
    book: "Workbook", sheet: "Worksheet", contract: Contract, edition: Edition, perimeter: str, filed: Filed | None
) -> None:
    title = book.add_format({"bold": True, "font_size": 14})
    bold = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 20)
    sheet.set_column(2, 5, 44)
    sheet.write_string(0, 0, f"{contract.title_fr} : modèle de remontée", title)
    lines = _instructions(contract, edition, perimeter, filed)
    for number, line in enumerate(lines, start=1):
        sheet.write_string(number, 0, line)
    first = len(lines) + 2
    headings = ("Colonne", "Présence", "Ce qui est attendu", "Explication", "Exemple", "Mots admis sans valeur")
    sheet.write_row(first, 0, headings, bold)
    for number, column in enumerate(contract.current, start=first + 1):
        column_words = column_help(contract, column)
        cells = (
            column_words.header,
            column_words.presence,
            column_words.expected,
            column_words.help,
            column_words.example,
            ", ".join(column_words.words_for_none),
        )
        for position, text in enumerate(cells):
            sheet.write_string(number, position, text, wrapped)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _instructions(contract: Contract, edition: Edition, perimeter: str, filed: Filed | None) -> list[str]:
    origin = (
        f"Les lignes déjà là viennent de votre dernier dépôt accepté (édition {filed.edition}) : mettez-les à jour."
        if filed and filed.rows
        else "Aucun dépôt précédent n’a été accepté : la feuille est vide."
    )
    ending = _ending(contract)
    confirm = (
        [
            f"Confirmez chaque ligne reprise : la colonne « {ending.header} » reste en jaune tant qu’elle dit la même "
            f"chose qu’en {filed.edition}. Si rien n’a changé, laissez-la. N’effacez aucune ligne, même de ce qui est "
            f"fini : {contract.leaving_fr}."
        ]
        if filed and ending and _is_to_confirm(edition, filed)
        else []
    )
    return [
        f"Édition {edition}, à déposer au plus tard le {day(edition.deadline)}.",
        f"Périmètre {perimeter_names()[perimeter]} ({perimeter}).",
        f"Modèle « {contract.title_fr} », version {contract.version}.",
        "",
        f"Remplissez la feuille « {contract.title_fr} » : une ligne par {contract.subject_fr}. {origin}",
        *confirm,
        "L’en-tête et les identifiants connus sont verrouillés, pour que l’historique ne se perde pas. "
        "La protection se retire sans mot de passe (menu Révision ou Outils), par exemple pour supprimer une ligne.",
        "Sans rien à déclarer, écrivez NÉANT dans la première cellule sous l’en-tête.",
        f"Enregistrez, puis déposez le fichier dans le dossier {edition}/{perimeter} "
        f"(ou {edition}/{perimeter}/essai, pour un essai qui ne compte pas).",
    ]
