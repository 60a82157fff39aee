"""Workbooks: the bytes of an XLSX or ODS become rows of cells, in a child process that is shut in and bounded.

What belongs here: starting the child and believing its answer, which is JSON: it makes nothing but values, whatever
became of the child. What does not: whether a file is a workbook, what is said of one that is refused (formats), and
what the child does (workbook_child).

The library lays a sheet out as a full grid and aborts its process where memory runs out: one cell in the last corner is
enough.
"""

import io
import json
import os
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from orchestration.domain.spreadsheets import column_position
from orchestration.intake.opening.invisible import without_invisible
from orchestration.intake.opening.limits import ANSWER_TOO_LONG, Damaged, TooLarge

if TYPE_CHECKING:
    from orchestration.intake.opening.limits import SheetRow

_ROOT = Path(__file__).parents[3]
# Other programs may hold the processor for long: this only ends a child that would never end by itself.
_MAX_SECONDS = 120
_MAX_SAID = 10_000
_ADDRESS = rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']"""
_MAX_LOOKED_AT = 32 * 2**20
_SIGXCPU = 24
# Neither the environment nor the folder says where modules are: whoever starts the child does.
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from orchestration.intake.opening.workbook_child import main; main()"


def read_workbook(data: bytes) -> "list[tuple[str, list[SheetRow]]]":
    """The first sheets by name, each with its rows from the first on; raise `Damaged` or `TooLarge`.

    Raise `RuntimeError` where the child does not work, which is our fault.
    """
    import subprocess

    path = [str(_ROOT), *(entry for entry in sys.path if entry)]
    with _scratch() as answer, _scratch() as errors:
        try:
            child = subprocess.run(
                # Without `site`, which would take as long as all the rest.
                [sys.executable, "-I", "-S", "-c", _CHILD, *path],
                input=data,
                # Files, which the child's own limit bounds: what it says must not fill our memory.
                stdout=answer,
                stderr=errors,
                env={},
                timeout=_MAX_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise TooLarge("time") from late
        if child.returncode == -_SIGXCPU:
            raise TooLarge("time")
        if child.returncode < 0 or child.returncode == ANSWER_TOO_LONG:
            # Killed, or it would have been: it ran out of memory.
            raise TooLarge("memory", None, *_extent(data))
        if child.returncode > 0:
            errors.seek(0)
            raise RuntimeError(errors.read(_MAX_SAID).decode(errors="replace"))
        answer.seek(0)
        try:
            return _sheets(answer)
        except (ValueError, TypeError, LookupError, RecursionError) as other:
            raise RuntimeError("what opens workbooks gave another answer than it should") from other


def _scratch() -> IO[bytes]:
    """A file without a name, in memory where the system has that."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("workbook"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _sheets(answer: IO[bytes]) -> "list[tuple[str, list[SheetRow]]]":
    """What the child answered, which ends by saying so; raise `Damaged` or `TooLarge` if it did."""
    sheets: list[tuple[str, list[SheetRow]]] = []
    for line in answer:
        # A sheet is found again by its name as it is.
        match json.loads(line if line.startswith(b'["sheet"') else without_invisible(line), object_hook=_cell):
            case ["sheet", str(name)]:
                sheets.append((name, []))
            case ["rows", list(rows)]:
                sheets[-1][1].extend(row or () for row in rows)
            case ["damaged", str(reason)]:
                raise Damaged(reason)
            case ["too large", str(limit), str() | None as sheet, int(row), int(column)]:
                raise TooLarge(limit, sheet, row, column)  # type: ignore[arg-type]
            case ["end"]:
                return sheets
            case _:
                break
    raise ValueError("no end")


def _extent(data: bytes) -> tuple[int, int]:
    """The last row and column that a cell of the workbook names, from 0, as far as a quick look tells."""
    import re
    import zipfile

    row = column = 0
    with suppress(Exception), zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            if name.startswith("xl/worksheets/"):
                with package.open(name) as part:
                    for found in re.finditer(_ADDRESS, part.read(_MAX_LOOKED_AT)):
                        row, column = max(row, int(found[2]) - 1), max(column, column_position(found[1].decode()))
    return row, column


# As `workbook_child` writes what JSON has no word for.
_TYPES = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}


def _cell(typed: dict[str, Any]) -> object:
    ((name, said),) = typed.items()
    return timedelta(*said) if name == "timedelta" else _TYPES[name](said)
