"""Trials of stores that were damaged or put back from an old copy, and of a clock that is wrong.

What belongs here: the damages, each with how it is mended, and the two clocks. What does not: accidents of a pass
(`trials`), and what must hold (`checker`).
A store that was damaged is mended by the next pass or by a scrub, or engineers are told of it; what is published
meanwhile is never wrong; once the right bytes are back, the home says what a clean one says.
"""

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.intake.ledger import Ledger
from orchestration.operations.restore import restore
from orchestration.operations.scrub import scrub
from orchestration.settings import Settings
from tests.campaign import checker, homes
from tests.campaign.homes import CORRECTED, EDITION, LATE, PREVIOUS_EDITION, SECOND, SECOND_WAVE, sha256
from tests.campaign.trials import Campaign, Scene, Trial

ROWS = f"lake/projects/edition={EDITION}/perimeter=MI/00000009.parquet"
OLD_ROWS = f"lake/projects/edition={PREVIOUS_EDITION}/perimeter=MC/00000001.parquet"
OF_ANOTHER = f"lake/projects/edition={EDITION}/perimeter=MC/00000007.parquet"
FILED = SECOND_WAVE[f"{EDITION}/MI/projets.csv"]
ARCHIVED = f"archive/{sha256(FILED)[:2]}/{sha256(FILED)}"
LEDGER = "ledger.sqlite"
MART = "warehouse/marts/portfolio.parquet"
CSV = f"releases/{EDITION}/r1/data/portfolio.csv"
CORRECTION = {f"{EDITION}/MI/corrigé.csv": CORRECTED}


@dataclass(frozen=True)
class Damage:
    """`do` spoils the file or folder at `place` of a home, given the home from which the scene began and a chance.

    A pass that is asked to go on where it `is_refused`, as nobody can tell whose ledger it is, takes nothing in, and
    tells engineers once; then the right one is put back, or the ledger `is_restored`.
    """

    place: str
    do: Callable[[Path, Path, random.Random], None]
    is_refused: bool = False
    is_restored: bool = False


