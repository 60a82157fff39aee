"""How many wrong rules the tests refuse: `make mutants`, or `make mutants SEED=…` to draw the same mutants again.

What belongs here: drawing a sample of the mutants that mutmut makes, and telling what became of it. What does not: what
is mutated and which tests judge it (`[tool.mutmut]` in `pyproject.toml`). All that is written goes into `mutants/`.
The target is that nine in ten are killed; one that runs without end is, one that no test reaches is not. A mutant is
judged by the quickest of the tests that reach its function, which are those of its room.
"""

import hashlib
import secrets
import shutil
import sys
from collections import Counter, defaultdict
from itertools import accumulate
from pathlib import Path

from mutmut import __main__ as mutmut

COUNT = 450
WORKERS = 2
SECONDS_OF_TESTS = 3
KILLED = ("killed", "timeout")


def main(seed: str) -> None:
    """Draw the mutants, test each, then print the survivors as diffs, the score of each module and of all."""
    shutil.rmtree("mutants", ignore_errors=True)
    Path("mutants").mkdir()
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.setup_source_paths()
    mutmut.create_mutants(WORKERS)
    # By a hash of each name, so that a change of one function leaves the draw of the others as it was.
    names = [name for _, name, _ in mutmut.collect_source_file_mutation_data(mutant_names=())[0]]
    drawn = sorted(names, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest())[:COUNT]
    print(f"SEED={seed}: {len(drawn)} of {len(names)} mutants")
    _keep_quickest_tests()
    mutmut._run(drawn, WORKERS)

    became: dict[str, Counter[str]] = defaultdict(Counter)
    for module, name, exit_code in mutmut.collect_source_file_mutation_data(mutant_names=drawn)[0]:
        state = mutmut.status_by_exit_code[exit_code]
        became[str(module.path)][state] += 1
        if state not in KILLED:
            print(f"\n{name}: {state}\n{mutmut.get_diff_for_mutant(name, path=module.path)}")
    for path, states in became.items():
        print(f"{path}: {_score(states)}")
    print(f"SEED={seed}: {_score(sum(became.values(), Counter()))}")


def _keep_quickest_tests() -> None:
    mutmut.collect_or_load_stats(mutmut.get_mutant_runner(WORKERS))
    seconds, tests_of = mutmut.state().duration_by_test, mutmut.state().tests_by_mangled_function_name
    for function, tests in tests_of.items():
        quickest = sorted(tests, key=lambda test: (seconds[test], test))
        spent = accumulate(seconds[test] for test in quickest)
        within = {test for test, until in zip(quickest, spent, strict=True) if until <= SECONDS_OF_TESTS}
        tests_of[function] = within | set(quickest[:1])
    mutmut.save_stats()


def _score(states: Counter[str]) -> str:
    killed, total = sum(states[state] for state in KILLED), states.total()
    each = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{killed} of {total} mutants killed, {100 * killed / total:.1f} % ({each})"


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else str(secrets.randbelow(10**6)))
