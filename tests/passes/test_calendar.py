"""What the calendar asks of a home is noted once, at its own day, whenever somebody looks."""

import shutil
import threading
from collections.abc import Callable
from contextlib import redirect_stderr
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestration.answers.filing_status import editions, ends_passed
from orchestration.intake import holds
from orchestration.intake.clock import mend_times
from orchestration.intake.inbox import Place, SeenFile
from orchestration.intake.ledger import Ledger
from orchestration.intake.take_in import take_in
from orchestration.passes import calendar, fingerprint
from orchestration.passes.has_work import intake_owed
from orchestration.passes.lock import intake_lock
from orchestration.passes.run import PassSummary
from orchestration.settings import Settings
from tests.intake.drops import GOOD, drop, projects_csv
from tests.pass_job import run_pass
from tests.passes.test_accidents import bytes_under

# Its end may be as late as 19 November 2021: a year that is known to a tenth.
ENDING = "PHARE;Ministère de l'Intérieur;01/11/2020;1,0;Déploiement;12"


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


@pytest.fixture(scope="session")
def made(made_once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """A live home: MI alone filed projects for 2021-S1, which a person closed, and for 2021-S2 on 4 October."""

    def make(folder: Path) -> None:
        settings = Settings(home=folder / "home", settle_seconds=0)
        drop(settings.home, "2021-S1/MI/p.csv", projects_csv(GOOD))
        look(settings, at("2021-05-03"))
        with Ledger(settings.ledger) as ledger:
            ledger.close("2021-S1", at("2021-09-01"))
        drop(settings.home, "2021-S2/MI/p.csv", projects_csv(GOOD, ENDING))
        summary = run_pass(settings, at("2021-10-04"))
        assert (summary.failures, summary.releases) == ((), (("2021-S1", 1), ("2021-S2", 1)))

    return made_once("calendar", make) / "home"


@pytest.fixture
def home(made: Path, settings: Settings) -> Settings:
    shutil.copytree(made, settings.home, symlinks=True)
    return settings


@pytest.fixture(scope="module")
def reminded(made: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PassSummary, str]:
    """That home after a pass on a day on which a reminder is due, its summary, and what was told."""
    settings, told = Settings(home=tmp_path_factory.mktemp("reminded") / "home", settle_seconds=0), StringIO()
    shutil.copytree(made, settings.home, symlinks=True)
    with redirect_stderr(told):
        summary = run_pass(settings, at("2022-06-01"))
    return settings.home, summary, told.getvalue().replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def reminded_home(reminded: tuple[Path, PassSummary, str], settings: Settings) -> Settings:
    shutil.copytree(reminded[0], settings.home, symlinks=True)
    return settings


def look(settings: Settings, now: datetime) -> list[str]:
    """What an intake does that begins now, and what was owed before."""
    why = intake_owed(settings, now).why
    with intake_lock(settings):
        take_in(settings, now)
        calendar.keep(settings, now)
    return [] if why == "news of the inbox" else why.split(", ")


def noted(settings: Settings) -> list[tuple[object, ...]]:
    """All that the ledger says of editions and of ends, in its order."""
    with Ledger(settings.ledger) as ledger, ledger.engine.connect() as connection:
        rows = [
            *connection.execute(sa.text("select at, edition, event from edition_events")),
            *connection.execute(sa.text("select passed_at, edition, project_id from ends_passed")),
        ]
    return sorted(map(tuple, rows))


def since(settings: Settings, day: str) -> list[tuple[str, ...]]:
    return [(str(one[0])[:10], *map(str, one[1:])) for one in noted(settings) if str(one[0]) >= day]


def test_an_edition_opens_on_its_day_for_all_who_are_awaited_though_nobody_has_filed(home):
    assert ("2021-10-01", "2021-S2", "opened") in since(home, "2021-10")
    assert intake_owed(home, at("2022-03-31", 23)).word != intake_owed(home, at("2022-04-01", 0)).word
    look(home, at("2022-04-03"))
    assert ("2022-04-01", "2022-S1", "opened") in since(home, "2022")
    (edition,) = (one for one in editions(home, date(2022, 4, 3)) if one.edition == "2022-S1")
    assert edition.is_open
    assert {name for name, kinds in edition.filings.items() if kinds["projects"].state == "awaited"} == {"MI"}
    assert edition.awaited == ("MI",)
    assert edition.counts("roadmap")["not_owed"] == 11
    assert intake_owed(home, at("2022-04-03")).word is None


def test_a_home_that_was_not_in_use_on_the_opening_day_opens_no_edition_and_an_empty_one_none(settings):
    assert intake_owed(settings, at("2021-10-02")).word is None
    drop(settings.home, "2021-S1/MI/p.csv", projects_csv(GOOD))
    take_in(settings, at("2021-10-02"))
    assert since(settings, "2021") == [("2021-10-02", "2021-S1", "opened")]


def test_a_replay_opens_no_edition_by_the_calendar(settings):
    drop(settings.home, "2020-S1/MI/p.csv", projects_csv(GOOD))
    take_in(settings, at("2020-06-15"), is_replay=True)
    take_in(settings, at("2020-12-15"), is_replay=True)
    assert [event for _, _, event in since(settings, "2020")] == ["opened"]


def test_a_machine_that_was_off_makes_up_for_the_days_once_as_if_it_had_looked_at_each(home, tmp_path):
    daily = home.model_copy(update={"home": tmp_path / "daily"})
    shutil.copytree(home.home, daily.home, symlinks=True)
    for days in range(5, 48):
        look(daily, at("2021-10-01") + timedelta(days=days))
    for days in range(60):
        with Ledger(daily.ledger) as ledger:
            # A publication told what the reminders changed.
            ledger.pass_done(ledger.head())
        look(daily, at("2022-03-01") + timedelta(days=days))
    assert "days of the calendar: 3" in look(home, at("2022-04-29"))
    assert [one for one in since(home, "2021-10-05") if not one[2].startswith("reminder")] == [
        ("2021-11-20", "2021-S2", "phare"),
        ("2022-04-01", "2021-S2", "closed"),
        ("2022-04-01", "2022-S1", "opened"),
    ]
    assert noted(home) == [one for one in noted(daily) if "reminder" not in str(one[2])]
    assert look(home, at("2022-04-29")) == []


def test_two_that_look_at_once_note_each_day_once(home):
    threads = [threading.Thread(target=look, args=(home, at("2022-04-02"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert since(home, "2021-10-05") == [
        ("2021-11-20", "2021-S2", "phare"),
        ("2022-04-01", "2021-S2", "closed"),
        ("2022-04-01", "2022-S1", "opened"),
    ]


def test_a_clock_that_goes_back_does_nothing(home):
    look(home, at("2022-04-02"))
    before = noted(home)
    assert look(home, at("2021-11-22")) == []
    assert noted(home) == before


def test_an_end_that_passes_between_two_filings_is_noted_and_changes_no_table(home):
    released = bytes_under(home.releases)
    assert intake_owed(home, at("2021-11-19", 23)).word is None
    assert look(home, at("2021-11-25")) == ["days of the calendar: 1"]
    (end,) = ends_passed(home)
    assert (end.name, end.perimeter, end.edition, end.planned_end) == ("PHARE", "MI", "2021-S2", date(2021, 11, 19))
    # Nothing that is published rests on it: no publication is owed for it.
    with Ledger(home.ledger) as ledger:
        assert ledger.is_up_to_date()
    drop(home.home, "2021-S2/MI/p.csv", projects_csv(GOOD, ENDING.replace("1,0", "2,0")))
    assert run_pass(home, at("2021-11-26")).releases == (("2021-S2", 2),)
    assert ends_passed(home) == []
    assert since(home, "2021-11") == [("2021-11-20", "2021-S2", "phare")]
    now = bytes_under(home.releases)
    # The way in tells of the other revision.
    revisions = {name: data for name, data in released.items() if "/r1/" in str(name)}
    assert {name for name, data in revisions.items() if now[name] != data} == set()
    assert len(revisions) > 40


def test_an_edition_that_is_whole_is_closed_as_the_next_one_opens_and_its_release_stays(home):
    released = bytes_under(home.releases)
    assert run_pass(home, at("2022-04-20")).releases == ()
    assert bytes_under(home.releases) == released
    assert ("2022-04-01", "2021-S2", "closed") in since(home, "2022")
    with Ledger(home.ledger) as ledger:
        assert ledger.open_editions() == ["2022-S1"]


def test_what_was_filed_before_an_edition_could_be_closed_is_no_correction(home):
    with Ledger(home.ledger) as ledger:
        ledger.receive(SeenFile("1", "2021-S2/MI/q.csv", 1), "bbb", Place("2021-S2", "MI", False), at("2022-04-05"))
        ledger.decide(3, kind="projects", status="unchanged")
        ledger.pass_done(ledger.head())
    look(home, at("2022-04-20"))
    assert ("2022-04-05", "2021-S2", "closed") in since(home, "2022")


def _unpublished(settings: Settings, ledger: Ledger) -> None:
    ledger.adopt_method("2021-S2", "9.0.0", at("2022-01-05"))


def _held_back(settings: Settings, ledger: Ledger) -> None:
    known = calendar.known_of_marts(settings)
    fingerprint.note(settings, fingerprint.sources(settings), {"why": ["2021-S2"]}, known)


def _all_held_back(settings: Settings, ledger: Ledger) -> None:
    fingerprint.note(settings, fingerprint.sources(settings), {"why": None}, calendar.known_of_marts(settings))


def _held(settings: Settings, ledger: Ledger) -> None:
    holds.hold(ledger, 2, at("2022-01-05"))
    ledger.pass_done(ledger.head())


def _kind_filed_before(settings: Settings, ledger: Ledger) -> None:
    ledger.receive(SeenFile("1", "2021-S1/MI/r.csv", 1), "ccc", Place("2021-S1", "MI", False), at("2022-01-05"))
    ledger.decide(3, kind="roadmap", status="accepted")
    ledger.pass_done(ledger.head())


def _awaited(settings: Settings, ledger: Ledger) -> None:
    known = calendar.known_of_marts(settings)
    known["awaited"]["2021-S2"]["projects"] = "MC, MJ"
    fingerprint.note(settings, fingerprint.sources(settings), {}, known)


@pytest.mark.parametrize(
    ("begin", "why"),
    [
        (_unpublished, "what was filed is not published yet"),
        (_held_back, "it is held back, or what was published is not known"),
        (_all_held_back, "it is held back, or what was published is not known"),
        (_held, "held: drop 2"),
        (_kind_filed_before, "awaited: roadmap (everybody)"),
        (_awaited, "awaited: projects (MC, MJ)"),
    ],
)
def test_an_edition_that_is_awaited_or_held_back_stays_open_and_says_why(home, begin, why):
    with Ledger(home.ledger) as ledger:
        begin(home, ledger)
    said = {edition.code: standing for edition, standing in calendar.editions_of(home, at("2022-04-20"))}
    assert said["2021-S2"] == f"open, not closed: {why}"
    assert (said["2022-S1"], said["2022-S2"]) == ("not open yet", "not open yet")
    look(home, at("2022-04-20"))
    assert ("2022-04-01", "2021-S2", "closed") not in since(home, "2022")


def test_an_edition_for_which_nobody_files_is_not_closed(home):
    look(home, at("2022-04-20"))
    look(home, at("2022-10-02"))
    with Ledger(home.ledger) as ledger:
        ledger.pass_done(ledger.head())
        assert ledger.open_editions() == ["2022-S1", "2022-S2"]
        assert calendar.why_open(home, ledger, "2022-S1") == "nothing was filed for it"


def test_what_the_calendar_noted_by_a_clock_that_was_ahead_is_taken_back_and_noted_on_its_day(home):
    look(home, at("2022-04-02"))
    mend_times(home, at("2021-10-05"), at("2021-10-06"))
    with Ledger(home.ledger) as ledger:
        assert "2021-S2" in ledger.open_editions()
        assert ledger.ends_passed() == []
        ledger.pass_done(ledger.head())
    look(home, at("2022-04-02"))
    assert ("2022-04-01", "2021-S2", "closed") in since(home, "2022")
    assert ("2021-11-20", "2021-S2", "phare") in since(home, "2021-11")


def test_whoever_filed_before_is_reminded_of_an_edition_for_which_nobody_has_filed(reminded, reminded_home):
    _, summary, told = reminded
    assert (summary.failures, summary.releases) == ((), ())
    assert "Intérieur et outre-mer : aucune remontée acceptée" in told
    assert "pour l’édition 2022-S1, dont la date limite est le 30 juin 2022" in told
    # What the reminder changed is published by now: the edition before may be closed.
    assert look(reminded_home, at("2022-06-01")) == ["days of the calendar: 1"]
    assert look(reminded_home, at("2022-06-01")) == []


def test_the_tables_made_anew_from_the_ledger_and_the_archive_are_the_same_bytes(reminded_home):
    home = reminded_home
    before = {path.name: path.read_bytes() for path in home.marts.glob("*.parquet")}, bytes_under(home.releases)
    for folder in (home.warehouse, home.lake):
        shutil.rmtree(folder)
    assert run_pass(home, at("2023-02-01")).failures == ()
    after = {path.name: path.read_bytes() for path in home.marts.glob("*.parquet")}, bytes_under(home.releases)
    assert after == before
