"""Dates as far as they are known, and what spreadsheets make dates of (docs/rules.md §4).

What belongs here: pure functions from a cell to the first day of a period. What does not: comparing dates
(`orchestration.domain.durations`).
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from orchestration.contracts.cells.cell import MAX_TYPED, Cell, Parsed
from orchestration.contracts.contract import Column
from orchestration.domain.durations import Precision
from orchestration.domain.folding import fold_header

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
_AUTO_DATE = re.compile(rf"[0-3]?\d ({'|'.join(_MONTHS)})|({'|'.join(_MONTHS)}) \d{{2}}")
_PERIOD = re.compile(
    r"(?:(?P<kind>[st]) ?(?P<number>[1-4]) (?P<year>\d{4}))|(?:(?P<year2>\d{4}) (?P<kind2>[st])(?P<number2>[1-4]))"
)
_EXCEL_EPOCH = date(1899, 12, 30)
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")


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
    return _DAY_AND_MONTH.fullmatch(text) is not None and date_of(text) is not None


def parse_date(cell: Cell, _column: Column) -> Parsed:
    """Read a day, a month, a quarter or a semester; the value is the first day of the period."""
    if isinstance(cell, datetime):
        return Parsed(cell.date(), precision="day")
    if isinstance(cell, date):
        return Parsed(cell, precision="day")
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 20_000 <= cell <= 80_000:
        # A date whose cell format was lost: days since the epoch of spreadsheets.
        return Parsed(_EXCEL_EPOCH + timedelta(days=int(cell)), precision="day")
    if isinstance(cell, str):
        found = date_of(cell)
        if found is not None:
            return Parsed(found[0], precision=found[1])
    return Parsed(fault="cell_unreadable_date")


def parse_edition(cell: Cell, _column: Column) -> Parsed:
    """Read a semester, `2021-S1` or `S1 2021`, as the code of its edition."""
    found = date_of(cell) if isinstance(cell, str) else None
    if found is None or found[1] != "semester" or found[0].year // 100 != 20:
        return Parsed(fault="cell_unreadable_edition")
    return Parsed(f"{found[0].year}-S{1 if found[0].month == 1 else 2}")


def date_of(text: str) -> tuple[date, Precision] | None:
    """The first day of the period that a text names, and how far it is known; `None` for what is no date."""
    if len(text) > MAX_TYPED:
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
