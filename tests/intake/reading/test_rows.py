"""Rows are held by column and seen by row: what is changed in one is seen in the other."""

import math

import numpy as np
import pyarrow as pa
import pytest

from orchestration.intake.reading.rows import Rows, Values

NUMBERS = np.array([2, 3, 5])
HELD = {
    "one by one": lambda: Values(["a", None, "a"]),
    "few that differ": lambda: Values(["a", None], np.array([0, 1, 0])),
    "as the library holds them": lambda: Values(pa.array(["a", None, "a"])),
    "one but for another": lambda: Values.of_one("a", 3, {1: None}),
}


@pytest.mark.parametrize("held", HELD)
def test_values_are_the_same_however_they_are_held(held):
    values = HELD[held]()
    assert [values[row] for row in range(3)] == ["a", None, "a"]
    assert values.objects().tolist() == ["a", None, "a"]


@pytest.mark.parametrize("held", HELD)
def test_a_value_that_is_changed_changes_in_its_row_alone(held):
    values = HELD[held]()
    values[2] = None
    values[1] = "b"
    assert [values[row] for row in range(3)] == values.objects().tolist() == ["a", "b", None]
    assert HELD[held]().objects().tolist() == ["a", None, "a"]


@pytest.mark.parametrize(
    "values", [Values(pa.array([1, 2, 3])), Values([1, 2, 3]), Values([3, 2, 1], np.array([2, 1, 0]))]
)
def test_numbers_are_floats_and_what_was_emptied_is_not_one(values):
    values[1] = None
    first, second, third = values.floats()
    assert (first, third) == (1, 3)
    assert math.isnan(second)


def test_a_row_that_is_removed_is_in_no_column_and_the_others_keep_their_numbers():
    rows = Rows({"name": Values(["a", "b", "c"]), "cost": Values(pa.array([1, 2, 3]))}, NUMBERS)
    rows.remove(3)
    rows.remove(4)
    assert [row["name"] for row in rows] == rows.objects("name").tolist() == ["a", "c"]
    assert rows.floats("cost").tolist() == [1, 3]
    assert rows.of_number(3) is None
    assert dict(rows.of_number(5) or {}) == {"name": "c", "cost": 3}
    assert [dict(row) for row in rows[1:]] == [dict(rows[1])]
    rows.set_all(edition="2021-S2")
    assert rows.objects("edition").tolist() == ["2021-S2", "2021-S2"]
