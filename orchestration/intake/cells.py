"""Cells: what one cell says, as its column's type reads it (SPEC §4).

What belongs here: pure functions from a cell (text, or what a spreadsheet typed) to a value, a reason for having none,
a
precision, a doubt. What does not: which column a cell is in (the contract) or whether the value is plausible
(expectations).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any, Literal

from orchestration.folding import fold_header
from orchestration.intake.contract import Column, Type

# What a reader of files gives: text, or what the spreadsheet typed.
Cell = str | float | int | bool | date | datetime | time | timedelta | None
Precision = Literal["day", "month", "quarter", "semester", "tenth_year"]

# Words that stand for "no value", folded -> the reason that is kept.
ABSENCES: Mapping[str, str] = {
    "en cadrage": "en_cadrage",
    "na": "non_applicable",
    "n a": "non_applicable",
    "non applicable": "non_applicable",
    "sans objet": "non_applicable",
    "nd": "non_communique",
    "n d": "non_communique",
    "nc": "non_communique",
    "n c": "non_communique",
    "non communique": "non_communique",
    "a venir": "a_venir",
    "nombre d avis insuffisant": "avis_insuffisants",
    "demarche proactive": "demarche_proactive",
    "non": "non",
}
_DASHES = frozenset("-–—−")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("janvier", "janv", "jan"),
            ("fevrier", "fevr", "fev"),
            ("mars", "mar"),
            ("avril", "avr"),
            ("mai",),
            ("juin",),
            ("juillet", "juil"),
            ("aout",),
            ("septembre", "sept", "sep"),
            ("octobre", "oct"),
            ("novembre", "nov"),
            ("decembre", "dec"),
        ),
        start=1,
    )
    for name in names
}

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_NUMBER = re.compile(r"(?P<sign>[-+−]?)(?P<digits>[0-9][0-9., ]*|[.,][0-9]+) ?(?P<unit>[^0-9., ].*)?")
_GROUPED = re.compile(r"\d{1,3}( \d{3})+")
_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_PERIOD = re.compile(
    r"(?:(?P<kind>[st]) ?(?P<number>[1-4]) (?P<year>\d{4}))|(?:(?P<year2>\d{4}) (?P<kind2>[st])(?P<number2>[1-4]))"
)
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True)
class Parsed:
    """What a cell says: a value or the reason for having none, its precision, and the ids of the rules that it meets.

    `fault` makes the cell unreadable; `doubt` is a warning about the value taken, shown as `taken`.
    """

    value: object = None
    absence: str | None = None
    precision: Precision | None = None
    fault: str | None = None
    doubt: str | None = None
    taken: str | None = None
    link: str | None = None


_BLANK = Parsed()


def typed_text(cell: Cell) -> str:
    """Write a cell as the agent sees it: text as it is, a whole number without `.0`, a date as ISO; empty for a
    blank.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "VRAI" if cell else "FAUX"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell.isoformat()) if isinstance(cell, date | time) else str(cell)


def parser_of(column: Column) -> Callable[[Cell], Parsed]:
    """The function that reads the cells of a column; equal cells are read once."""
    read = _PARSERS[column.type]

    @lru_cache(maxsize=65536, typed=True)
    def parse(cell: Cell) -> Parsed:
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            return _BLANK
        if column.type not in ("text", "bool") and isinstance(cell, str):
            absence = _absence(cell)
            if absence in column.absences and _word(cell) not in column.words:
                return Parsed(absence=absence)
        return read(cell, column)

    return parse


def _absence(text: str) -> str | None:
    stripped = text.strip()
    return "tiret" if stripped in _DASHES else ABSENCES.get(fold_header(stripped))


def _word(text: str) -> str:
    # The plus of "FranceConnect +" is punctuation that counts.
    return fold_header(text.replace("+", " plus "))


def _text(cell: Cell, _column: Column) -> Parsed:
    text = unicodedata.normalize("NFC", typed_text(cell))
    if "<" in text and _TAG.search(text):
        return _without_tags(text)
    return Parsed(text)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "p", "li", "div"):
            self.text.append("\n")
        self.links += [link for name, link in attrs if tag == "a" and name == "href" and link and _is_url(link)]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _without_tags(text: str) -> Parsed:
    tags = _Tags()
    tags.feed(text)
    tags.close()
    return Parsed("".join(tags.text).strip(), link=tags.links[0] if tags.links else None)


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _url(cell: Cell, column: Column) -> Parsed:
    parsed = _text(cell, column)
    address = str(parsed.link or parsed.value).strip()
    if _is_url(address):
        return Parsed(address)
    return Parsed(f"https://{address}") if address.startswith("www.") else Parsed(doubt="cell_not_url")


