"""A file is taken once it has been quiet for as long as what is odd about it asks; nobody waits for it meanwhile."""

import os
from datetime import timedelta
from functools import cache

import pytest
from upath import UPath

from orchestration.intake import inbox, settling, signs
from orchestration.intake.ledger import Ledger
from orchestration.intake.signs import signs_of, wait_of
from orchestration.intake.take_in import take_in
from orchestration.passes.has_work import has_work
from orchestration.settings import Settings
from tests.conftest import NOW
from tests.intake.drops import GOOD, HEADER, OTHER, drop, projects_csv, workbook
from tests.intake.slow_writer import slow_writer

PATH = "2021-S2/MI/p.csv"
ROWS = [f"PROJET {number};Ministère de l'Intérieur;01/01/2020;4,5;Déploiement;42,5" for number in range(50)]
WHOLE = projects_csv(*ROWS)
CUT = projects_csv(GOOD, OTHER)[:-20]
BOOK = workbook(HEADER.split(";"), *(row.split(";") for row in ROWS))


@pytest.fixture
def watched(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose files must settle, where the second between two looks is not waited for."""
    monkeypatch.setattr(settling.time, "sleep", lambda _seconds: None)
    return settings.model_copy(update={"settle_seconds": 1.0})


def at(seconds: float):
    return NOW + timedelta(seconds=seconds)


def _owed(home: Settings, seconds: float) -> bool:
    return bool(settling.pending(home, _ledger(home.ledger), at(seconds)).owed)


@cache
def _ledger(address: str) -> Ledger:
    """Opened once: a test looks a hundred times."""
    return Ledger(address)


def _taken(home: Settings, seconds: float) -> list[tuple[str, str, int]]:
    """A pass if one is owed for the inbox: what became of each drop, and its rows."""
    if not _owed(home, seconds):
        return []
    outcomes = take_in(home, at(seconds)).outcomes
    return [(one.path, one.receipt.status, one.receipt.rows_accepted) for one in outcomes]


def _filed_before(home: Settings) -> None:
    drop(home.home, "2021-S1/MI/p.csv", WHOLE)
    assert _taken(home, -10_000) == [("2021-S1/MI/p.csv", "accepted", 50)]


def _pieces(data: bytes, number: int) -> list[bytes]:
    return [data[len(data) * at // number : len(data) * (at + 1) // number] for at in range(number)]


LINES = WHOLE.splitlines(keepends=True)
WRITERS = {
    "50 pieces of an open file": ("kept", _pieces(WHOLE, 50), False),
    "50 pieces of an open file, each a row": ("kept", [b"".join(LINES[:2]), *LINES[2:]], False),
    "50 pieces of an open file, with rows filed before": ("kept", _pieces(WHOLE, 50), True),
    "50 pieces, each appended": ("appended", _pieces(WHOLE, 50), False),
    "50 pieces, each a row that is appended": ("appended", LINES, False),
    "50 pieces, each a row that is appended, with rows filed before": ("appended", LINES, True),
    "a workbook": ("appended", _pieces(BOOK, 20), False),
}


@pytest.mark.parametrize(("way", "pieces", "has_filed"), WRITERS.values(), ids=WRITERS)
def test_a_writer_that_stalls_for_ten_seconds_gives_one_accepted_drop_of_all_rows(watched, way, pieces, has_filed):
    if has_filed:
        _filed_before(watched)
    name = PATH if pieces[0][:2] != b"PK" else "2021-S2/MI/p.xlsx"
    now, taken = 0, []
    with slow_writer(watched.home / "inbox" / name, way) as writer:
        for piece in pieces:
            writer.write(piece)
            # The sensor looks every ten seconds.
            taken += _taken(watched, now)
            now += 10
    waited = 0
    while not taken and waited < 600:
        taken, waited = _taken(watched, now + waited), waited + 10
    assert [(path, rows) for path, status, rows in taken if status.startswith("accepted")] == [(name, 50)]
    assert waited < 60
    assert _taken(watched, now + 1_000) == []


SIGNS = {
    "a whole file": (WHOLE, set()),
    "of one row": (projects_csv(GOOD), set()),
    "with a title above its header": (b"Grands projets\r\n\r\n" + WHOLE, set()),
    "a whole workbook": (BOOK, set()),
    "whole JSON": (b'[{"Nom du projet": "A"}]', set()),
    "without its last line end": (WHOLE.rstrip(), {"line_end_missing"}),
    "in UTF-16": (WHOLE.decode("cp1252").encode("utf-16"), set()),
    "in UTF-16 without its last line end": (WHOLE.decode("cp1252").rstrip().encode("utf-16"), {"line_end_missing"}),
    "cut in a row": (CUT, {"line_end_missing", "row_cut"}),
    "with a last row too short": (projects_csv(GOOD, "BOUSSOLE;Ministère"), {"row_cut"}),
    "a quote left open": (projects_csv(GOOD, '"BOUSSOLE;x'), {"quote_open"}),
    "a header alone": (projects_csv(), {"nothing_in_it"}),
    "a part of a header": (projects_csv()[:40], {"line_end_missing", "nothing_in_it"}),
    "an empty file": (b"", {"nothing_in_it"}),
    "room that is kept for a file": (bytes(5_000), {"nothing_in_it"}),
    "room after a file": (WHOLE + bytes(5_000), {"line_end_missing"}),
    "a workbook cut short": (BOOK[:-100], {"not_whole"}),
    "the first bytes of a workbook": (BOOK[:40], {"not_whole"}),
    "a workbook with a hole": (BOOK[:600] + bytes(1_000) + BOOK[1_600:], {"not_whole"}),
    "JSON cut short": (b'[{"Nom du projet": "A"}, {"Nom', {"not_whole"}),
    "what is never taken": (b"%PDF-1.4", set()),
}


@pytest.mark.parametrize(("data", "shown"), SIGNS.values(), ids=SIGNS)
def test_the_bytes_show_what_may_be_missing(data, shown):
    assert signs_of(data, lambda _kind: None) == shown


@pytest.mark.parametrize(("rows", "shown"), [(50, set()), (38, set()), (37, {"rows_few"}), (20, {"rows_few"})])
def test_many_fewer_rows_than_were_filed_before_are_a_sign(rows, shown):
    asked = []
    assert signs_of(projects_csv(*ROWS[:rows]), lambda kind: asked.append(kind) or 50) == shown
    assert asked == ["projects"]


@pytest.mark.parametrize("edition", ["2021-S1", "2021-S2"])
def test_the_rows_filed_before_are_those_of_this_edition_or_of_the_last_one(watched, edition):
    drop(watched.home, f"{edition}/MI/before.csv", WHOLE)
    drop(watched.home, f"{edition}/MI/essai/trial.csv", projects_csv(*ROWS[:1]))
    drop(watched.home, f"{edition}/MJ/other.csv", projects_csv(GOOD))
    assert len(_taken(watched, 0)) == 3
    drop(watched.home, PATH, projects_csv(*ROWS[:20]))
    drop(watched.home, "2021-S2/MC/p.csv", projects_csv(*ROWS[:20]))
    assert [path for path, _, _ in _taken(watched, 10)] == ["2021-S2/MC/p.csv"]
    assert not _owed(watched, 20)
    assert not _owed(watched, 139)
    assert [(path, rows) for path, _, rows in _taken(watched, 140)] == [(PATH, 20)]


def test_the_wait_grows_with_what_is_odd():
    assert wait_of(()) == 1
    assert 10 < wait_of({"line_end_missing"}) < wait_of({"row_cut"}) < wait_of({"row_cut", "line_end_missing"})
    assert max(map(wait_of, ([sign] for sign in signs.WORDS))) <= 300


def test_an_odd_file_holds_up_neither_the_others_nor_a_second_pass_and_is_owed_when_its_time_has_come(watched):
    drop(watched.home, PATH, CUT)
    drop(watched.home, "2021-S2/MJ/p.csv", projects_csv(GOOD))
    assert [path for path, _, _ in _taken(watched, 0)] == ["2021-S2/MJ/p.csv"]
    assert [_owed(watched, seconds) for seconds in (10, 20, 89)] == [False] * 3
    assert take_in(watched, at(89)).outcomes == ()
    assert _taken(watched, 90) == [(PATH, "accepted_with_warnings", 2)]


def test_a_pass_that_waited_for_another_one_with_a_late_clock_makes_no_file_older_than_it_is(watched):
    drop(watched.home, PATH, CUT)
    assert take_in(watched, at(-500)).outcomes == ()
    assert not _owed(watched, 0)
    assert not _owed(watched, 80)
    assert _owed(watched, 90)


def test_a_clock_that_is_set_back_begins_to_count_again(watched):
    drop(watched.home, PATH, CUT)
    assert not _owed(watched, 0)
    assert not _owed(watched, -3_600)
    assert not _owed(watched, -3_520)
    assert _owed(watched, -3_510)


def test_a_file_that_was_quiet_for_long_by_the_clock_of_its_own_disk_is_taken_at_once(watched, monkeypatch):
    path = drop(watched.home, PATH, CUT)
    old = path.stat().st_ctime_ns
    monkeypatch.setattr(inbox, "clock_of_store", lambda _inbox, _home: old + 89 * 10**9)
    assert not _owed(watched, 0)
    monkeypatch.setattr(inbox, "clock_of_store", lambda _inbox, _home: old + 90 * 10**9)
    assert _taken(watched, 0) == [(PATH, "accepted_with_warnings", 2)]


def test_the_clock_of_a_disk_is_that_of_a_file_made_on_it_and_of_no_other(watched, tmp_path):
    path = drop(watched.home, PATH, CUT)
    told = inbox.clock_of_store(watched.inbox, watched.home)
    assert path.stat().st_ctime_ns <= told <= drop(watched.home, "x.csv", b"").stat().st_ctime_ns
    assert inbox.clock_of_store(UPath("/proc/self"), watched.home) is None
    assert inbox.clock_of_store(UPath("memory://box"), watched.home) is None


@pytest.mark.parametrize("age", [-100_000, 100_000], ids=["in the past", "in the future"])
def test_an_old_time_that_a_copy_kept_makes_no_file_quiet_and_a_time_to_come_keeps_none_away(watched, age):
    path = drop(watched.home, PATH, CUT)
    then = path.stat().st_mtime + age
    os.utime(path, (then, then))
    assert not _owed(watched, 0)
    assert _owed(watched, 90)
    whole = drop(watched.home, PATH, WHOLE)
    os.utime(whole, (then, then))
    assert not _owed(watched, 91), "it has just changed"
    assert _taken(watched, 121) == [(PATH, "accepted", 50)]


def test_a_file_that_changes_while_it_is_read_is_not_taken(watched, monkeypatch):
    path = drop(watched.home, PATH, projects_csv(GOOD))
    take = inbox.read_file
    assert _owed(watched, 0)

    def read_and_grow(box, seen):
        data = take(box, seen)
        path.write_bytes(projects_csv(GOOD, OTHER))
        return data

    with monkeypatch.context() as patched:
        patched.setattr(inbox, "read_file", read_and_grow)
        assert take_in(watched, at(0)).outcomes == ()
    assert not _owed(watched, 10)
    assert _taken(watched, 40) == [(PATH, "accepted", 2)]


def test_other_bytes_of_the_same_size_and_time_are_seen(settings):
    path = drop(settings.home, PATH, projects_csv(GOOD))
    assert _taken(settings, 0) == [(PATH, "accepted", 1)]
    seen = path.stat()
    path.write_bytes(projects_csv(GOOD.replace("42,5", "43,5")))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (seen.st_size, seen.st_mtime_ns)
    assert _taken(settings, 10) == [(PATH, "accepted", 1)]
    assert not _owed(settings, 20)


@pytest.fixture
def in_memory(settings: Settings):
    """A home whose inbox is in a store that tells no time of change."""
    box = UPath("memory://jalons-box")
    (box / "2021-S2/MI").mkdir(parents=True, exist_ok=True)
    yield settings.model_copy(update={"inbox_url": str(box)}), box / PATH
    box.fs.rm(box.path, recursive=True)


def test_other_bytes_of_the_same_size_are_seen_for_a_while_where_a_store_tells_no_change(in_memory):
    home, path = in_memory
    path.write_bytes(projects_csv(GOOD))
    assert _taken(home, 0) == [(PATH, "accepted", 1)]
    assert not _owed(home, 10)
    path.write_bytes(projects_csv(GOOD.replace("42,5", "43,5")))
    assert _taken(home, 20) == [(PATH, "accepted", 1)]
    assert not _owed(home, 30)
    path.write_bytes(projects_csv(GOOD.replace("42,5", "44,5")))
    assert not _owed(home, 700), "it is not young any more"


def test_a_file_that_was_touched_moved_or_copied_with_its_home_is_no_work(settings):
    path = drop(settings.home, PATH, WHOLE)
    link = drop(settings.home, "2021-S2/MI/q.csv", b"")
    link.unlink()
    link.symlink_to("p.csv")
    assert len(_taken(settings, 0)) == 2
    path.chmod(0o640)
    os.utime(path)
    link.unlink()
    link.symlink_to("p.csv")
    assert not _owed(settings, 10)
    assert not _owed(settings, 20)
    assert take_in(settings, at(20)).outcomes == ()


def test_a_store_without_a_clock_of_ours_settles_by_our_own_looks(in_memory, monkeypatch):
    home, path = in_memory
    monkeypatch.setattr(settling.time, "sleep", lambda _seconds: None)
    home = home.model_copy(update={"settle_seconds": 1.0})
    path.write_bytes(CUT)
    assert [_owed(home, seconds) for seconds in (0, 89)] == [False, False]
    assert _taken(home, 90) == [(PATH, "accepted_with_warnings", 2)]


def test_a_file_that_a_program_keeps_open_is_taken_as_it_is_closed_or_after_five_minutes(watched):
    path = drop(watched.home, PATH, WHOLE)
    with path.open("ab"):
        assert not _owed(watched, 0)
        assert not _owed(watched, 299)
        assert _owed(watched, 300)
    assert _taken(watched, 0) == [(PATH, "accepted", 50)]


def test_what_is_not_settled_is_no_work_for_a_home_in_which_nothing_was_done_yet(watched):
    drop(watched.home, PATH, CUT)
    assert not has_work(watched, at(0))
    assert has_work(watched, at(90))


def test_what_waits_is_named_with_the_reason_and_the_time_that_is_left(watched):
    drop(watched.home, PATH, CUT)
    assert not _owed(watched, 0)
    with Ledger(watched.ledger) as ledger:
        (waiting,) = settling.pending(watched, ledger, at(30)).waiting
    assert (waiting.path, waiting.seconds) == (PATH, pytest.approx(60))
    assert waiting.why == "its last line has no end, its last row has fewer cells than its header"


def test_looks_of_long_ago_are_forgotten(watched):
    drop(watched.home, PATH, CUT)
    assert not _owed(watched, 0)
    (watched.home / "inbox" / PATH).unlink()
    drop(watched.home, "2021-S2/MI/q.csv", CUT)
    assert not _owed(watched, 700)
    with Ledger(watched.ledger) as ledger, ledger.engine.connect() as connection:
        assert [row.path for row in connection.execute(settling.METADATA.tables["settling"].select())] == [
            "2021-S2/MI/q.csv"
        ]
