"""Cells: what one cell says, as its column's type reads it (SPEC §4).

What belongs here: pure functions from a cell (text, or what a spreadsheet typed) to a value, a reason for having none,
a
precision, a doubt. What does not: which column a cell is in (the contract) or whether the value is plausible
(expectations).
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from orchestration.contracts.contract import Column, Type, fold_word
from orchestration.domain.durations import DAYS_IN_A_YEAR, Precision
from orchestration.domain.folding import fold_header

# What a reader of files gives: text, or what the spreadsheet typed.
Cell = str | float | int | bool | date | datetime | time | timedelta | None

# Words that stand for "no value", by the reason that is kept; the first of each is the one that pages offer.
WORDS_FOR_NONE: Mapping[str, tuple[str, ...]] = {
    "en_cadrage": ("En cadrage",),
    "non_applicable": ("Non applicable", "NA", "N/A", "Sans objet"),
    "non_communique": ("Non communiqué", "NC", "N/C", "ND", "N/D"),
    "a_venir": ("À venir",),
    "avis_insuffisants": ("Nombre d'avis insuffisant",),
    "demarche_proactive": ("Démarche proactive",),
    "non": ("Non",),
    "tiret": ("–", "-", "—", "−"),
}
_DASHES = frozenset(WORDS_FOR_NONE["tiret"])
ABSENCES: Mapping[str, str] = {
    fold_header(word): reason for reason, words in WORDS_FOR_NONE.items() for word in words if word not in _DASHES
}

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
# A number as nearly all are: no unit, no group, no zero that ends its decimals.
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,]([0-9]{0,14}[1-9]))?")
_GROUPED = re.compile(r"\d{1,3}( \d{3})+")
# The tags that pages are made of, each attribute with a value: `a <b et c> d` holds none.
_REST_OF_TAG = r"(?=[\s/>])(?:\s*+[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>]++))*+\s*+/?>"
_TAG = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|font|h[1-6]|head|hr|html|i|img|ins|li|meta|o:p|ol"
    rf"|p|pre|s|small|span|strike|strong|sub|sup|table|tbody|td|th|thead|title|tr|u|ul){_REST_OF_TAG}",
    re.IGNORECASE,
)
_NEW_LINE = re.compile(rf"<(?:br|div|li|p){_REST_OF_TAG}", re.IGNORECASE)
# What a page runs, obeys or skips.
_NOT_SHOWN = re.compile(
    rf"<(script|style){_REST_OF_TAG}.*?(?:</\1\s*+>|\Z)|<!doctype[^<>]*+>|<!--(?:[^<-]|-(?!->)|<(?!!--))*+-->",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(
    r"<a\s[^<>]*?\bhref\s*+=\s*+(?:\"\s*+(https?://[^\"<]*+)\"|'\s*+(https?://[^'<]*+)'|(https?://[^\s\"'<>]++))",
    re.IGNORECASE,
)
# Past these a text is no number, no date, no word of a list, and no page: looking closer is slow.
_MAX_TYPED, _MAX_WORDS = 100, 1_000
# A text that is taken as it is, as nearly all are: neither a mark nor a tag, nor how an error or an apostrophe begins.
# Of the signs beyond U+0300, the dashes, quotes and dots of French and the euro are what normalising leaves alone.
# Patterns that `fast_path` gives to another engine: no escape that the two read in two ways.
_BEGINS = "[^\t-\r\x1c- \x85\xa0#E'<\u0300-\U0010ffff]"
_GOES_ON = "[^<\u0300-\u200f\u2028-\u202f\u205f-\u20ab\u20ad-\U0010ffff]"
PLAIN_TEXT, PLAIN_URL, PLAIN_WHOLE = f"{_BEGINS}{_GOES_ON}*", "https?://[!-;=-~]+", "[0-9]{1,9}"
# Normalising is quadratic in the marks of one letter: no run of them is taken whole.
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,64}")
_AUTO_DATE = re.compile(rf"[0-3]?\d ({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)}) \d{{2}}")
_PERIOD = re.compile(
    r"(?:(?P<kind>[st]) ?(?P<number>[1-4]) (?P<year>\d{4}))|(?:(?P<year2>\d{4}) (?P<kind2>[st])(?P<number2>[1-4]))"
)
_EXCEL_EPOCH = date(1899, 12, 30)
# What Excel and LibreOffice show where a formula failed, in French and in English.
_FORMULA_ERROR = re.compile(
    r"#(?:N/?A|NOM\??|NAME\??|REF ?!|VALEUR ?!|VALUE!|DIV/0 ?!|NUL ?!|NULL!|NOMBRE ?!|NUM!|#+)|Err ?:\d{3}",
    re.IGNORECASE,
)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")


class Parsed(NamedTuple):
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


BLANK = Parsed()


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
            absence = _absence(cell)
            if absence in column.absences and fold_word(cell) not in column.codes:
                return Parsed(absence=absence)
        return read(cell, column)

    return parse


def _absence(text: str) -> str | None:
    stripped = text.strip()
    if len(stripped) > _MAX_TYPED:
        return None
    return "tiret" if stripped in _DASHES else ABSENCES.get(fold_header(stripped))


def is_month_first(cells: Iterable[Cell]) -> bool:
    """Whether the dates of a column, written as text, fit month/day/year alone: `12/31/2020` and no `31/12/2020`."""
    texts = (_DAY_AND_MONTH.fullmatch(cell.strip()) for cell in cells if isinstance(cell, str) and len(cell) < 20)
    pairs = [(int(found[1]), int(found[2])) for found in texts if found]
    return any(second > 12 >= first for first, second in pairs) and all(first <= 12 for first, _ in pairs)


def month_first(parse: Callable[[Cell], Parsed]) -> Callable[[Cell], Parsed]:
    """The parser of a date column whose texts are month/day/year; the value taken is told for each."""

    def parse_month_first(cell: Cell) -> Parsed:
        found = _DAY_AND_MONTH.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if found is None:
            return parse(cell)
        parsed = parse(f"{found[2]}/{found[1]}/{found[3]}")
        taken = parsed.value.strftime("%d/%m/%Y") if isinstance(parsed.value, date) else None
        return parsed._replace(doubt="date_month_first", taken=taken) if taken else parsed

    return parse_month_first


def looks_like_a_date(cell: Cell) -> bool:
    """Whether a cell holds what a spreadsheet makes of `3.5` or `SEPT-21`: a date, or its text in a CSV."""
    if isinstance(cell, date):
        return True
    if not isinstance(cell, str) or len(cell) > 20:
        return False
    text = cell.strip()
    if "-" in text and _AUTO_DATE.fullmatch(fold_header(text)):
        return True
    return _DAY_AND_MONTH.fullmatch(text) is not None and _date_of(text) is not None


def _text(cell: Cell, _column: Column) -> Parsed:
    text = typed_text(cell)
    if not text.isascii():
        text = _BEYOND_ASCII.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)
    if "<" in text:
        shown = _NOT_SHOWN.sub("", text)
        if shown != text or _TAG.search(text):
            return _without_tags(shown)
    return Parsed(text)


def _without_tags(text: str) -> Parsed:
    link = _LINK.search(text)
    text = _TAG.sub("", _NEW_LINE.sub("\n", text))
    return Parsed(html.unescape(text).strip(), link=html.unescape(link[link.lastindex or 0]).strip() if link else None)


def _is_url(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _url(cell: Cell, column: Column) -> Parsed:
    parsed = _text(cell, column)
    address = str(parsed.link or parsed.value).strip()
    if _is_url(address):
        return Parsed(address)
    return Parsed(f"https://{address}") if address.startswith("www.") else Parsed(doubt="cell_not_url")


def _bool(cell: Cell, _column: Column) -> Parsed:
    match fold_header(typed_text(cell)[:_MAX_WORDS]):
        case "oui" | "o" | "vrai" | "true" | "1" | "x":
            return Parsed(True)
        case "non" | "n" | "faux" | "false" | "0":
            return Parsed(False)
    return Parsed(fault="cell_unreadable_yes_no")


def _code(cell: Cell, column: Column) -> Parsed:
    text = typed_text(cell)
    word = fold_word(text) if len(text) <= _MAX_WORDS else ""
    code = column.codes.get(word) or next(
        (code for code, phrase in column.phrases.items() if all(part in word for part in phrase)), None
    )
    return Parsed(code) if code else Parsed(fault="cell_unknown_word")


class _Number(NamedTuple):
    """A number, its unit folded, how many decimals are known, and whether its separator may be read in two ways."""

    value: Decimal
    unit: str
    decimals: int
    is_ambiguous: bool = False
    typed_unit: str = ""

    def shown(self, unit: str = "") -> str:
        """The number as a French reader writes it, in the unit that was typed, or else in the column's."""
        return f"{_french(self.value)} {self.typed_unit or unit}".rstrip()


