"""Dates as far as they are known, and what spreadsheets make dates of (docs/rules.md §4).

What belongs here: pure functions from a cell to the first day of a period. What does not: comparing dates
(`orchestration.domain.durations`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

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
_DAYS = "lundi|lun|mardi|mar|mercredi|mer|jeudi|jeu|vendredi|ven|samedi|sam|dimanche|dim"
# `lundi 4 janvier 2021`, `le 4 janvier 2021`; `mar 2021` is a month.
_BEFORE_DAY = re.compile(rf"(?:(?:{_DAYS}) |le )+(?=\d{{1,2}}(?:er)? )")
_ORDINALS = {
    word: str(number)
    for number, words in enumerate(
        (
            ("1er", "1ere", "premier"),
            ("2e", "2eme", "2nd", "2nde", "second", "deuxieme"),
            ("3e", "3eme", "troisieme"),
            ("4e", "4eme", "quatrieme"),
        ),
        start=1,
    )
    for word in words
}
_PERIODS = {"s": "s", "sem": "s", "semestre": "s", "t": "t", "trim": "t", "trimestre": "t"}
_CLOCK = re.compile(
    r"(?:(?<=\d)T|[\s,]+(?:à\s+)?)(?P<hour>\d{1,2})(?:\s?h\s?|:)(?P<minute>\d{2})?(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s?(?P<half>[ap]m)?\s?(?P<zone>z|utc|gmt|[+-]\d{2}:?(?:\d{2})?)?\Z",
    re.IGNORECASE,
)
_PARIS = ZoneInfo("Europe/Paris")
# A number under a date format is a day of long ago; what a spreadsheet made of `3.5` is one of the year of typing.
_FIRST_YEAR = 1950
# The days numbered 1950 to 2099 are all of it.
_YEAR_OF_YEARS = 1905
# A date whose cell format was lost: days since the epoch of spreadsheets, from 1954 to 2119.
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000
_SERIAL = re.compile(r"[2-8]\d[ \u00a0\u202f]?\d{3}(?:[.,]\d{1,15})?")
# A day at midnight in Paris, in the time of Greenwich, is the day before at these hours.
_MIDNIGHT_ELSEWHERE = (time(22), time(23))
_DAY_AND_MONTH = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class _Moment(NamedTuple):
    """A day as far as it is known, and the time of that day where one is written that no zone explains."""

    day: date
    precision: Precision = "day"
    clock: time | None = None


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
        days = _days(cell)
        return parse(cell if days is None else days + between)

    return parse_counted


def number_under(cell: Cell, day_count: DayCount, *, is_whole: bool) -> Decimal | None:
    """The number that a date format hides, if a cell of a column of numbers, or whole ones, is likely to hold one."""
    if not isinstance(cell, date | time | timedelta):
        return None
    is_day = isinstance(cell, date) and (not isinstance(cell, datetime) or cell.time() == time())
    is_recent = isinstance(cell, date) and cell.year >= _FIRST_YEAR
    return None if is_day and is_recent and not is_whole else day_count.serial(cell)


def is_month_first(cells: Iterable[Cell]) -> bool:
    """Whether the dates of a column, written as text, are month/day/year: `12/31/2020`, or an hour of twelve after it.

    Not where one of them fits day/month/year alone: `31/12/2020`.
    """
    dates = [(int(found[1]), int(found[2]), clock) for found, clock in map(_day_and_month, cells) if found]
    return any(second > 12 >= first or clock[-1:] in ("M", "m") for first, second, clock in dates) and all(
        first <= 12 for first, _, _ in dates
    )


def _day_and_month(cell: Cell) -> tuple[re.Match[str] | None, str]:
    """The three numbers of a date written with numbers alone, and the clock that may stand after it."""
    text = cell.strip() if isinstance(cell, str) and len(cell) < MAX_TYPED else ""
    found = _DAY_AND_MONTH.match(text)
    clock = text[found.end() :] if found else ""
    return (found, clock) if not clock or _CLOCK.match(text, len(text) - len(clock)) else (None, "")


def month_first(parse: Callable[[Cell], Parsed]) -> Callable[[Cell], Parsed]:
    """The parser of a date column whose texts are month/day/year; the value taken is told for each."""

    def parse_month_first(cell: Cell) -> Parsed:
        found, clock = _day_and_month(cell)
        if found is None:
            return parse(cell)
        parsed = parse(f"{found[2]}/{found[1]}/{found[3]}{clock}")
        taken = _french(parsed.value) if isinstance(parsed.value, date) else None
        return parsed._replace(doubt="date_month_first", taken=taken) if taken else parsed

    return parse_month_first


def looks_like_a_date(cell: Cell) -> bool:
    """Whether a cell holds what a spreadsheet makes of `3.5` or `SEPT-21`: a date, or its text in a CSV."""
    if not isinstance(cell, str):
        return isinstance(cell, date | time | timedelta)
    if len(cell) > 20:
        return False
    text = cell.strip()
    if "-" in text and _AUTO_DATE.fullmatch(fold_header(text)):
        return True
    return _DAY_AND_MONTH.fullmatch(text) is not None and _moment(text) is not None


def parse_date(cell: Cell, _column: Column) -> Parsed:
    """Read a day, a month, a quarter or a semester; the value is the first day of the period."""
    if isinstance(cell, datetime):
        return _of_our_time(_told(_of_datetime(cell)))
    if isinstance(cell, date):
        return _of_our_time(Parsed(cell, precision="day"))
    serial = _serial(cell)
    if serial is not None:
        found = _of_datetime(datetime.combine(EXCEL.day_0, time()) + timedelta(days=serial))
        told = _told(found)
        return told if told.doubt else told._replace(doubt="date_serial", taken=_french(found.day))
    moment = _moment(cell) if isinstance(cell, str) else None
    if moment:
        return _of_our_time(_told(moment))
    return Parsed(fault="cell_unreadable_date", taken=_impossible(cell) if isinstance(cell, str) else None)


def _of_our_time(parsed: Parsed) -> Parsed:
    """A date, but for what a spreadsheet makes of a year typed in a date cell: `2027` is shown as 19/07/1905."""
    if parsed.precision != "day" or not isinstance(parsed.value, date) or parsed.value.year != _YEAR_OF_YEARS:
        return parsed
    reason = f"{_french(parsed.value)} est ce qu’un tableur fait de {EXCEL.serial(parsed.value)}"
    return Parsed(fault="cell_unreadable_date", taken=reason)


def _impossible(text: str) -> str | None:
    """Why a text that is written as a day is none, where the calendar alone says so."""
    found = _DAY_AND_MONTH.fullmatch(text.strip()) if len(text) < MAX_TYPED else None
    if found is None or not (1 <= int(found[2]) <= 12 and 28 < int(found[1]) <= 31):
        return None
    return f"le {found[0]} n’existe pas dans le calendrier"


def _serial(cell: Cell) -> float | None:
    """The number of days since the epoch of spreadsheets, where one of our time stands; `None` for anything else."""
    days = _days(cell)
    return days if days is not None and _FIRST_SERIAL <= days <= _LAST_SERIAL else None


def _days(cell: Cell) -> float | None:
    """The number that stands where a date is expected, as a number or as the text of a serial."""
    if isinstance(cell, str) and _SERIAL.fullmatch(cell.strip()):
        return float(re.sub(r"\s", "", cell).replace(",", "."))
    return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _of_datetime(cell: datetime) -> _Moment:
    """The day and time of a cell, as floats that spreadsheets keep it in are meant: to the second."""
    meant = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
    return _Moment(meant.date(), clock=meant.time())


def _told(moment: _Moment) -> Parsed:
    parsed = Parsed(moment.day, precision=moment.precision)
    if moment.clock not in _MIDNIGHT_ELSEWHERE or moment.day == date.max:
        return parsed
    taken = f"{_french(moment.day)}, et non {_french(moment.day + timedelta(days=1))}"
    return parsed._replace(doubt="date_late_hour", taken=taken)


def _french(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def parse_edition(cell: Cell, _column: Column) -> Parsed:
    """Read a semester, `2021-S1` or `S1 2021`, as the code of its edition."""
    found = _moment(cell) if isinstance(cell, str) else None
    if found is None or found.precision != "semester" or found.day.year // 100 != 20:
        return Parsed(fault="cell_unreadable_edition")
    return Parsed(f"{found.day.year}-S{1 if found.day.month == 1 else 2}")


def _moment(text: str) -> _Moment | None:
    """The period that a text names, moved to Paris where it has a zone; `None` for what is no date."""
    if len(text) > MAX_TYPED:
        return None
    try:
        if _ISO_DAY.fullmatch(text):
            return _Moment(date.fromisoformat(text))
        text = re.sub(r"\([^)]*\)\s*$", "", text).strip()
        clock = _CLOCK.search(text)
        words = _BEFORE_DAY.sub("", fold_header(text[: clock.start()] if clock else text)).split()
        moment = _of_words(words)
        if clock is None or moment is None:
            return moment
        return _at(moment, clock) if moment.precision == "day" else None
    except (ValueError, OverflowError):
        return None


def _at(moment: _Moment, clock: re.Match[str]) -> _Moment:
    """A day with the clock that stands after it; raise `ValueError` for an hour that no day has."""
    hour, minute, second = (int(clock[part] or 0) for part in ("hour", "minute", "second"))
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return _Moment(moment.day + timedelta(days=1))
    at = time(hour, minute, second)
    if not clock["zone"]:
        return _Moment(moment.day, clock=at)
    zone = clock["zone"].replace(":", "")
    offset = f"{zone[:3]}:{zone[3:] or '00'}" if zone[0] in "+-" else "+00:00"
    return _Moment(datetime.fromisoformat(f"{moment.day}T{at}{offset}").astimezone(_PARIS).date())


def _of_words(words: Sequence[str]) -> _Moment | None:
    match words:
        case [year, month, day] if len(year) == 4 and _digits(year, month, day) and len(day) <= 2:
            return _Moment(date(int(year), int(month), int(day)))
        case [day, month, year] if _digits(day, month, year) and len(year) in (2, 4):
            return _Moment(date(_year(year), int(month), int(day)))
        case [day, month, year] if month in _MONTHS and _digits(day.removesuffix("er"), year):
            return _Moment(date(_year(year), _MONTHS[month], int(day.removesuffix("er"))))
        case [month, year] if month in _MONTHS and _digits(year) and len(year) in (2, 4):
            return _Moment(date(_year(year), _MONTHS[month], 1), "month")
        case [month, year] if _digits(month, year) and len(year) == 4:
            return _Moment(date(int(year), int(month), 1), "month")
        case [year, month] if _digits(month, year) and len(year) == 4:
            return _Moment(date(int(year), int(month), 1), "month")
    return _period(words)


def _period(words: Sequence[str]) -> _Moment | None:
    """`S1 2026`, `2026-S1`, `2T 2026`, `1er semestre 2026`, `premier trimestre de 2026`."""
    counted = " ".join(_ORDINALS.get(word, word) for word in words if word not in ("de", "d", "du"))
    match [_PERIODS.get(part, part) for part in re.findall(r"\d+|[a-z]+", counted)]:
        case ["s" | "t" as kind, digit, year] if _digits(digit, year) and len(year) in (2, 4):
            pass
        case [digit, "s" | "t" as kind, year] if _digits(digit, year) and len(digit) == 1 and len(year) in (2, 4):
            pass
        case [year, "s" | "t" as kind, digit] if _digits(digit, year) and len(year) == 4:
            pass
        case _:
            return None
    number = int(digit)
    if not 1 <= number <= (2 if kind == "s" else 4):
        return None
    if kind == "s":
        return _Moment(date(_year(year), 6 * number - 5, 1), "semester")
    return _Moment(date(_year(year), 3 * number - 2, 1), "quarter")


def _digits(*words: str) -> bool:
    return all(word.isdigit() for word in words)


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)
