"""Whole columns: what only all the values of a column betray, that it stands in another's place or in another unit.

What belongs here: telling it from the cells or the values read. What does not: a fault of one cell
(`contracts.cells`), what to say (`findings`), or comparing with the previous edition.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import combinations
from statistics import median

from expectations.submissions.projects import MAX_DURATION_DAYS, cost_bounds
from orchestration.contracts.cells.cell import Cell, Parsed
from orchestration.contracts.cells.numbers import bare_number
from orchestration.contracts.cells.parsing import Parse
from orchestration.contracts.contract import Contract
from orchestration.domain.durations import DAYS_IN_A_YEAR
from orchestration.domain.french import number

# A column is in the wrong place only if nearly all of its values say so, and not for one row.
_NEARLY_ALL = 0.8
_ENOUGH = 2
# The first rows speak for the others.
_ROWS_JUDGED = 500
_MAX_YEARS = MAX_DURATION_DAYS // DAYS_IN_A_YEAR
# No ministry's projects cost a milliard each.
_MAX_MEDIAN_COST_MEUR = 1_000
_MAX_COST_AS_YEARS = 20


def swapped(
    rows: Sequence[Sequence[Cell]], parsers: Mapping[int, Parse], refused: Collection[int], texts: Sequence[int]
) -> tuple[int, int] | None:
    """The positions of two columns, each of which holds what is expected in the other.

    `parsers` are those of the columns whose type can refuse a cell, `refused` the columns where it did; `texts` are
    columns of text that never hold a bare number.
    """
    judged = list(rows[:_ROWS_JUDGED])
    columns = {place: [row[place] for row in judged if place < len(row)] for place in (*parsers, *texts)}
    suspects = [
        place
        for place in parsers
        if place in refused and _share(columns[place], parsers[place], _is_fault) >= _NEARLY_ALL
    ]
    for first, second in combinations(suspects, 2):
        if (
            _share(columns[first], parsers[second], _is_value) >= _NEARLY_ALL
            and _share(columns[second], parsers[first], _is_value) >= _NEARLY_ALL
        ):
            return first, second
    for first in suspects:
        for second in texts:
            if _share(columns[second], parsers[first], _is_value) >= _NEARLY_ALL:
                return first, second
    return None


def _share(cells: Sequence[Cell], parse: Parse, test: Callable[[Parsed], bool]) -> float:
    """The share of the cells that say something for which the test holds; 0 where too few say anything."""
    parsed = [one for one in map(parse, cells) if one != Parsed()]
    return sum(map(test, parsed)) / len(parsed) if len(parsed) >= _ENOUGH else 0


def _is_fault(parsed: Parsed) -> bool:
    return parsed.fault is not None


def _is_value(parsed: Parsed) -> bool:
    return parsed.value is not None


def figures_out_of_place(
    contract: Contract, rows: Sequence[Mapping[str, object]]
) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield (rule, field, words) for the costs and durations that are swapped or in another unit."""
    costs, durations = contract.of_type("cost"), contract.of_type("duration")
    figures = [column.field for column in contract.columns if column.is_figure]
    cost = next((name for name in figures if name in costs), None)
    duration = next((name for name in figures if name in durations), None)
    if cost and duration:
        band = next((column.field for column in contract.columns if column.band_of == cost), None)
        reason = _why_swapped(rows, cost, duration, band)
        if reason:
            yield "cost_and_duration_swapped", cost, {"reason": reason, "other": duration}
            return
    for name in costs:
        amounts = _costs(rows, name)
        if len(amounts) >= _ENOUGH and median(amounts) > _MAX_MEDIAN_COST_MEUR:
            unit, factor = ("milliers d’euros", 1_000) if median(amounts) < 1_000_000 else ("euros", 1_000_000)
            yield "costs_in_thousands", name, {"unit": unit, "factor": number(factor), **_bounds(amounts)}
    for name in durations:
        years = [days / DAYS_IN_A_YEAR for days in _known(rows, name)]
        if len(years) >= _ENOUGH and median(years) > _MAX_YEARS:
            unit, factor = ("mois", 12) if median(years) <= 12 * _MAX_YEARS else ("jours", DAYS_IN_A_YEAR)
            yield "durations_not_in_years", name, {"unit": unit, "factor": number(factor), **_bounds(years)}


def _why_swapped(rows: Sequence[Mapping[str, object]], cost: str, duration: str, band: str | None) -> str | None:
    pairs = [
        (float(str(row[cost])), float(str(row[duration])) / DAYS_IN_A_YEAR, row.get(band or ""))
        for row in rows
        if row.get(cost) is not None and row.get(duration) is not None
    ]
    if len(pairs) < _ENOUGH:
        return None
    too_long = [years for _, years, _ in pairs if years > _MAX_YEARS]
    # Whole numbers of some size are rather months.
    are_months = all(years >= 6 and abs(years - round(years)) < 1e-6 for _, years, _ in pairs)
    if len(too_long) >= _ENOUGH and not are_months and all(0 < amount <= _MAX_COST_AS_YEARS for amount, _, _ in pairs):
        return f"{len(too_long)} durées dépassent {_MAX_YEARS} ans, et aucun coût ne dépasse {_MAX_COST_AS_YEARS} M€"
    bands = [(amount, years, cost_bounds(str(words))) for amount, years, words in pairs if words]
    fits = [
        bounds[0] <= years <= bounds[1] and not bounds[0] <= amount <= bounds[1]
        for amount, years, bounds in bands
        if bounds
    ]
    if sum(fits) >= _ENOUGH and sum(fits) >= _NEARLY_ALL * len(fits):
        return "les coûts sont hors de leur tranche, où les durées tiendraient"
    return None


def _known(rows: Sequence[Mapping[str, object]], name: str) -> list[Decimal]:
    return [value for row in rows if isinstance(value := row.get(name), Decimal) and value > 0]


def _costs(rows: Sequence[Mapping[str, object]], name: str) -> list[Decimal]:
    """The known costs, and those that were too large to be taken: in another unit they are not."""
    emptied = [str(row[f"{name}_typed"]) for row in rows if row.get(f"{name}_absence") == "illisible"]
    return _known(rows, name) + [cost for cost in map(bare_number, emptied) if cost is not None and cost > 0]


def _bounds(values: Sequence[Decimal]) -> dict[str, object]:
    return {"low": _short(min(values)), "high": _short(max(values))}


def _short(value: Decimal) -> str:
    return number(value, 0 if value == value.to_integral_value() else 1)
