"""Dates as far as they are known, and what spreadsheets make dates of (docs/rules.md §4).

What belongs here: pure functions from a cell to the first day of a period. What does not: comparing dates
(`orchestration.domain.durations`).
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

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
_SECONDS_A_DAY = 86_400
# Midnight in Paris, in winter and in summer, as an export in universal time dates it: on the day before.
_LATE_SECONDS = (22 * 3600, 23 * 3600)
# A number under a date format is a day of long ago; what a spreadsheet made of `3.5` is one of the year of typing.
_FIRST_YEAR = 1950
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")


class DayCount(NamedTuple):
    """How a workbook counts days: which is its day 0, and whether its 1900 has a 29 February, as Excel's has."""

    day_0: date
    has_leap_1900: bool = False

    def serial(self, cell: date | time | timedelta) -> Decimal:
        """The number that stands under a cell that is shown as a date or a time."""
        if isinstance(cell, time):
            since = datetime.combine(self.day_0, cell) - datetime.combine(self.day_0, time())
        elif isinstance(cell, timedelta):
            since = cell
        else:
            at = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
            since = at - datetime.combine(self.day_0, time())
            if self.has_leap_1900 and at < datetime(1900, 3, 1):  # noqa: DTZ001
                since -= timedelta(days=1)
        return Decimal(str(round(since / timedelta(days=1), 6))).normalize()


EXCEL, EXCEL_1904 = DayCount(date(1899, 12, 30), has_leap_1900=True), DayCount(date(1904, 1, 1))
OPENDOCUMENT = DayCount(date(1899, 12, 30))


def counted_from(day_0: date, parse: Callable[[Cell], Parsed]) -> Callable[[Cell], Parsed]:
    """The parser of a date column whose bare serials are counted from another day than Excel's."""
    between = (day_0 - EXCEL.day_0).days

    def parse_counted(cell: Cell) -> Parsed:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return parse(cell + between)
        is_serial = isinstance(cell, str) and len(cell.strip()) == 5 and cell.strip().isdecimal()
        return parse(str(int(str(cell)) + between) if is_serial else cell)

    return parse_counted


def number_under(cell: Cell, day_count: DayCount, *, is_whole: bool) -> Decimal | None:
    """The number that a date format hides, if a cell of a column of numbers, or whole ones, is likely to hold one."""
    if not isinstance(cell, date | time | timedelta):
        return None
    is_day = isinstance(cell, date) and (not isinstance(cell, datetime) or cell.time() == time())
    is_recent = isinstance(cell, date) and cell.year >= _FIRST_YEAR
    return None if is_day and is_recent and not is_whole else day_count.serial(cell)


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
    if isinstance(cell, date | time | timedelta):
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
        return _of_day(cell.date(), (cell - datetime.combine(cell, time())).total_seconds())
    if isinstance(cell, date):
        return Parsed(cell, precision="day")
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 20_000 <= cell <= 80_000:
        # A date whose cell format was lost.
        return _of_day(EXCEL.day_0 + timedelta(days=int(cell)), cell % 1 * _SECONDS_A_DAY, otherwise="date_serial")
    if isinstance(cell, str):
        found = date_of(cell)
        if found is not None:
            return Parsed(found[0], precision=found[1])
    return Parsed(fault="cell_unreadable_date")


def _of_day(day: date, seconds: float, *, otherwise: str | None = None) -> Parsed:
    """The day of a spreadsheet, which is its own whatever the hour; one that is midnight elsewhere is a doubt."""
    doubt = "date_late_hour" if round(seconds) in _LATE_SECONDS else otherwise
    return Parsed(day, precision="day", doubt=doubt, taken=f"{day:%d/%m/%Y}" if doubt else None)


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
