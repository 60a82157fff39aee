"""A submission that drops more than half of its perimeter's rows is answered, and counts only later."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.intake import holds, lake
from orchestration.intake.holds import QUIET, NotHoldable
from orchestration.intake.lake_check import hand_over
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.advice import advice
from orchestration.intake.take_in import take_in
from orchestration.passes.has_work import intake_owed
from orchestration.settings import Settings
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)
THIRD = GOOD.replace("HORIZON", "CAP")


def _file(settings: Settings, path: str, *rows: str, at: datetime = NOW, is_replay: bool = False):
    drop(settings.home, path, projects_csv(*rows))
    (outcome,) = take_in(settings, at, is_replay=is_replay).outcomes
    return outcome.receipt


@pytest.fixture
def home(settings: Settings) -> Settings:
    """A home where MI has filed three projects, as drop 1."""
    assert _file(settings, "2021-S2/MI/a.csv", GOOD, OTHER, THIRD).held_until is None
    return settings


def _counting(settings: Settings) -> int:
    with Ledger(settings.ledger) as ledger:
        return ledger.counting("2021-S2", "MI")["projects"].drop_id


def _exported(settings: Settings) -> dict[int, tuple[str, bool]]:
    """What dbt is told of each drop: its status, and whether its rows are read."""
    hand_over(settings, SOON)
    return {row["drop_id"]: (row["status"], bool(row["lake_file"])) for row in lake.read_ledger(settings.lake, "drops")}


def test_a_third_of_the_rows_is_received_and_does_not_count_and_half_of_them_does(home):
    receipt = _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    assert (receipt.status, receipt.held_until) == ("accepted", SOON + QUIET)
    assert _counting(home) == 1
    assert _exported(home) == {1: ("accepted", True), 2: ("held", False)}
    assert _file(home, "2021-S2/MI/c.csv", GOOD, OTHER, at=SOON).held_until is None
    assert _counting(home) == 3


def test_the_agent_is_told_why_and_until_when(home):
    receipt = _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    assert receipt.verdict.endswith("Il ne compte pas encore.")
    said = advice(receipt)[0].replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("Votre envoi est bien reçu, mais il a moins de la moitié des lignes de celui du 1er ")
    assert "2021 (« a.csv ») : 1 au lieu de 3. S’il est incomplet, déposez le fichier entier, qui le " in said
    assert "il comptera à partir du 2 décembre 2021 à 10:05 (heure de Paris)" in said
    assert "compte déjà" not in said
    assert '"held_until": "2021-12-02T09:05:00Z"' in receipt.as_json()


def test_it_counts_once_its_time_has_come_and_an_intake_is_owed_then_and_not_before(home):
    _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    assert intake_owed(home, SOON + QUIET - timedelta(seconds=1)).word is None
    assert intake_owed(home, SOON + QUIET).word
    take_in(home, SOON + QUIET)
    assert _counting(home) == 2
    assert _exported(home) == {1: ("accepted", True), 2: ("accepted", True)}
    with Ledger(home.ledger) as ledger:
        assert holds.changes(ledger) == [("2021-S2", "hold_lifted", (SOON + QUIET).replace(tzinfo=None))]


def test_the_whole_file_that_follows_counts_at_once_and_what_was_held_never_does(home):
    _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    _file(home, "2021-S2/MI/c.csv", GOOD, OTHER, THIRD.replace("5,5", "6,5"), at=SOON)
    assert _counting(home) == 3
    take_in(home, SOON + QUIET)
    assert _counting(home) == 3


def test_the_file_of_before_filed_again_after_a_held_one_is_no_repeat_and_comes_after_it(home):
    _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    receipt = _file(home, "2021-S2/MI/c.csv", GOOD, OTHER, THIRD, at=SOON + timedelta(minutes=1))
    assert receipt.status == "accepted"
    take_in(home, SOON + QUIET)
    assert _counting(home) == 3


def test_a_held_file_filed_again_is_held_again_and_not_called_the_one_that_counts(home):
    _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    receipt = _file(home, "2021-S2/MI/c.csv", GOOD, at=SOON + timedelta(minutes=1))
    assert (receipt.status, receipt.held_until is None) == ("accepted", False)


def test_what_was_filed_for_the_edition_before_counts_where_nothing_was_for_this_one(home):
    receipt = _file(home, "2022-S1/MI/b.csv", GOOD, at=SOON)
    assert receipt.held_until == SOON + QUIET
    assert "pour l’édition 2021-S2 : 1 au lieu de 3" in advice(receipt)[0].replace("\N{NO-BREAK SPACE}", " ")
    # Another perimeter has nothing to do with it.
    assert _file(home, "2022-S1/MJ/b.csv", GOOD, at=SOON).held_until is None


def test_a_trial_is_told_that_the_file_would_not_count_at_once(home):
    receipt = _file(home, "2021-S2/MI/essai/b.csv", GOOD, at=SOON)
    said = " ".join(advice(receipt)).replace("\N{NO-BREAK SPACE}", " ")
    assert receipt.held_until is None
    assert "Il a moins de la moitié des lignes de celui du 1er décembre 2021 (« a.csv ») : 1 au lieu de 3." in said
    assert "il ne comptera qu’un jour après son dépôt" in said
    whole = _file(home, "2021-S2/MI/essai/c.csv", GOOD, OTHER, THIRD, at=SOON + timedelta(minutes=1))
    assert "moins de la moitié" not in " ".join(advice(whole))


def test_a_replay_waits_for_nobody(home):
    assert _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON, is_replay=True).held_until is None
    assert _counting(home) == 2


def test_a_trial_and_a_file_that_is_refused_are_not_held(home):
    assert _file(home, "2021-S2/MI/essai/b.csv", GOOD, at=SOON).held_until is None
    assert _file(home, "2021-S2/MI/b.csv", at=SOON).held_until is None
    with Ledger(home.ledger) as ledger:
        assert holds.held(ledger) == {}


def test_a_person_accepts_what_is_held_and_holds_what_counts(home):
    _file(home, "2021-S2/MI/b.csv", GOOD, at=SOON)
    with Ledger(home.ledger) as ledger:
        head = ledger.head()
        holds.accept(ledger, 2, SOON)
        assert (_counting(home), ledger.head() == head) == (2, False)
        holds.hold(ledger, 2, SOON)
        assert holds.held(ledger) == {2: None}
        take_in(home, SOON + 2 * QUIET)
        assert _counting(home) == 1
        changed = [event for _, event, _ in holds.changes(ledger)]
        assert changed == ["hold_lifted", "hold_placed"]


@pytest.mark.parametrize(
    ("say", "drop_id", "said"),
    [
        (holds.accept, 9, "There is no drop 9"),
        (holds.accept, 1, "Drop 1 is not held"),
        (holds.hold, 2, "never counted: it is rejected"),
        (holds.hold, 3, "never counted: it is a trial"),
    ],
)
def test_what_cannot_be_held_or_accepted_is_refused_with_the_reason(home, say, drop_id, said):
    _file(home, "2021-S2/MI/b.csv", at=SOON)
    _file(home, "2021-S2/MI/essai/b.csv", GOOD, at=SOON)
    with Ledger(home.ledger) as ledger, pytest.raises(NotHoldable, match=said):
        say(ledger, drop_id, SOON)


def test_a_hold_dies_with_the_verdict_or_is_there_with_it(home, monkeypatch):
    drop(home.home, "2021-S2/MI/b.csv", projects_csv(GOOD))
    with monkeypatch.context() as dying:

        def die(*_given):
            raise KeyboardInterrupt

        dying.setattr("orchestration.intake.ledger._record", die)
        with pytest.raises(KeyboardInterrupt):
            take_in(home, SOON)
    with Ledger(home.ledger) as ledger:
        assert ([one.drop_id for one in ledger.undecided()], holds.held(ledger)) == ([2], {})
