"""How fast a large file is checked, beside frictionless-py on the same file and the same Table Schema, in one run.

`python benchmarks/check_throughput.py --frictionless /tmp/frictionless/bin/python`. It is no dependency of ours:
`python -m venv /tmp/frictionless && /tmp/frictionless/bin/pip install frictionless` makes it. Without it, ours alone.
The target is ten times its rows per second with the same planted faults found, warm, as in a pass; cold is a new
process, which first imports the libraries. Seconds are those of the processor, which other programs do not lengthen; of
several warm checks, the quickest counts, on both sides.
"""

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from orchestration.contracts import CONTRACTS
from orchestration.contracts.table_schema import schema_json
from orchestration.domain.spreadsheets import column_letters
from orchestration.intake.take_in import check_file

ROWS = 100_000
NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
CONTRACT = CONTRACTS["procedures"]
FIELDS = [column.field for column in CONTRACT.current]

# What is planted, each in rows of its own: in which field, and what is typed there.
BOTH_KNOW = {
    "no number": ("total_volume", "beaucoup"),
    "no score": ("satisfaction_score", "très bien"),
    "no date": ("accessibility_declared_on", "2021-02-31"),
    "unknown word": ("online_status", "Peut-être"),
    "no address": ("procedure_url", "voir le site"),
    "duplicate id": ("procedure_id", None),
    "rate over 1": ("autonomy_rate", "1.7"),
    "score over 10": ("language_clarity_score", "11.5"),
    "negative volume": ("online_volume", "-4"),
}
WE_ALONE_KNOW = {
    "more online than in all": ("online_volume", "99999999"),
    "load time of zero": ("load_time_ms", "0"),
    "full accessibility at 50 %": ("disability_status", "Totale"),
    "two names alike": ("name", None),
}
IT_ALONE_REFUSES = {
    "French number": ("load_time_ms", "1 200"),
    "French date": ("accessibility_declared_on", "05/09/2020"),
    "rate in percent": ("autonomy_rate", "64 %"),
    "word in capitals": ("online_status", "OUI"),
}
TIMES = 20
WARM_CHECKS = 5

_FRICTIONLESS = """
import json, sys, time
from frictionless import Resource, Schema
folder, count, checks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
schema = Schema.from_descriptor(json.load(open(folder + "/schema.json", encoding="utf-8")))
seconds = float("inf")
for _ in range(checks):
    began = time.process_time()
    resource = Resource(path="procedures.csv", basepath=folder, schema=schema, encoding="utf-8")
    report = resource.validate(limit_errors=count)
    seconds = min(seconds, time.process_time() - began)
errors = report.flatten(["rowNumber", "fieldNumber", "type", "note"])
print(json.dumps({"seconds": seconds, "errors": errors, "rows": report.tasks[0].stats["rows"]}))
"""


