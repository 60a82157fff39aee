"""Workbooks: the bytes of an XLSX or ODS become rows of cells, in a child process whose memory and time are bounded.

What belongs here: both ends of the pipe between the two processes. What does not: whether a file is a workbook, or what
is said of one that is refused (formats).

The library lays a sheet out as a full grid and aborts its process where memory runs out: one cell in the last corner is
enough. Run as a script this module is the child, and it starts in two hundredths of a second: keep its imports few.
"""

import io
import os
import pickle
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.domain.spreadsheets import column_position
from orchestration.intake.opening.limits import MAX_SHEETS, Damaged, SheetRow, Tally, TooLarge

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_ROOT = Path(__file__).parents[3]
_MAX_MEMORY = 512 * 2**20
_MAX_SECONDS = 5
_ROWS_AT_ONCE = 1_000
_ADDRESS = rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']"""
_MAX_LOOKED_AT = 32 * 2**20


def read_workbook(data: bytes) -> list[tuple[str, list[SheetRow]]]:
    """The first sheets by name, each with its rows from the first on; raise `Damaged` or `TooLarge`.

    Raise `RuntimeError` where the child does not work, which is our fault.
    """
    import subprocess

    path = os.pathsep.join(entry for entry in sys.path if entry)
    child = subprocess.run(
        # Without `site`, which would take as long as all the rest.
        [sys.executable, "-S", "-m", "orchestration.intake.opening.workbook"],
        input=data,
        capture_output=True,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": path, "RUST_BACKTRACE": "0"},
        check=False,
    )
    if child.returncode < 0:
        # Killed: it ran out of memory, or of time.
        raise TooLarge("memory", None, *_extent(data))
    if child.returncode > 0:
        raise RuntimeError(child.stderr.decode(errors="replace"))
    sheets: list[tuple[str, list[SheetRow]]] = []
    parts = io.BytesIO(child.stdout)
    while (part := pickle.load(parts)) is not None:  # noqa: S301 (our own child wrote it)
        match part:
            case Exception():
                raise part
            case str():
                sheets.append((part, []))
            case rows:
                sheets[-1][1].extend(rows)
    return sheets


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


def _child() -> None:
    for what, most in (
        (resource.RLIMIT_AS, _MAX_MEMORY),
        (resource.RLIMIT_CPU, _MAX_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        # Not every system can bound memory; time is bounded all the same.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    data, out = sys.stdin.buffer.read(), sys.stdout.buffer
    try:
        for part in _parts(data):
            out.write(pickle.dumps(part))
    except (TooLarge, Damaged) as refusal:
        out.write(pickle.dumps(refusal))
    except MemoryError:
        out.write(pickle.dumps(TooLarge("memory")))
    out.write(pickle.dumps(None))


def _parts(data: bytes) -> Iterator[object]:
    """The name of each sheet, then its rows, many at a time."""
    from python_calamine import CalamineWorkbook

    tally = Tally()
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in workbook.sheet_names[:MAX_SHEETS]:
            yield name
            rows = _rows(workbook.get_sheet_by_name(name), tally)
            while some := list(islice(rows, _ROWS_AT_ONCE)):
                yield some
    except (TooLarge, MemoryError, GeneratorExit):
        raise
    # A panic of the library is no `Exception`.
    except BaseException as error:
        raise Damaged(str(error)) from error


def _rows(sheet: "CalamineSheet", tally: Tally) -> Iterator[SheetRow]:
    # The library starts at the first row, but at the first column that is filled.
    left = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows()):
        row = tally.take(left + cells, sheet.name, number)
        tally.measure(row, sheet.name, number)
        yield row


if __name__ == "__main__":
    _child()