def _remove(path: Path, _old: Path, _chance: random.Random) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _truncate(path: Path, _old: Path, _chance: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _change_a_byte(path: Path, _old: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    # The first half of a Parquet file holds the rows, the second one mostly says how to read them.
    data[chance.randrange(4, len(data) // 2)] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def _change_a_figure(path: Path, _old: Path, _chance: random.Random) -> None:
    table = pq.read_table(path, partitioning=None)
    place = table.schema.get_field_index("current_cost_meur")
    column = table.column(place)
    doubled = pc.multiply(column.cast(pa.float64()), 2).cast(column.type)
    pq.write_table(table.set_column(place, table.schema.field(place), doubled), path)


def _copy_another(path: Path, _old: Path, _chance: random.Random) -> None:
    shutil.copyfile(path.parents[4] / OF_ANOTHER, path)


def _put_older(path: Path, old: Path, _chance: random.Random) -> None:
    shutil.copy2(old, path)


def _edit(path: Path, _old: Path, _chance: random.Random) -> None:
    text = path.read_text(encoding="utf-8")
    assert "61" in text
    path.write_text(text.replace("61", "16"), encoding="utf-8")


def _empty_databases(path: Path, _old: Path, _chance: random.Random) -> None:
    for one in path.rglob("*.db*"):
        one.write_bytes(b"")


DAMAGES: Mapping[str, Damage] = {
    "the rows of a submission removed": Damage(ROWS, _remove),
    "the rows of a closed edition removed": Damage(OLD_ROWS, _remove),
    "the rows of a submission cut in half": Damage(ROWS, _truncate),
    "one byte of the rows of a submission changed": Damage(ROWS, _change_a_byte),
    "a figure in the rows of a submission changed": Damage(ROWS, _change_a_figure),
    "the rows of another perimeter in their place": Damage(ROWS, _copy_another),
    "an archived file removed": Damage(ARCHIVED, _remove),
    "one byte of an archived file changed": Damage(ARCHIVED, _change_a_byte),
    "a mart removed": Damage(MART, _remove),
    "an older mart put back": Damage(MART, _put_older),
    "a table of a release edited": Damage(CSV, _edit),
    "a table of a release removed": Damage(CSV, _remove),
    "the warehouse deleted": Damage("warehouse", _remove),
    "Dagster's databases emptied": Damage("dagster", _empty_databases),
    "an older ledger put back": Damage(LEDGER, _put_older, is_refused=True),
    "the ledger removed": Damage(LEDGER, _remove, is_refused=True),
    "the ledger cut in half": Damage(LEDGER, _truncate, is_refused=True),
    "an older ledger put back, then restored": Damage(LEDGER, _put_older, is_refused=True, is_restored=True),
    "the ledger removed, then restored": Damage(LEDGER, _remove, is_refused=True, is_restored=True),
    "the mark of the archive removed": Damage("archive/HOME.json", _remove, is_refused=True),
}


def damaged(campaign: Campaign, scene: Scene, name: str) -> Trial:
    """A whole home, damaged; a pass; the right bytes put back where it is not mended; passes until all is well."""
    damage = DAMAGES[name]
    with campaign.trial(name, scene.clean_home, scene.clean_messages) as (trial, slack):
        spoilt, right = trial.home / damage.place, scene.clean_home / damage.place
        damage.do(spoilt, scene.home / damage.place, random.Random(f"{campaign.seed} {name}"))  # noqa: S311
        arrivals, clean, now = scene.arrivals, scene.clean, scene.now
        if damage.is_refused:
            assert scene.clean_late
            homes.put(trial.home, LATE)
            arrivals, clean = {**arrivals, **LATE}, scene.clean_late
        ended = campaign.warm.run(trial.home, now, slack=slack.base_url)
        trial.differs += [f"before it was mended: {one}" for one in checker.wrong_revisions(trial.home, clean)]
        if damage.is_refused:
            trial.differs += _not_refused(trial.home, scene) + (["the pass was whole"] if ended.is_whole else [])
            new = [message["text"] for message in slack.messages[len(scene.clean_messages) :]]
            trial.differs += [] if len(new) == 1 else [f"engineers were told {len(new)} times of it: {new}"]
        elif checker.differences(trial.home, clean, arrivals) and not checker.engineers_told(trial.home):
            # What only looks as it did is found by reading all of it.
            scrub(Settings(home=trial.home), now)
            ended = campaign.warm.run(trial.home, now, slack=slack.base_url)
            if checker.differences(trial.home, clean, arrivals) and not checker.engineers_told(trial.home):
                trial.differs.append("neither a pass nor a scrub mended it, and engineers were not told")
        if damage.is_restored:
            restore(Settings(home=trial.home), now)
            ended = None
        elif not ended.is_whole or checker.differences(trial.home, clean, arrivals):
            shutil.rmtree(spoilt) if spoilt.is_dir() else spoilt.unlink(missing_ok=True)
            shutil.copytree(right, spoilt, symlinks=True) if right.is_dir() else shutil.copy2(right, spoilt)
            ended = None
        campaign.heal(trial, now, slack, after=ended)
        trial.differs += checker.differences(trial.home, clean, arrivals)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def archive_damaged_before_a_verdict(campaign: Campaign, scene: Scene, *, is_removed: bool) -> Trial:
    """The archived bytes of a drop that was received and not yet decided: nothing else may be decided on."""
    what = "removed" if is_removed else "changed"
    with campaign.trial(f"archived bytes {what} before the verdict", scene.home, scene.told) as (trial, slack):
        spoilt, number = trial.home / ARCHIVED, len(SECOND_WAVE)
        while not spoilt.exists():
            number += 1
            ended = campaign.warm.run(trial.home, scene.now, slack=slack.base_url, at=("ledger", number))
            trial.kills["ledger"] += ended.is_killed
        if any(row[2] == sha256(FILED) and row[8] != "received" for row in checker.drops(trial.home)):
            trial.differs.append("it was decided before its bytes were spoilt")
        (_remove if is_removed else _change_a_byte)(spoilt, spoilt, random.Random(campaign.seed))  # noqa: S311
        campaign.heal(trial, scene.now, slack)
        trial.differs += checker.differences(trial.home, scene.clean, scene.arrivals)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def clock_behind(campaign: Campaign, scene: Scene) -> Trial:
    """Passes whose clock is hours behind the ledger: what comes last counts, and engineers are told once."""
    with campaign.trial("a clock behind", scene.clean_home, scene.clean_messages) as (trial, slack):
        for hours, arrivals in ((-5, LATE), (-4, CORRECTION)):
            homes.put(trial.home, arrivals)
            campaign.warm.run(trial.home, SECOND + timedelta(hours=hours), slack=slack.base_url)
        trial.differs += _told_once(trial.home) + _counted(trial.home)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def clock_ahead(campaign: Campaign, scene: Scene, *, is_right: bool) -> Trial:
    """Passes whose clock is years ahead take nothing in, until it is set right or a person says that it is right."""
    name = f"a clock years ahead, {'confirmed' if is_right else 'set right'}"
    with campaign.trial(name, scene.clean_home, scene.clean_messages) as (trial, slack):
        homes.put(trial.home, LATE)
        for days in (3 * 365, 3 * 365 + 1):
            now = SECOND + timedelta(days=days)
            campaign.warm.run(trial.home, now, slack=slack.base_url)
        if len(checker.drops(trial.home)) != len(scene.arrivals):
            trial.differs.append("a drop was taken in by a clock three years ahead")
        trial.differs += _told_once(trial.home)
        if is_right:
            with Ledger(Settings(home=trial.home).ledger) as ledger:
                ledger.confirm_clock(now)
        else:
            now = SECOND
        homes.put(trial.home, CORRECTION)
        campaign.heal(trial, now + timedelta(hours=1), slack)
        trial.differs += _counted(trial.home)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def _counted(home: Path) -> list[str]:
    """What of a late drop and a correction does not count, and whether receipts are in the order of their times."""
    counted, times = checker.said_by(home)[f"manifest {EDITION}"], [row[3] for row in checker.drops(home)]
    found = [f"{path} does not count" for path, data in {**LATE, **CORRECTION}.items() if sha256(data) not in counted]
    found += ["what was corrected still counts"] if sha256(FILED) in counted else []
    return found + ([] if times == sorted(times) else [f"received_at goes back: {times[-4:]}"])


def _told_once(home: Path) -> list[str]:
    told = checker.engineers_told(home)
    return [] if len(told) == 1 else [f"engineers were told {len(told)} times of the clock, not once: {told}"]


def _not_refused(home: Path, scene: Scene) -> list[str]:
    """What changed in the stores of a home where no pass may begin."""

    def seen(of: Path) -> dict[str, bytes]:
        folders = ("outbox", "releases", "lake", "archive")
        files = (path for folder in folders for path in (of / folder).rglob("*") if path.is_file())
        return {str(path.relative_to(of)): path.read_bytes() for path in files if path.name != "HOME.json"}

    ours, theirs = seen(home), seen(scene.clean_home)
    changed = sorted(path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path))
    return [f"it changed {len(changed)} files, such as {changed[0]}"] if changed else []
