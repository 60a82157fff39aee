"""Parsing: what one cell says, as its column's type reads it (docs/rules.md §4).

What belongs here: the parser of each type, and what all of them share (blanks, errors, apostrophes, words for no
value). What does not: which column a cell is in (the contract) or whether the value is plausible (expectations).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from orchestration.contracts.cells.absences import absence_of
from orchestration.contracts.cells.cell import BLANK, MAX_WORDS, Cell, Parsed, typed_text
from orchestration.contracts.cells.dates import parse_date, parse_edition
from orchestration.contracts.cells.numbers import (
    parse_cost,
    parse_duration,
    parse_integer,
    parse_measure,
    parse_rate,
    parse_score,
    parse_volume,
)
from orchestration.contracts.cells.texts import PLAIN_TEXT, PLAIN_URL, parse_text, parse_url
from orchestration.contracts.contract import Column, Type, fold_word
from orchestration.domain.folding import fold_header

# How the cells of a column are read.
Parse = Callable[[Cell], Parsed]

# What Excel and LibreOffice show where a formula failed, in French and in English.
_FORMULA_ERROR = re.compile(
    r"#(?:N/?A|NOM\??|NAME\??|REF ?!|VALEUR ?!|VALUE!|DIV/0 ?!|NUL ?!|NULL!|NOMBRE ?!|NUM!|#+)|Err ?:\d{3}",
    re.IGNORECASE,
)


def parser_of(column: Column) -> Parse:
    """The function that reads the cells of a column."""
    read, plain = _PARSERS[column.type], _AS_IT_IS.get(column.type)

    def parse(cell: Cell) -> Parsed:
        if plain is not None and isinstance(cell, str) and plain.fullmatch(cell):
            return Parsed(cell)
        # Neither blank, nor an error, an apostrophe or a word.
        if plain is None and isinstance(cell, str) and "0" <= cell[:1] <= "9":
            return read(cell, column)
        text = cell.strip() if isinstance(cell, str) else ""
        if cell is None or (isinstance(cell, str) and not text):
            return BLANK
        if text[:1] in ("#", "E") and _FORMULA_ERROR.fullmatch(text):
            return Parsed(fault="cell_formula_error")
        if isinstance(cell, str) and cell[0] == "'" and (rest := text.lstrip("'")):
            bare = parse(rest)
            return bare if bare.fault or bare.doubt else bare._replace(doubt="cell_apostrophe")
        # No word for "no value" starts or ends with a digit.
        if column.absences and isinstance(cell, str) and not ("0" <= cell[0] <= "9" or "0" <= cell[-1] <= "9"):
            absence = absence_of(cell)
            if absence in column.absences and fold_word(cell) not in column.codes:
                return Parsed(absence=absence)
        return read(cell, column)

    return parse


def _bool(cell: Cell, _column: Column) -> Parsed:
    match fold_header(typed_text(cell)[:MAX_WORDS]):
        case "oui" | "o" | "vrai" | "true" | "1" | "x":
            return Parsed(True)
        case "non" | "n" | "faux" | "false" | "0":
            return Parsed(False)
    return Parsed(fault="cell_unreadable_yes_no")


def _code(cell: Cell, column: Column) -> Parsed:
    text = typed_text(cell)
    word = fold_word(text) if len(text) <= MAX_WORDS else ""
    code = column.codes.get(word) or next(
        (code for code, phrase in column.phrases.items() if all(part in word for part in phrase)), None
    )
    return Parsed(code) if code else Parsed(fault="cell_unknown_word")


_AS_IT_IS: Mapping[Type, re.Pattern[str]] = {"text": re.compile(PLAIN_TEXT), "url": re.compile(PLAIN_URL)}
_PARSERS: Mapping[Type, Callable[[Any, Column], Parsed]] = {
    "text": parse_text,
    "url": parse_url,
    "bool": _bool,
    "code": _code,
    "cost": parse_cost,
    "duration": parse_duration,
    "rate": parse_rate,
    "score": parse_score,
    "number": parse_measure,
    "volume": parse_volume,
    "integer": parse_integer,
    "date": parse_date,
    "edition": parse_edition,
}
