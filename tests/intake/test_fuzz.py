"""Whatever is dropped gets a receipt that holds, in bounded time and memory, and no wrong figure without a word.

Some forty files in the suite, the same ones each time; `make fuzz` makes thousands, others each time, and says
from which seed: `make fuzz SEED=…` makes them again.
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
from tests.intake import fuzzing, shown_files

_LOG = logging.getLogger(__name__)

# Files of each sort: by default few, and the same ones each time.
IS_LONG = "JALONS_FUZZ_FILES" in os.environ
FILES = int(os.environ.get("JALONS_FUZZ_FILES", "10"))
SEED = int(os.environ.get("JALONS_FUZZ_SEED") or (random.SystemRandom().randrange(10**6) if IS_LONG else 0))
IN_A_PASS = 50 if IS_LONG else 10
REAL = Path(os.environ.get("JALONS_REAL_DATA", ROOT.parent / "shared" / "data")) / "drops"


@cache
def _seeds(*, are_real: bool) -> tuple[bytes, ...]:
    """One file of each name and format, of the made-up ones or of the real ones."""
    with TemporaryDirectory() as folder:
        if not are_real:
            generate(Path(folder))
        found = [path for path in sorted((REAL if are_real else Path(folder)).rglob("*.*")) if path.is_file()]
        return tuple({(path.stem[:9], path.suffix): path.read_bytes() for path in found}.values())


@cache
def _tables() -> tuple[fuzzing.Table, ...]:
    """The header and first rows of each of these that is a table, real ones where they are."""
    tables = []
    for data in (*_seeds(are_real=False), *_seeds(are_real=True)):
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


@pytest.mark.parametrize("are_real", [False, True], ids=["made-up", "real"])
@pytest.mark.parametrize("start", range(0, FILES, IN_A_PASS))
def test_files_with_mutated_bytes_get_a_receipt_that_holds(start, are_real):
    if are_real and not REAL.is_dir():
        pytest.skip(f"the real files are not in {REAL}: JALONS_REAL_DATA says where they are")
    chance = random.Random(f"{SEED}-{start}-{are_real}")  # noqa: S311
    seeds = _seeds(are_real=are_real)
    batch = [
        fuzzing.File("bin", fuzzing.mutated(chance.choice(seeds), chance, seeds))
        for _ in range(min(IN_A_PASS, FILES - start))
    ]
    _LOG.info("bytes: %d of %d, seed %d", start + len(batch), FILES, SEED)
    fuzzing.assert_all_hold(batch)


@pytest.mark.parametrize("start", range(0, FILES, IN_A_PASS))
def test_no_figure_is_other_than_what_a_careful_reader_sees_without_a_word(start):
    made = [shown_files.made(random.Random(f"{SEED}-{start}-{number}"), number) for number in range(IN_A_PASS)]  # noqa: S311
    _LOG.info("figures: %d of %d, seed %d", start + len(made), FILES, SEED)
    fuzzing.assert_all_hold([fuzzing.File(one.suffix, one.data, one) for one in made])


def test_a_wrong_figure_without_a_word_is_seen(monkeypatch):
    chance = random.Random(0)  # noqa: S311
    one = next(one for one in (shown_files.made(chance, 0) for _ in range(99)) if "k€" in shown_files.formats_of(one))
    fuzzing.assert_all_hold([fuzzing.File(one.suffix, one.data, one)])
    monkeypatch.setattr("orchestration.intake.reading.read.with_number_formats", lambda table, _structure: table)
    with pytest.raises(AssertionError, match="in a file of"):
        fuzzing.assert_all_hold([fuzzing.File(one.suffix, one.data, one)])


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