def main() -> None:
    """Make the file, check it both ways, and print the rates, their ratio, and who found which faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frictionless", type=Path, help="a Python that has frictionless")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "procedures.csv"
        planted = _write(file)
        (folder / "schema.json").write_text(schema_json(CONTRACT), encoding="utf-8")
        print(f"{ROWS} rows of {len(FIELDS)} columns, {file.stat().st_size / 2**20:.1f} MiB")
        ours, cold, warm = _ours(file)
        _print_rate("jalons check, cold", cold)
        _print_rate("jalons check, warm", warm)
        if options.frictionless is None:
            theirs = None
        else:
            theirs, its_cold, its_warm = _frictionless(options.frictionless, folder)
            _print_rate("frictionless, cold", its_cold)
            _print_rate("frictionless, warm", its_warm)
            print(f"ratio: {its_cold / cold:.1f} cold, {its_warm / warm:.1f} warm")
    _print_faults(planted, ours, theirs)


def _ours(file: Path) -> tuple[dict[str, str], float, float]:
    """Our findings by cell, then the seconds of a new process, start and printing included, and of a warm check."""
    jalons = Path(sys.executable).with_name("jalons")
    began = _seconds_of_children()
    subprocess.run([jalons, "check", file, "--home", file.parent / "home"], check=True, stdout=subprocess.DEVNULL)
    cold = _seconds_of_children() - began
    warm = float("inf")
    for _ in range(WARM_CHECKS):
        start = time.process_time()
        receipt = check_file(file, NOW).receipt
        warm = min(warm, time.process_time() - start)
    assert receipt.rows_read == ROWS, receipt.findings  # noqa: S101
    return {str(finding.cell): finding.rule for finding in receipt.findings}, cold, warm


def _frictionless(python: Path, folder: Path) -> tuple[dict[str, str], float, float]:
    """The same of frictionless; its second number leaves out its start."""

    def report_of(checks: int) -> Any:
        command = [python, "-c", _FRICTIONLESS, folder, str(ROWS), str(checks)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    began = _seconds_of_children()
    found = report_of(1)
    cold = _seconds_of_children() - began
    assert found["rows"] == ROWS, found["rows"]  # noqa: S101
    errors = {f"{column_letters(field - 1)}{row}": kind for row, field, kind, _note in found["errors"] if row and field}
    return errors, cold, report_of(WARM_CHECKS)["seconds"]


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _print_rate(what: str, seconds: float) -> None:
    print(f"{what}: {seconds:.2f} s, {ROWS / seconds:,.0f} rows per second")


def _print_faults(planted: dict[str, dict[str, set[str]]], ours: dict[str, str], theirs: dict[str, str] | None) -> None:
    """Print, for each sort of planted fault, how many each found and as what; then what was found where none is."""
    for group, faults in planted.items():
        print(f"\n{group}")
        for name, cells in faults.items():
            print(
                f"  {name}: {_found(cells, ours)} by us"
                + ("" if theirs is None else f", {_found(cells, theirs)} by it")
            )
    everywhere = {cell for faults in planted.values() for cells in faults.values() for cell in cells}
    for who, found in (("us", ours), ("it", theirs)):
        elsewhere = Counter(rule for cell, rule in (found or {}).items() if cell not in everywhere)
        if elsewhere:
            print(f"\nelsewhere, by {who}: {dict(elsewhere)}")


def _found(cells: set[str], found: dict[str, str]) -> str:
    rules = sorted({found[cell] for cell in cells if cell in found})
    return f"{sum(cell in found for cell in cells)} of {len(cells)}" + (f" ({', '.join(rules)})" if rules else "")


def _write(file: Path) -> dict[str, dict[str, set[str]]]:
    """Write the file, and return the cells of each planted fault, by group and name."""
    chance = random.Random(1)  # noqa: S311
    rows = [_row(number, chance) for number in range(ROWS)]
    places = iter(chance.sample(range(1, ROWS), TIMES * 17))
    groups = {
        "Both should find": BOTH_KNOW,
        "What no Table Schema can say": WE_ALONE_KNOW,
        "What the schema of machines refuses, and we read": IT_ALONE_REFUSES,
    }
    planted: dict[str, dict[str, set[str]]] = {}
    for group, faults in groups.items():
        for name, (field, typed) in faults.items():
            cells = planted.setdefault(group, {}).setdefault(name, set())
            for _, place in zip(range(TIMES), places, strict=False):
                row = rows[place]
                row[field] = rows[0][field] if typed is None else typed
                if field == "disability_status":
                    row["accessibility_rate"] = 0.5
                cells.add(f"{column_letters(FIELDS.index(field))}{place + 2}")
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return planted


def _row(number: int, chance: random.Random) -> dict[str, object]:
    """A faultless row; a part of its cells says that there is no value, as in the real files."""
    total = chance.randrange(100, 2_000_000)
    online = chance.randrange(total)
    level = chance.choice(("Totale", "Partielle", "Non conforme"))
    said: dict[str, object] = {
        "name": f"Demande d’attestation n° {number}",
        "procedure_id": number,
        "perimeter_name": "Intérieur et outre-mer",
        "ministry": "Ministère de l'Intérieur",
        "administration": chance.choice(("DGFIP", "DGEF", "DMAT", "DSR")),
        "online_status": chance.choice(("Oui", "Partiel")),
        "user_categories": chance.choice(("Particulier", "Entreprise", "Particulier; Entreprise")),
        "total_volume": total,
        "online_volume": online,
        "digital_use_rate": round(online / total, 4),
        "disability_status": level,
        "accessibility_rate": 1 if level == "Totale" else chance.randrange(100) / 100,
        "accessibility_declared_on": date(2018, 1, 1) + timedelta(days=chance.randrange(1_000)),
        "authentication": chance.choice(("FranceConnect", "FranceConnect +", "Non")),
        "dlnuf_score": chance.randrange(9),
        "availability_rate": round(chance.uniform(0.9, 1), 3),
        "load_time_ms": chance.randrange(100, 3_000),
        "procedure_url": f"https://www.exemple.gouv.fr/demarches/{number}",
    }
    for field in ("satisfaction_score", "language_clarity_score", "help_efficiency_score"):
        said[field] = "Nombre d'avis insuffisant" if chance.random() < 0.2 else round(chance.uniform(2, 10), 2)
    for field in ("autonomy_rate", "help_reachable_rate"):
        said[field] = "Non applicable" if chance.random() < 0.1 else round(chance.random(), 3)
    return said


if __name__ == "__main__":
    main()