def _bool(cell: Cell, _column: Column) -> Parsed:
    match fold_header(typed_text(cell)):
        case "oui" | "o" | "vrai" | "true" | "1" | "x":
            return Parsed(True)
        case "non" | "n" | "faux" | "false" | "0":
            return Parsed(False)
    return Parsed(fault="cell_unreadable_yes_no")


def _code(cell: Cell, column: Column) -> Parsed:
    word = _word(typed_text(cell))
    code = column.words.get(word) or next(
        (code for code, phrase in column.phrases.items() if all(part in word for part in phrase)), None
    )
    return Parsed(code) if code else Parsed(fault="cell_unknown_word")


@dataclass(frozen=True)
class _Number:
    value: Decimal
    unit: str
    decimals: int
    is_ambiguous: bool = False


def _number(cell: Cell, *, lone_is_thousands: bool = False) -> _Number | None:
    """Read a number; a lone separator before exactly three digits is ambiguous, and the column's type decides it."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        value = Decimal(repr(cell))
        return _Number(value, "", _decimals(value)) if value.is_finite() else None
    if not isinstance(cell, str):
        return None
    match = _NUMBER.fullmatch(_SPACES.sub(" ", cell.strip()))
    if match is None:
        return None
    digits = match["digits"].strip()
    plain = _plain_digits(digits, lone_is_thousands)
    if plain is None:
        return None
    value = Decimal(plain)
    if match["sign"] in ("-", "−"):
        value = -value
    lone = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) is not None
    return _Number(value, _unit(match["unit"]), _decimals(value), lone)


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _unit(text: str | None) -> str:
    return (text or "").strip().lower().replace("é", "e")


def _plain_digits(digits: str, lone_is_thousands: bool) -> str | None:
    """Write digits with one point at most, as `Decimal` reads them; `None` if the separators make no sense."""
    marks = [character for character in digits if character in ".,"]
    kinds = set(marks)
    if len(kinds) == 2:
        decimal_mark = marks[-1]
    elif len(marks) == 1 and not (lone_is_thousands and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits)):
        decimal_mark = marks[0]
    else:
        decimal_mark = ""
    whole, _, fraction = digits.rpartition(decimal_mark) if decimal_mark else (digits, "", "")
    for mark in kinds - {decimal_mark}:
        whole = whole.replace(mark, " ") if " " not in whole else whole + "!"
    if " " in whole.strip() and not _GROUPED.fullmatch(whole.strip()):
        return None
    whole = whole.replace(" ", "")
    if (not whole.isdigit() and not (whole == "" and fraction)) or (fraction and not fraction.isdigit()):
        return None
    return f"{whole or '0'}.{fraction}" if fraction else whole


def _french(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


# What one unit of each word is worth in millions of euros.
_MEUR = {
    "": Decimal(1),
    "m€": Decimal(1),
    "meur": Decimal(1),
    "meuros": Decimal(1),
    "million": Decimal(1),
    "millions": Decimal(1),
    "millions d'euros": Decimal(1),
    "md€": Decimal(1000),
    "mds€": Decimal(1000),
    "milliard d'euros": Decimal(1000),
    "milliards d'euros": Decimal(1000),
    "k€": Decimal("0.001"),
    "keur": Decimal("0.001"),
    "€": Decimal("0.000001"),
    "eur": Decimal("0.000001"),
    "euros": Decimal("0.000001"),
}
_CENT = Decimal("1e-8")
_DAYS_IN_A_YEAR = Decimal(365)


def _scaled(cell: Cell, factors: Mapping[str, Decimal], *, shown_unit: str, digits: Decimal | None = None) -> Parsed:
    number = _number(cell)
    if number is None or (factor := factors.get(_SPACES.sub(" ", number.unit))) is None:
        return Parsed(fault="cell_unreadable_number")
    value = number.value * factor
    if digits is not None:
        value = value.quantize(digits)
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(value, doubt=doubt, taken=f"{_french(number.value)}{shown_unit}" if doubt else None)


def _cost(cell: Cell, _column: Column) -> Parsed:
    return _scaled(cell, _MEUR, shown_unit=" M€", digits=_CENT)


def _rate(cell: Cell, _column: Column) -> Parsed:
    return _scaled(
        cell,
        {"": Decimal(1), "%": Decimal("0.01"), "pourcent": Decimal("0.01")},
        shown_unit="",
        digits=Decimal("1e-15"),
    )


def _score(cell: Cell, _column: Column) -> Parsed:
    return _scaled(
        cell,
        {"": Decimal(1), "/10": Decimal(1), "/ 10": Decimal(1), "sur 10": Decimal(1)},
        shown_unit="",
        digits=Decimal("1e-6"),
    )


def _duration(cell: Cell, _column: Column) -> Parsed:
    """Read years into days, exactly; a value typed with one decimal at most is only known to a tenth of a year."""
    number = _number(cell)
    if number is None or number.unit not in ("", "an", "ans", "annee", "annees"):
        return Parsed(fault="cell_unreadable_number")
    days = (number.value * _DAYS_IN_A_YEAR).quantize(Decimal("1e-18"))
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(
        days,
        precision="tenth_year" if number.decimals <= 1 else "day",
        doubt=doubt,
        taken=f"{_french(number.value)} ans" if doubt else None,
    )


def _whole(cell: Cell, units: tuple[str, ...], *, lone_is_thousands: bool) -> Parsed:
    number = _number(cell, lone_is_thousands=lone_is_thousands)
    if (
        number is None
        or number.unit not in units
        or number.decimals
        or abs(number.value) >= 2**31 * (1 if not lone_is_thousands else 2**31)
    ):
        return Parsed(fault="cell_unreadable_number")
    value = int(number.value)
    doubt = "number_three_digits" if number.is_ambiguous and lone_is_thousands else None
    return Parsed(value, doubt=doubt, taken=f"{value:,}".replace(",", " ") if doubt else None)


def _volume(cell: Cell, _column: Column) -> Parsed:
    return _whole(cell, ("",), lone_is_thousands=True)


def _integer(cell: Cell, _column: Column) -> Parsed:
    return _whole(cell, ("", "ms"), lone_is_thousands=False)


def _date(cell: Cell, _column: Column) -> Parsed:
    """Read a day, a month, a quarter or a semester; the value is the first day of the period."""
    if isinstance(cell, datetime):
        return Parsed(cell.date(), precision="day")
    if isinstance(cell, date):
        return Parsed(cell, precision="day")
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 20_000 <= cell <= 80_000:
        # A date whose cell format was lost: days since the epoch of spreadsheets.
        return Parsed(_EXCEL_EPOCH + timedelta(days=int(cell)), precision="day")
    if isinstance(cell, str):
        found = _date_of(cell)
        if found is not None:
            return Parsed(found[0], precision=found[1])
    return Parsed(fault="cell_unreadable_date")


def _date_of(text: str) -> tuple[date, Precision] | None:
    words = fold_header(re.sub(r"\([^)]*\)\s*$", "", text)).split()
    try:
        match words:
            case [year, month, day, *_clock] if (
                len(year) == 4 and _digits(year, month, day[:2]) and ("t" in day or len(day) <= 2)
            ):
                return date(int(year), int(month), int(day[:2])), "day"
            case [day, month, year] if _digits(day, month, year) and len(year) in (2, 4):
                return date(_year(year), int(month), int(day)), "day"
            case [day, month, year] if month in _MONTHS and _digits(day.removesuffix("er"), year):
                return date(_year(year), _MONTHS[month], int(day.removesuffix("er"))), "day"
            case [month, year] if month in _MONTHS and _digits(year) and len(year) in (2, 4):
                return date(_year(year), _MONTHS[month], 1), "month"
            case [month, year] if _digits(month, year) and len(year) == 4:
                return date(int(year), int(month), 1), "month"
            case [year, month] if _digits(month, year) and len(year) == 4:
                return date(int(year), int(month), 1), "month"
    except ValueError:
        return None
    return _period(" ".join(words))


def _period(words: str) -> tuple[date, Precision] | None:
    match = _PERIOD.fullmatch(words)
    if match is None:
        return None
    kind, number = match["kind"] or match["kind2"], int(match["number"] or match["number2"])
    year = int(match["year"] or match["year2"])
    if kind == "t":
        return date(year, 3 * number - 2, 1), "quarter"
    return (date(year, 6 * number - 5, 1), "semester") if number <= 2 else None


def _digits(*words: str) -> bool:
    return all(word.isdigit() for word in words)


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


_PARSERS: Mapping[Type, Callable[[Any, Column], Parsed]] = {
    "text": _text,
    "url": _url,
    "bool": _bool,
    "code": _code,
    "cost": _cost,
    "duration": _duration,
    "rate": _rate,
    "score": _score,
    "volume": _volume,
    "integer": _integer,
    "date": _date,
}
