"""How a warm pass for one correction of the latest edition grows with history: `python -m benchmarks.history [N …]`.

2, 10, 40 and 120 editions × 66 projects, all but the last one closed. Stage by stage the seconds of the fastest of some
passes in a process that is warm, and the exponent: by what power of the number of editions they grow from the second
count to the last one.
"""

import json
import sys
import tempfile
from collections import defaultdict
from datetime import timedelta
from math import log
from pathlib import Path
from time import monotonic

import dagster as dg

from benchmarks import made_up_history
from orchestration.settings import Settings

EDITIONS, PASSES = (2, 10, 40, 120), 3


def measure(counts: tuple[int, ...] = EDITIONS) -> dict[int, dict[str, float]]:
    """Seconds by number of editions and by stage."""
    found = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            begun = monotonic()
            settings = made_up_history.make(Path(folder) / "home", count)
            print(f"{count} editions filed in {monotonic() - begun:.0f} s", file=sys.stderr)
            passes = [_pass(settings, count, number) for number in range(PASSES + 1)]
            # The first one still makes what a process makes once.
            found[count] = {stage: min(one[stage] for one in passes[1:]) for stage in passes[-1]}
    return found


def _pass(settings: Settings, count: int, number: int) -> dict[str, float]:
    edition = made_up_history.editions(count)[-1]
    data = made_up_history.projects_file("MI", edition, {number: 1})
    made_up_history.drop(settings, "MI", edition, f"correction {number}.csv", data)
    begun = monotonic()
    summary = made_up_history.one_pass(settings, made_up_history.filed_at(count) + timedelta(hours=1 + number))
    seconds = monotonic() - begun
    if [edition for edition, _ in summary.releases] != [edition.code]:
        sys.exit(f"A correction of {edition} released {summary.releases}: {summary.failures}")
    stages: dict[str, float] = defaultdict(float)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        for record in instance.get_run_records(limit=2):
            for step in instance.get_run_step_stats(record.dagster_run.run_id):
                stages[step.step_key] += (step.end_time or 0) - (step.start_time or 0)
    return {"whole pass": seconds, **dict(sorted(stages.items(), key=lambda one: -one[1]))}


def say(found: dict[int, dict[str, float]]) -> None:
    """Print the seconds of each stage by number of editions, and the exponent."""
    counts = list(found)
    print(f"\nSeconds of a warm pass for one correction, by editions of history (66 projects each)\n{'':22}", end="")
    print("".join(f"{count:>9}" for count in counts) + "   exponent")
    for stage in found[counts[-1]]:
        seconds = [found[count].get(stage, 0.0) for count in counts]
        print(f"{stage:22}" + "".join(f"{one:9.2f}" for one in seconds) + f"   {exponent(counts, seconds):8.2f}")


def exponent(counts: list[int], seconds: list[float]) -> float:
    """By what power of the count the seconds grow between the second count and the last."""
    first = min(1, len(counts) - 2)
    if len(counts) < 2 or min(seconds[first], seconds[-1]) <= 0:
        return 0.0
    return log(seconds[-1] / seconds[first]) / log(counts[-1] / counts[first])


if __name__ == "__main__":
    result = measure(tuple(map(int, sys.argv[1:])) or EDITIONS)
    say(result)
    print(json.dumps(result))
