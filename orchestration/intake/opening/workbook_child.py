"""The child process that opens a workbook, shut in: bytes on its standard input, a line of JSON for each part of them.

What belongs here: what runs in that process. What does not: starting it (workbook), the walls around it (shut_in). It
is started for each workbook, and what it imports is most of its time: no `re`, `pathlib` or `typing` of its own.
"""

import datetime  # noqa: F401 (the library asks for it at the first day that it meets, when no file can be opened)
import json
import os
import sys
from io import BytesIO
from itertools import islice

import python_calamine

from orchestration.intake.opening.limits import ANSWER_TOO_LONG, MAX_SHEETS, Damaged, Tally, TooLarge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from orchestration.intake.opening.limits import SheetRow

_MAX_MEMORY = 512 * 2**20
_MAX_ANSWER = 256 * 2**20
_MAX_CPU_SECONDS = 5
_ROWS_AT_ONCE = 1_000


def main() -> None:
    """Read a workbook from standard input, and answer on standard output."""
    from orchestration.intake.opening.shut_in import shut_in

    data, out = sys.stdin.buffer.read(), sys.stdout.buffer
    shut_in(_MAX_MEMORY, _MAX_CPU_SECONDS, _MAX_ANSWER)
    try:
        for part in _answers(data):
            out.write(json.dumps(part, ensure_ascii=False, check_circular=False, default=_typed).encode())
            out.write(b"\n")
        out.flush()
    except (OSError, MemoryError):
        os._exit(ANSWER_TOO_LONG)


def _answers(data: bytes) -> "Iterator[list[object]]":
    try:
        yield from _parts(data)
    except TooLarge as over:
        yield ["too large", over.limit, over.sheet, over.row, over.column]
    except Damaged as damaged:
        yield ["damaged", str(damaged)]
    except MemoryError:
        yield ["too large", "memory", None, 0, 0]
    yield ["end"]


def _parts(data: bytes) -> "Iterator[list[object]]":
    """The name of each sheet, then its rows, many at a time."""
    tally = Tally()
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
        for name in workbook.sheet_names[:MAX_SHEETS]:
            yield ["sheet", name]
            rows = _rows(workbook.get_sheet_by_name(name), tally)
            while some := list(islice(rows, _ROWS_AT_ONCE)):
                yield ["rows", some]
    except (TooLarge, MemoryError, GeneratorExit):
        raise
    # A panic of the library is no `Exception`.
    except BaseException as error:
        raise Damaged(str(error)) from error


def _rows(sheet: python_calamine.CalamineSheet, tally: Tally) -> "Iterator[SheetRow]":
    # The library starts at the first row, but at the first column that is filled.
    left = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows()):
        row = tally.take(left + cells, sheet.name, number)
        tally.measure(row, sheet.name, number)
        yield row


def _typed(cell: "Any") -> dict[str, object]:
    """What JSON has no word for, as an object of one name."""
    if type(cell).__name__ == "timedelta":
        return {"timedelta": [cell.days, cell.seconds, cell.microseconds]}
    return {type(cell).__name__: cell.isoformat()}
