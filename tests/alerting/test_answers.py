"""What people answer to alerts is kept, holds until its day, and is found under the id that a project has now."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.alerting.answers import Answer, answer, answers
from orchestration.alerting.card_lines import answer_line
from orchestration.settings import Settings

NOW = datetime(2017, 11, 15, 9, tzinfo=UTC)
KEY = "budget_slip:sirhen:2017-S2:cost"
ACK = Answer("ack", "Marché relancé : voir\nla note.", "A. Martin (DINUM)", date(2017, 12, 31))
SNOOZE = Answer("snooze", "Comité en mai", "A. Martin", date(2018, 5, 1))
ASSIGN = Answer("assign", "Elle suit le marché", "A. Martin", date(2018, 5, 1), "L. Petit")


def test_of_each_kind_the_last_answer_says_and_none_takes_the_place_of_another(settings: Settings) -> None:
    assert answers(settings) == {}
    assert not settings.home.exists()
    for one in (ACK, SNOOZE, ASSIGN, Answer("ack", "Marché signé", "B. Roux", date(2018, 1, 31))):
        answer(settings, [KEY, "overdue:chorus:2017-S2:attention"], one, NOW)
    said = answers(settings)
    assert said[KEY] == (SNOOZE, ASSIGN, Answer("ack", "Marché signé", "B. Roux", date(2018, 1, 31)))
    assert said[KEY] == said["overdue:chorus:2017-S2:attention"]


def test_an_answer_holds_until_the_end_of_its_day() -> None:
    assert [ACK.holds(date(2017, 12, 31)), ACK.holds(date(2018, 1, 1))] == [True, False]


def test_what_was_said_under_a_former_id_is_said_of_the_project_that_it_leads_to(settings: Settings) -> None:
    settings.marts.mkdir(parents=True)
    rows = [
        {"former_id": "sirhen", "project_id": "si-rhen", "is_redirect": True},
        {"former_id": "sirhen", "project_id": "other", "is_redirect": False},
        {"former_id": "42", "project_id": "mi-42", "is_redirect": True},
    ]
    pq.write_table(pa.Table.from_pylist(rows), settings.marts / "former_project_ids.parquet")
    answer(settings, [KEY.replace("sirhen", "si-rhen")], ACK, NOW)
    # The number of a rejected drop is no project's.
    answer(settings, [KEY, "submission_rejected:42:2017-S2:drop"], SNOOZE, NOW)
    assert answers(settings) == {
        "budget_slip:si-rhen:2017-S2:cost": (ACK, SNOOZE),
        "submission_rejected:42:2017-S2:drop": (SNOOZE,),
    }


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (ACK, "Expliqué par A. Martin (DINUM) jusqu’au 31 décembre 2017 : « Marché relancé : voir la note. »."),
        (SNOOZE, "Mis en veille par A. Martin jusqu’au 1er mai 2018 : « Comité en mai »."),
        (ASSIGN, "Confié à L. Petit par A. Martin jusqu’au 1er mai 2018 : « Elle suit le marché »."),
    ],
)
def test_a_card_says_who_answered_what_and_until_when(said: Answer, line: str) -> None:
    assert answer_line(said).replace("\N{NO-BREAK SPACE}", " ") == line


def test_what_a_person_typed_is_cut_and_steers_nobody() -> None:
    line = answer_line(Answer("ack", "x" * 1000, "A\u202e" + "y" * 500, date(2017, 12, 31)))
    assert len(line) < 500
    assert "\u202e" not in line
