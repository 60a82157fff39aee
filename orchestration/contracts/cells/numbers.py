"""Numbers: costs, durations, rates, scores and volumes, with their units and separators (docs/rules.md §4).

What belongs here: pure functions from a cell to a number in the lake's unit. What does not: whether it is plausible
(expectations).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from orchestration.contracts.cells.cell import MAX_TYPED, Cell, Parsed
from orchestration.contracts.cells.dates import looks_like_a_date
from orchestration.contracts.contract import Column
from orchestration.domain.durations import DAYS_IN_A_YEAR

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_NUMBER = re.compile(
    r"(?P<sign>[-+−]?)(?P<before>(?:€|EUR) ?)?(?P<digits>[0-9][0-9., ]*|[.,][0-9]+) ?(?P<unit>[^0-9., ].*)?"
)
# A number as nearly all are: no unit, no group, no zero that ends its decimals.
_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,15}(?:[.,]([0-9]{0,14}[1-9]))?")
_GROUPED = re.compile(r"\d{1,3}( \d{3})+")
_APOSTROPHES = re.compile("[\u2018\u2019\u201b\u02b9\u02bb\u02bc\u00b4`\u2032]")


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
    if not isinstance(cell, str) or len(cell) > MAX_TYPED:
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
    unit = ((match["before"] or "") + (match["unit"] or "")).strip()
    return _Number(value, _unit(unit), _decimals(value), lone, unit)


def bare_number(cell: Cell) -> Decimal | None:
    """The number that a cell holds without a unit, however large."""
    number = _number(cell)
    return number.value if number and not number.unit else None


def decimal_mark(cells: Iterable[Cell]) -> str | None:
    """The mark before the decimals of the numbers of a column, written as texts; `None` unless one alone stands in it.

    A number that may be read in two ways makes no mark known, and where it has another one nothing is.
    """
    marks, is_known = set(), False
    for cell in cells:
        number = _number(cell) if isinstance(cell, str) else None
        used = re.findall("[.,]", str(cell)) if number else []
        if len(used) > 1:
            return None
        marks.update(used)
        is_known = is_known or bool(used and number and not number.is_ambiguous)
    return marks.pop() if is_known and len(marks) == 1 else None


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _unit(text: str) -> str:
    """A unit without what makes no difference: case, accents, and which space or apostrophe it is."""
    folded = unicodedata.normalize("NFKC", _APOSTROPHES.sub("'", text)).lower().replace("é", "e")
    return _SPACES.sub(" ", folded).strip(" .")


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


def _grouped(value: Decimal) -> str:
    return f"{value.normalize():,f}".replace(",", "\u202f").replace(".", ",")


def _french(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")


# `48,2 M €`, `42,5 millions d'euros`, `0,85 Md`, `850 kE`, `48,2 M€ TTC`.
_MONEY = re.compile(
    r"(?:(?P<scale>milliards?|mds?|mrds?|millions?|mio|m|milliers?|k) ?(?:d'|d |de )?)?(?P<euro>€|eur|euros?|e)?"
    r"(?: ?\(?ttc\)?)?"
)
_THOUSAND, _EURO = Decimal("0.001"), Decimal("0.000001")
_SHARES = {"": Decimal(1), "%": Decimal("0.01"), "pourcent": Decimal("0.01")}
_MARKS = {"": Decimal(1), "/10": Decimal(1), "/ 10": Decimal(1), "sur 10": Decimal(1)}
_MEASURES = {"": Decimal(1), "%": Decimal(1), "pourcent": Decimal(1)}
# The decimals that the lake's columns hold.
_CENT, _SHARE_DIGITS, _MARK_DIGITS = Decimal("1e-8"), Decimal("1e-15"), Decimal("1e-6")
# What the lake's columns hold: twelve digits, or three for rates and scores.
_LARGEST, _LARGEST_SHARE = Decimal(10**12), Decimal(999)
# In M€, a hundred milliards: no project costs that, in whatever column its cost is typed in euros.
_LARGEST_COST = Decimal(100_000)
# In M€: what a project may cost, and the most that is likely where its unit is not sure.
_LEAST_COST, _LIKELY_COST, _MOST_COST = Decimal("0.01"), Decimal(1_000), Decimal(10_000)
# Decimals that sums of floats make, and from where on those that a format hides are rounded.
_NOISE, _ROUNDED_FROM = Decimal("1e-6"), 10
_DAY_DIGITS = Decimal("1e-18")
# How many of each make a year.
_PARTS_OF_A_YEAR = {
    unit: parts
    for parts, units in {
        1: ("", "an", "ans", "annee", "annees"),
        2: ("semestre", "semestres"),
        4: ("trimestre", "trimestres"),
        12: ("mois",),
        DAYS_IN_A_YEAR: ("j", "jour", "jours"),
    }.items()
    for unit in units
}
_MAX_YEARS = 100_000


def _read(
    cell: Cell, factors: Mapping[str, Decimal], *, shown_unit: str, digits: Decimal, most: Decimal = _LARGEST
) -> Parsed:
    number = _number(cell)
    if number is None or (factor := factors.get(number.unit)) is None:
        return _no_number(cell)
    return _scaled(number, factor, shown_unit=shown_unit, digits=digits, most=most)


def _scaled(number: _Number, factor: Decimal, *, shown_unit: str, digits: Decimal, most: Decimal) -> Parsed:
    value = number.value * factor if number.unit else number.value
    if abs(value) >= most:
        return Parsed(fault="cell_number_too_large")
    value = value.quantize(digits)
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(value, doubt=doubt, taken=number.shown(shown_unit) if doubt else None)


def parse_cost(cell: Cell, _column: Column) -> Parsed:
    """Read a full cost in M€; one too large tells, as `taken`, what it would be in another unit."""
    number = _number(cell)
    factor = None if number is None else _meur_of(number.unit)
    if number is None or factor is None:
        return _no_number(cell)
    if factor == _EURO:
        return _bare_euro(number)
    parsed = _scaled(number, factor, shown_unit="M€", digits=_CENT, most=_LARGEST_COST)
    return parsed._replace(taken=_cost_meant(cell)) if parsed.fault == "cell_number_too_large" else parsed


def _meur_of(unit: str) -> Decimal | None:
    """What one unit is worth in millions of euros; `None` for one that is no money."""
    money = _MONEY.fullmatch(unit)
    if money is None:
        return None
    scale, euro = money["scale"] or "", money["euro"]
    if not scale:
        return None if euro == "e" else _EURO if euro else Decimal(1)
    if scale.startswith(("k", "millier")):
        return _THOUSAND if euro else None
    return Decimal(1000) if scale.startswith(("md", "mr", "milliard")) else Decimal(1)


def _bare_euro(number: _Number) -> Parsed:
    """Read a number with `€` where M€ are expected: what a cell in a money format shows, or euros; both are told."""
    euros = number.value * _EURO
    meant = number.value * 1000 if number.is_ambiguous else number.value
    in_meur = f"{_grouped(number.value)}\u00a0M€"
    in_euros = f"{_grouped(meant)}\u00a0€ ({_grouped(meant * _EURO)}\u00a0M€)"
    if _LIKELY_COST < number.value < _MOST_COST:
        return Parsed(fault="cost_in_euros_or_meur", taken=f"{in_meur} ou {in_euros}")
    if number.value < _MOST_COST:
        value, taken = number.value, f"{in_meur}, et non {in_euros}"
    else:
        value, taken = euros, f"{_grouped(euros)}\u00a0M€ ({_grouped(number.value)}\u00a0€), et non {in_meur}"
    if abs(value) >= _LARGEST_COST:
        return Parsed(fault="cell_number_too_large")
    doubt = "cost_bare_euro" if _LEAST_COST <= value <= _MOST_COST else None
    return Parsed(value.quantize(_CENT), doubt=doubt, taken=taken if doubt else None)


def _cost_meant(cell: Cell) -> str | None:
    """What a cost too large for M€ is in M€ if it was typed in the unit that gives it a likely size."""
    number = bare_number(cell)
    for unit, factor, most in (("milliers d’euros", "0.001", 10**6), ("euros", "0.000001", 10**11)):
        if number is not None and abs(number) < most:
            return f"{_french(number * Decimal(factor))} si c’est un montant en {unit}"
    return None


def parse_rate(cell: Cell, _column: Column) -> Parsed:
    """Read a share as a fraction."""
    return _read(cell, _SHARES, shown_unit="", digits=_SHARE_DIGITS, most=_LARGEST_SHARE)


def parse_score(cell: Cell, _column: Column) -> Parsed:
    """Read a mark out of ten."""
    return _read(cell, _MARKS, shown_unit="", digits=_MARK_DIGITS, most=_LARGEST_SHARE)


def parse_measure(cell: Cell, _column: Column) -> Parsed:
    """Read a number in whatever unit another column names: `35 %` is 35, its unit being the percent."""
    return _read(cell, _MEASURES, shown_unit="", digits=_CENT)


def parse_duration(cell: Cell, _column: Column) -> Parsed:
    """Read years into days, exactly; a value typed with one decimal at most is only known to a tenth of a year."""
    number = _number(cell)
    if number is None or (parts := _PARTS_OF_A_YEAR.get(number.unit.replace("(s)", "s"))) is None:
        return _no_number(cell)
    if abs(number.value) >= _MAX_YEARS * parts:
        return Parsed(fault="cell_number_too_large")
    days = (number.value * DAYS_IN_A_YEAR / parts).quantize(_DAY_DIGITS)
    doubt = "number_three_digits" if number.is_ambiguous else None
    return Parsed(
        days,
        precision="tenth_year" if number.decimals <= 1 and parts < DAYS_IN_A_YEAR else "day",
        doubt=doubt,
        taken=number.shown("ans") if doubt else None,
    )


def _whole(cell: Cell, units: tuple[str, ...], *, lone_is_thousands: bool) -> Parsed:
    if isinstance(cell, str) and len(cell) < 10 and cell.isascii() and cell.isdigit():
        return Parsed(int(cell))
    number = _number(cell, lone_is_thousands=lone_is_thousands)
    if number is None or number.unit not in units:
        return _no_number(cell)
    whole = number.value.to_integral_value(ROUND_HALF_UP)
    is_off = abs(number.value - whole) > _NOISE
    # A number format hides decimals; no format shows a number under ten as another one.
    if number.value != whole and (not isinstance(cell, float) or (is_off and abs(whole) < _ROUNDED_FROM)):
        return _no_number(cell)
    if abs(whole) >= (_LARGEST if lone_is_thousands else 2**31):
        return Parsed(fault="cell_number_too_large")
    value = int(whole)
    doubt = "number_rounded" if is_off else None
    if number.is_ambiguous and lone_is_thousands:
        doubt = "number_three_digits"
    return Parsed(value, doubt=doubt, taken=_grouped(whole) if doubt else None)


def parse_volume(cell: Cell, _column: Column) -> Parsed:
    """Read a whole number, a lone separator before three digits marking thousands."""
    return _whole(cell, ("",), lone_is_thousands=True)


def parse_integer(cell: Cell, _column: Column) -> Parsed:
    """Read a whole number, of milliseconds where a unit is typed."""
    return _whole(cell, ("", "ms"), lone_is_thousands=False)
