"""Whatever is dropped gets a receipt that holds, in bounded time and memory.

A few hundred files in the suite, the same ones each time; `make fuzz` makes thousands, others each time, and says from
which seed: `make fuzz SEED=…` makes them again.
"""

import logging
import os
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from orchestration.intake.opening.formats import Refused, open_sheets
from orchestration.sample import generate
from tests.conftest import ROOT
from tests.intake import fuzzing

_LOG = logging.getLogger(__name__)

# Files of each sort: by default few, and the same ones each time.
IS_LONG = "JALONS_FUZZ_FILES" in os.environ
FILES = int(os.environ.get("JALONS_FUZZ_FILES", "150"))
SEED = int(os.environ.get("JALONS_FUZZ_SEED") or (random.SystemRandom().randrange(10**6) if IS_LONG else 0))
IN_A_PASS = 50
REAL = Path(os.environ.get("JALONS_REAL_DATA", ROOT.parent / "shared" / "data")) / "drops"


@cache
def _seeds() -> tuple[bytes, ...]:
    """One made-up file and, where they are, one real file of each name and format."""
    with TemporaryDirectory() as folder:
        generate(Path(folder))
        found = [path for root in (Path(folder), REAL) for path in sorted(root.rglob("*.*")) if path.is_file()]
        return tuple({(path.stem[:9], path.suffix): path.read_bytes() for path in found}.values())


@cache
def _tables() -> tuple[fuzzing.Table, ...]:
    """The header and first rows of each of these that is a table."""
    tables = []
    for data in _seeds():
        try:
            tables.append([list(row) for row in open_sheets(data)[0].rows[:8]])
        except Refused:
            continue
    return tuple(tables)


@pytest.fixture(autouse=True)
def _progress_alone(caplog):
    """Let faults of ours and the progress be told, and nothing else: each file that cannot be copied says so."""
    for name in ("orchestration", "great_expectations"):
        caplog.set_level(logging.ERROR, logger=name)


@pytest.mark.parametrize("start", range(0, FILES, IN_A_PASS))
def test_files_with_mutated_bytes_get_a_receipt_that_holds(start):
    chance = random.Random(f"{SEED}-{start}")  # noqa: S311
    seeds = _seeds()
    batch = [
        fuzzing.File("bin", fuzzing.mutated(chance.choice(seeds), chance, seeds))
        for _ in range(min(IN_A_PASS, FILES - start))
    ]
    _LOG.info("bytes: %d of %d, seed %d", start + len(batch), FILES, SEED)
    fuzzing.assert_all_hold(batch)


def test_mutated_tables_get_a_receipt_that_holds():
    done = 0

    @seed(SEED)
    @settings(
        max_examples=-(-FILES // IN_A_PASS),
        database=None,
        # What fails is kept as a file: making it smaller would take a pass for each try.
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(fuzzing.files(_tables()), min_size=IN_A_PASS, max_size=IN_A_PASS))
    def hold(batch):
        nonlocal done
        done += len(batch)
        _LOG.info("tables: %d of %d, seed %d", done, FILES, SEED)
        fuzzing.assert_all_hold(batch)

    hold()
