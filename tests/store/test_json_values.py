"""Exact numbers, times and days keep what they say in JSON."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orchestration.store.json_values import json_document, json_records, json_value, moment_text, plain_text


def test_a_record_keeps_every_digit_and_no_other():
    rows = [{"cost": Decimal("53.02000000"), "share": Decimal("0.1"), "big": Decimal("12345678901234567890.12")}]
    assert json_records(rows) == (b'[\n{"cost": 53.02, "share": 0.1, "big": 12345678901234567890.12}\n]\n')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (Decimal("100"), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.50"), "-0.5"),
        (date(2017, 6, 30), "2017-06-30"),
        (datetime(2017, 6, 15, 9, tzinfo=UTC), "2017-06-15T09:00:00Z"),
    ],
)
def test_a_value_is_written_as_published_files_have_it(value, text):
    assert plain_text(value) == text


def test_a_time_keeps_its_microseconds_with_or_without_its_zone():
    moment = datetime(2017, 6, 15, 9, 0, 0, 250000)
    assert moment_text(moment) == moment_text(moment.replace(tzinfo=UTC)) == "2017-06-15T09:00:00.250000Z"


def test_a_whole_number_has_no_point_in_an_answer_and_one_in_a_document():
    assert json.dumps([Decimal("3.00"), Decimal("3.5")], default=json_value) == "[3, 3.5]"
    assert json_document({"n": Decimal(3)}) == b'{\n  "n": 3.0\n}\n'


def test_what_has_no_form_in_json_is_refused():
    with pytest.raises(TypeError, match="set has no form in JSON"):
        json.dumps({1}, default=json_value)
