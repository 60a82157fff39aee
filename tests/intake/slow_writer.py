"""A process that writes a file piece by piece, each when it is told to: python slow_writer.py PATH kept|appended.

`kept` keeps the file open from the first piece to the last; `appended` opens and closes it for each.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def main(path: Path, way: str) -> None:
    """Write each line of standard input, in hexadecimal, and say so."""
    kept: IO[bytes] | None = path.open("wb") if way == "kept" else None
    for line in sys.stdin:
        if kept:
            kept.write(bytes.fromhex(line))
            kept.flush()
        else:
            with path.open("ab") as file:
                file.write(bytes.fromhex(line))
        sys.stdout.write("written\n")
        sys.stdout.flush()


class SlowWriter:
    """The process, as the test that drives it sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def write(self, piece: bytes) -> None:
        """Have the process write a piece, and wait until it has."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{piece.hex()}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "written\n"


@contextmanager
def slow_writer(path: Path, way: str) -> Iterator[SlowWriter]:
    """A process at work on a file; it closes the file as it ends, when the block does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, str(path), way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield SlowWriter(process)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
