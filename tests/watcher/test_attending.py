"""The loop of a half: when it looks, what it leaves alone and for how long, and that nothing ends it."""

import errno
import os
import threading

import pytest

from orchestration.passes import fingerprint
from orchestration.passes.has_work import Owed
from orchestration.passes.patience import pause_after
from orchestration.passes.summary import PassSummary
from orchestration.watcher import attending
from orchestration.watcher.attending import Asked, Attendant, Look, Stop


@pytest.fixture
def half(settings):
    settings.home.mkdir()
    loaded = fingerprint.sources(settings)
    return Attendant(settings, "publication", {"publication": None}, loaded, lambda state: states.append(state))


states: list[attending.State] = []


@pytest.fixture(autouse=True)
def _no_states():
    states.clear()


def _owed(monkeypatch, answer) -> None:
    monkeypatch.setitem(attending._OWED, "publication", lambda _settings, _now: answer())


def _raise(error: Exception):
    raise error


def test_what_cannot_be_looked_at_is_left_alone_twice_as_long_each_time_and_told_once(half, monkeypatch, caplog):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    _owed(monkeypatch, lambda: _raise(full))
    pauses = [half._look(lambda _pass: PassSummary()) for _ in range(7)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]
    assert {state.standing for state in states} == {"failing"}
    assert "the disk is full" in states[-1].why.lower()
    assert len([one for one in caplog.records if one.name == "jalons.watch"]) == 1
    assert len(list(half.settings.home.glob(".told-disk_full.*"))) == 1
    _owed(monkeypatch, lambda: Owed(None))
    half._look(lambda _pass: PassSummary())
    assert states[-1].standing == "waiting"
    # Its end is told too: the same cause would be news.
    assert not list(half.settings.home.glob(".told-*"))


def test_a_pass_that_fails_is_not_run_again_over_the_same_until_its_pause_is_over(half, monkeypatch):
    ran, word = [], ["one"]
    _owed(monkeypatch, lambda: Owed(word[0], why="drops"))
    fails = lambda wanted: ran.append(wanted) or PassSummary(failures=("It failed.",))  # noqa: E731
    assert half._look(fails) > 0
    assert states[-1].failures == ("It failed.",)
    half._look(fails)
    assert len(ran) == 1
    assert states[-1].why.startswith("Tried again in 300 s")
    word[0] = "another"
    half._look(fails)
    assert len(ran) == 2
    half._failed.until = 0.0
    assert half._look(lambda wanted: ran.append(wanted) or PassSummary()) == 0
    assert states[-1].standing == "waiting"


def test_nothing_is_run_by_code_that_is_older_than_the_disk(half, monkeypatch):
    _owed(monkeypatch, lambda: Owed("owed"))
    ran, answers = [], []
    half.sources = "of before"
    assert half._look(lambda wanted: ran.append(wanted) or PassSummary()) > 0
    half._answer(Asked(False, print, answers.append), lambda wanted: ran.append(wanted) or PassSummary())
    assert (ran, answers) == ([], [None])
    assert states[-1].why == "Code or rules changed: it begins anew."


def test_a_pass_notes_what_was_loaded_not_what_the_disk_has_by_then(half, monkeypatch):
    _owed(monkeypatch, lambda: Owed("owed"))
    ran = []
    half._look(lambda wanted: ran.append(wanted) or PassSummary())
    assert ran[0].of_sources == half.sources


def test_a_look_that_cannot_be_noted_keeps_no_drop_from_its_answer(half, monkeypatch):
    half.job, half.jobs = "intake", {"intake": None}
    monkeypatch.setitem(attending._OWED, "intake", lambda _settings, _now: Owed("owed"))
    half.settings.dagster_home.mkdir()
    (half.settings.dagster_home / "dagster.yaml").write_text("storage: 12")
    ran = []
    half._look(lambda wanted: ran.append(wanted) or PassSummary())
    assert len(ran) == 1


def test_the_most_memory_is_that_of_this_process(monkeypatch):
    monkeypatch.setattr(attending.resource, "getrusage", lambda _who: pytest.fail("what it was before counts"))
    assert 10 < attending._most_memory_mb() < 10_000


def test_pauses_grow_to_an_hour():
    assert [pause_after(tries).total_seconds() / 60 for tries in (1, 2, 3, 4, 5, 99)] == [5, 10, 20, 40, 60, 60]


def test_a_pass_that_breaks_in_a_way_that_nobody_knows_ends_nothing(half, monkeypatch, caplog):
    _owed(monkeypatch, lambda: _raise(RuntimeError("What is owed?")))
    half._look(lambda _wanted: _raise(RuntimeError("Ours.")))
    assert states[-1].failures == ("RuntimeError: Ours.",)
    assert "A pass could not be run" in caplog.text


def test_a_file_that_settles_is_looked_at_as_soon_as_it_has(half, monkeypatch):
    _owed(monkeypatch, lambda: Owed(None, settles_in_s=1.5))
    assert half._look(lambda _wanted: PassSummary()) == pytest.approx(1.52)


def test_looks_that_came_while_it_was_at_work_are_one_and_a_stop_among_them_is_heard(half):
    for request in (Look(), Look(), Look()):
        half.requests.put(request)
    assert half._next(0) == Look()
    assert half.requests.empty()
    half.requests.put(Look())
    half.requests.put(Stop())
    assert half._next(0) == Stop()


def test_whoever_asks_is_answered_even_where_the_pass_breaks(half):
    answers = []
    half._answer(Asked(False, print, answers.append), lambda _wanted: PassSummary(run_id="r"))
    half._answer(Asked(False, print, answers.append), lambda _wanted: _raise(RuntimeError("Ours.")))
    assert [one and one.run_id for one in answers] == ["r", None]


def test_no_pass_begins_while_a_check_is_answered(half):
    half.turn.acquire()
    ran = threading.Event()
    asked = Asked(False, print, lambda _summary: None)
    thread = threading.Thread(target=half._answer, args=(asked, lambda _wanted: ran.set() or PassSummary()))
    thread.start()
    assert not ran.wait(0.2)
    half.turn.release()
    thread.join()
    assert ran.is_set()
