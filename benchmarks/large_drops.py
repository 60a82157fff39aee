"""How much memory a pass needs for large files that arrive together: `python -m benchmarks.large_drops [FILES [MB]]`.

Four files of 48 MB by default, of as many ministries. The most that the process held, and what it holds of one alone.
"""

import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import made_up_history
from orchestration.domain.perimeter import perimeter_names
from orchestration.intake.take_in import take_in
from orchestration.settings import Settings

FILES, MEGABYTES, ROWS = 4, 48, 60_000


def main(files: int, megabytes: int) -> None:
    """Take them in, in this process; print the most memory and what became of them."""
    edition = made_up_history.editions(1)[0]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "home", settle_seconds=0)
        for perimeter in list(perimeter_names())[:files]:
            header, *rows = made_up_history.projects_file(perimeter, edition).splitlines()
            words = b";" + b"objectif " * ((megabytes * 1_000_000 // ROWS - max(map(len, rows)) - 6) // 9)
            lines = [header + b";Description et objectifs du projet"]
            lines += [
                row.replace(b";", b" %d;" % number, 1) + words for number in range(ROWS // len(rows)) for row in rows
            ]
            data = b"\n".join(lines) + b"\n"
            made_up_history.drop(settings, perimeter, edition, "grand.csv", data)
        taken = take_in(settings, datetime.now(UTC))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = ", ".join(sorted({one.receipt.status for one in taken.outcomes}))
    print(f"{len(taken.outcomes)} files of {megabytes} MB ({said}): {most:.0f} MiB at most")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(*map(int, sys.argv[1:]))
    else:
        # Each in a process of its own: the most is never given back.
        for count in (1, int(sys.argv[1]) if sys.argv[1:] else FILES):
            subprocess.run([sys.executable, "-m", "benchmarks.large_drops", str(count), str(MEGABYTES)], check=True)
