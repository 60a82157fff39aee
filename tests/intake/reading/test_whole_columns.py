"""From where on a column is taken to stand in another's place: nearly all of it, and never one row."""

import pytest

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake.reading.whole_columns import swapped

PROJECTS = CONTRACTS["projects"].by_field
PARSERS = {0: parser_of(PROJECTS["start_date"]), 1: parser_of(PROJECTS["current_cost_meur"])}
WRONG, RIGHT = ("42,5", "01/01/2020"), ("01/01/2020", "42,5")


def _swapped(*rows):
    return swapped(rows, PARSERS, PARSERS.keys(), ())


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([WRONG] * 4 + [RIGHT], (0, 1)),  # Four in five are enough,
        ([WRONG] * 15 + [RIGHT] * 4, None),  # fifteen in nineteen are not.
        ([WRONG] * 2, (0, 1)),
        ([WRONG], None),
        # What says nothing counts on neither side.
        ([WRONG] * 2 + [("", "")] * 9, (0, 1)),
    ],
)
def test_two_columns_are_swapped_where_four_values_in_five_say_so(rows, found):
    assert _swapped(*rows) == found