def _number(cell: Cell, *, lone_is_thousands: bool = False) -> _Number | None:
    """Read a number; a lone separator before exactly three digits is ambiguous, and the column's type decides it."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        # A spreadsheet keeps no zeros that were typed.
        value = Decimal(repr(cell))
        return _Number(value, "", _decimals(value.normalize())) if value.is_finite() else None
    if not isinstance(cell, str) or len(cell) > _MAX_TYPED:
        return None
    is_plain = _PLAIN_NUMBER.fullmatch(cell)
    if is_plain is not None and ((decimals := len(is_plain[1] or "")) != 3 or cell[0] == "0"):
        return _Number(Decimal(cell.replace(",", ".")), "", decimals)
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
    return _Number(value, _unit(match["unit"]), _decimals(value), lone, (match["unit"] or "").strip())


def bare_number(cell: Cell) -> Decimal | None:
    """The number that a cell holds without a unit, however large."""
    number = _number(cell)
    return number.value if number and not number.unit else None


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _unit(text: str | None) -> str:
    return _SPACES.sub(" ", (text or "").strip().lower().replace("é", "e"))


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


def _no_number(cell: Cell) -> Parsed:
    """The fault of a cell that holds no number; a date tells, as `taken`, the number that it may have been."""
    if not looks_like_a_date(cell):
        return Parsed(fault="cell_unreadable_number")
    day = cell if isinstance(cell, date) else None
    return Parsed(fault="cell_auto_date", taken=f"{day.day},{day.month}" if day else None)


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
_SHARES = {"": Decimal(1), "%": Decimal("0.01"), "pourcent": Decimal("0.01")}
_MARKS = {"": Decimal(1), "/10": Decimal(1), "/ 10": Decimal(1), "sur 10": Decimal(1)}
_MEASURES = {"": Decimal(1), "%": Decimal(1), "pourcent": Decimal(1)}
# The decimals that the lake's columns hold.
_CENT, _SHARE_DIGITS, _MARK_DIGITS = Decimal("1e-8"), Decimal("1e-15"), Decimal("1e-6")
# What the lake's columns hold: twelve digits, or three for rates and scores.
_LARGEST, _LARGEST_SHARE = Decimal(10**12), Decimal(999)
# In M€, a hundred milliards: no project costs that, in whatever column its cost is typed in euros.
_LARGEST_COST = Decimal(100_000)
_DAY_DIGITS = Decimal("1e-18")
_MAX_YEARS = 100_000


def _scaled(
    cell: Cell, factors: Mapping[str, Decimal], *, shown_unit: str, digits: Decimal, most: Decimal = _LARGEST
) -> Parsed:
    number = _number(cell)
    if number is None or (factor := factors.get(number.unit)) is None:
        return _no_number(cell)
    value = number.value * factor if number.unit else number.value
    if abs(value) >= most:
        return Parsed(fault="cell_number_too_large")
    value = value.quantize(digits)
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(value, doubt=doubt, taken=number.shown(shown_unit) if doubt else None)


def _cost(cell: Cell, _column: Column) -> Parsed:
    parsed = _scaled(cell, _MEUR, shown_unit="M€", digits=_CENT, most=_LARGEST_COST)
    return parsed._replace(taken=_cost_meant(cell)) if parsed.fault == "cell_number_too_large" else parsed


def _cost_meant(cell: Cell) -> str | None:
    """What a cost too large for M€ is in M€ if it was typed in the unit that gives it a likely size."""
    number = bare_number(cell)
    for unit, factor, most in (("milliers d’euros", "0.001", 10**6), ("euros", "0.000001", 10**11)):
        if number is not None and abs(number) < most:
            return f"{_french(number * Decimal(factor))} si c’est un montant en {unit}"
    return None


def _rate(cell: Cell, _column: Column) -> Parsed:
    return _scaled(cell, _SHARES, shown_unit="", digits=_SHARE_DIGITS, most=_LARGEST_SHARE)


def _score(cell: Cell, _column: Column) -> Parsed:
    return _scaled(cell, _MARKS, shown_unit="", digits=_MARK_DIGITS, most=_LARGEST_SHARE)


def _measure(cell: Cell, _column: Column) -> Parsed:
    """Read a number in whatever unit another column names: `35 %` is 35, its unit being the percent."""
    return _scaled(cell, _MEASURES, shown_unit="", digits=_CENT)


def _duration(cell: Cell, _column: Column) -> Parsed:
    """Read years into days, exactly; a value typed with one decimal at most is only known to a tenth of a year."""
    number = _number(cell)
    if number is None or number.unit not in ("", "an", "ans", "annee", "annees"):
        return _no_number(cell)
    if abs(number.value) >= _MAX_YEARS:
        return Parsed(fault="cell_number_too_large")
    days = (number.value * DAYS_IN_A_YEAR).quantize(_DAY_DIGITS)
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(
        days,
        precision="tenth_year" if number.decimals <= 1 else "day",
        doubt=doubt,
        taken=number.shown("ans") if doubt else None,
    )


def _whole(cell: Cell, units: tuple[str, ...], *, lone_is_thousands: bool) -> Parsed:
    if isinstance(cell, str) and len(cell) < 10 and cell.isascii() and cell.isdigit():
        return Parsed(int(cell))
    number = _number(cell, lone_is_thousands=lone_is_thousands)
    if number is None or number.unit not in units or number.value != number.value.to_integral_value():
        return _no_number(cell)
    if abs(number.value) >= (_LARGEST if lone_is_thousands else 2**31):
        return Parsed(fault="cell_number_too_large")
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


def _edition(cell: Cell, _column: Column) -> Parsed:
    """Read a semester, `2021-S1` or `S1 2021`, as the code of its edition."""
    found = _date_of(cell) if isinstance(cell, str) else None
    if found is None or found[1] != "semester" or found[0].year // 100 != 20:
        return Parsed(fault="cell_unreadable_edition")
    return Parsed(f"{found[0].year}-S{1 if found[0].month == 1 else 2}")


def _date_of(text: str) -> tuple[date, Precision] | None:
    if len(text) > _MAX_TYPED:
        return None
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
        return _period(" ".join(words))
    except (ValueError, OverflowError):
        return None


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


_AS_IT_IS: Mapping[Type, re.Pattern[str]] = {"text": re.compile(PLAIN_TEXT), "url": re.compile(PLAIN_URL)}
_PARSERS: Mapping[Type, Callable[[Any, Column], Parsed]] = {
    "text": _text,
    "url": _url,
    "bool": _bool,
    "code": _code,
    "cost": _cost,
    "duration": _duration,
    "rate": _rate,
    "score": _score,
    "number": _measure,
    "volume": _volume,
    "integer": _integer,
    "date": _date,
    "edition": _edition,
}
