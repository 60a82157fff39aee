"""How values that JSON has no type for are written: exact numbers, times, days.

What belongs here: one value, records of a table, and a document for people. What does not: which values.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from json.encoder import encode_basestring


def moment_text(moment: datetime) -> str:
    """Write a time (UTC, with or without its zone) as ISO 8601: `2017-06-15T09:00:00Z`."""
    return moment.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def decimal_text(value: Decimal) -> str:
    """Write every digit of a decimal and no other: `53.02000000` gives `53.02`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_text(value: object) -> str:
    """Write a value as published files do: empty where there is none, every digit, ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return decimal_text(value)
        case datetime():
            return moment_text(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


def json_number(value: Decimal) -> int | float:
    """The number that JSON has for a decimal: a whole one without a point."""
    return int(value) if value == value.to_integral_value() else float(value)


def json_value(value: object) -> object:
    """What `json.dumps` may write for a value that it does not know; raise `TypeError` for one that has no form."""
    if isinstance(value, Decimal):
        return json_number(value)
    if isinstance(value, date):
        return plain_text(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def json_records(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Write rows as a JSON list of records, one a line; numbers keep every digit, dates and times are ISO 8601.

    A list may hold texts alone.
    """
    records = (", ".join(f"{encode_basestring(name)}: {_exact(value)}" for name, value in row.items()) for row in rows)
    return ("[\n" + ",\n".join(f"{{{record}}}" for record in records) + "\n]\n").encode()


def json_document(document: object) -> bytes:
    """Write a JSON document for people too: indented, UTF-8, keys in their order.

    A decimal is a float, whole or not: the fingerprints of what is published rest on these bytes.
    """
    return (json.dumps(document, indent=2, ensure_ascii=False, default=float) + "\n").encode()


def _exact(value: object) -> str:
    match value:
        case str():
            # What json.dumps ends up calling, in a tenth of its time.
            return encode_basestring(value)
        case Decimal():
            # The json module would turn a decimal into a float and lose digits.
            return decimal_text(value)
        case None | bool() | int() | float() | list():
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        case _:
            return encode_basestring(plain_text(value))
