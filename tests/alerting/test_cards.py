"""One card per project and edition: what is on it, where it hangs, and what changes it."""

import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from alert_home import NOW, Home, alert_row
from fake_slack import OVERSIZE
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from expectations.rule import Rule, present
from expectations.runner import Verdict
from orchestration.alerting.alerts import Alert
from orchestration.alerting.answers import Answer, answer
from orchestration.alerting.cards import Told
from orchestration.alerting.channels.console import Console
from orchestration.alerting.channels.slack import blocks
from orchestration.alerting.messages import Around, card, digest, filing, summary
from orchestration.alerting.outbox_questions import has_unsettled
from orchestration.alerting.outbox_tables import OutboxEntry
from orchestration.alerting.reconciliation import reconcile
from orchestration.intake.ledger import DROPS, Ledger
from orchestration.store.sql import engine_of
from orchestration.validation.holding import Hold

SITE = "https://jalons.example"
AROUND = Around(NOW, SITE)
OVERRUN = {"rule": "budget_overrun", "level": "25", "from_value": Decimal(75)}


def told(*rows: dict[str, Any]) -> list[Told]:
    alerts = {row["alert_key"]: Alert.of(row) for row in rows}
    planned, _ = reconcile([], alerts, alerts.keys(), {})
    entries: dict[str, OutboxEntry] = {entry.alert_key: entry for entry in planned}
    return [Told(entries[key], alert, None) for key, alert in alerts.items()]


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_card_says_who_what_out_of_what_why_in_whose_words_and_where_to_look() -> None:
    rows = [alert_row(variance_comment="Marché relancé."), alert_row(**OVERRUN, variance_comment="Marché relancé.")]
    made = card("k", told(*rows), AROUND)
    assert plain(made.title) == "🟠 Attention · SIRHEN (Éducation nationale) · édition 2017-S2"
    assert [plain(str(line)) for line in made.lines] == [
        "Coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition 2017-S1 ; 29,3 % au-dessus de la "
        "référence initiale (75,0 M€) : palier de 25 % franchi.",
        "Le ministère : « Marché relancé. »",
    ]
    assert [plain(note) for note in made.notes] == [
        "Pourquoi cette fiche : coût complet en hausse d’au moins 10 % ou 5 M€ par rapport à l’édition précédente ; "
        "gravité « attention » à partir de 25 % ou 10 M€."
    ]
    assert [link.address for link in made.links] == [
        f"{SITE}/2017-S2/current/index.html#sirhen",
        f"{SITE}/2017-S2/current/index.html#methode",
    ]


def test_where_no_explanation_came_a_card_says_so_unless_there_is_nothing_to_explain() -> None:
    assert "Aucune explication reçue." in map(str, card("k", told(alert_row()), AROUND).lines)
    news = told(alert_row(rule="entered", level="entered"))
    assert "Aucune explication reçue." not in map(str, card("k", news, AROUND).lines)


def test_the_counts_of_a_summary_and_of_a_list_add_up_to_what_is_shown() -> None:
    rows = [alert_row(f"p{number:02}", severity=("critique", "attention")[number > 2]) for number in range(30)]
    whole = summary("k", "2017-S2", told(*rows), AROUND, on_cards=["p00", "p01", "p02"], is_listed=True)
    assert whole.notes == (
        "3\N{NO-BREAK SPACE}fiches ci-dessous, pour les plus graves\N{NO-BREAK SPACE}; le reste en liste.",
    )
    assert plain(whole.title) == "Édition 2017-S2 · 30 projets"
    assert [plain(line.name) for line in whole.lines] == ["🔴 3 critiques :", "🟠 27 à surveiller"]
    some = summary("k", "2017-S2", told(*rows), AROUND, on_cards=["p00"], is_listed=False)
    assert plain(some.notes[0]) == "1 fiche ci-dessous."
    rest = digest("k", told(*rows[3:]), AROUND)
    assert (plain(rest.title), len(rest.lines)) == ("27 projets, dont 20 ci-dessous · édition 2017-S2", 20)
    assert [plain(note) for note in rest.notes] == ["Les 7 autres sont sur la page de l’édition 2017-S2."]


def test_a_reminder_says_where_to_file_and_is_no_matter_of_a_page() -> None:
    row = alert_row("MI/projects", rule="submission_missing", perimeter="MI", level="7", measure="projects")
    made = filing("k", told(row | {"to_text": "2017-11-30"}), AROUND)
    assert "2017-S2/MI" in made.notes[0]
    assert made.links == ()


def test_reminders_of_a_day_are_one_message_of_the_channel_itself_and_the_next_day_is_another(home: Home) -> None:
    def reminder(perimeter: str, level: str) -> dict[str, Any]:
        row = alert_row(f"{perimeter}/projects", rule="submission_missing", perimeter=perimeter, level=level)
        return row | {"measure": "projects", "to_text": "2017-11-30", "subject_name": None}

    home.mart(reminder("MI", "30"), reminder("MEN", "30"))
    home.deliver()
    home.mart(*(reminder(perimeter, level) for perimeter in ("MI", "MEN") for level in ("30", "7")))
    home.deliver_later(60)
    assert [message.get("thread_ts") for message in home.slack.messages] == [None, None]
    assert ["Intérieur" in text and "Éducation" in text for text in home.slack.texts] == [True, True]


def test_news_about_a_project_change_its_card_and_the_summary_in_their_places(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    home.mart(alert_row(), alert_row(**OVERRUN, severity="critique"))
    home.deliver_later(5)
    (made,) = home.cards
    assert made.startswith("🔴 Critique · SIRHEN")
    assert "palier de 25" in made
    assert "1 critique" in plain(home.summaries[0])
    assert [update["ts"] for update in home.slack.updates] == [message["ts"] for message in home.slack.messages]
    assert "Mise à jour · 🔴 Critique · SIRHEN" in home.screen.getvalue()


def test_a_figure_that_is_corrected_under_the_same_alert_changes_the_card_and_writes_no_line_anew(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    said = home.screen.getvalue()
    home.mart(alert_row(to_value=Decimal(98)))
    home.deliver_later(5)
    assert "98,0" in home.cards[0]
    assert (len(home.slack.updates), home.screen.getvalue()) == (1, said)
    home.deliver_later(5)
    assert len(home.slack.updates) == 1


def test_other_words_for_the_same_facts_are_no_news(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mart(*[alert_row(f"p{number}") for number in range(3)])
    home.deliver()
    monkeypatch.setattr("orchestration.alerting.messages.statement", lambda _: "Autrement dit.")
    home.deliver_later(5)
    assert home.slack.updates == []


def test_an_answer_is_shown_on_the_card_until_its_last_day(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    explained = Answer("ack", "Marché relancé", "A. Martin", date(2017, 11, 20))
    answer(home.settings, [alert_row()["alert_key"]], explained, NOW)
    home.deliver_later(5)
    assert "Expliqué par A. Martin" in home.cards[0]
    home.deliver_later(60 * 24 * 6)
    assert "Expliqué" not in home.cards[0]
    assert len(home.slack.updates) == 2


def test_the_end_of_what_is_snoozed_waits_until_it_is_no_more(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    answer(home.settings, [alert_row()["alert_key"]], Answer("snooze", "On sait", "A. M.", date(2017, 11, 20)), NOW)
    home.mart()
    home.deliver_later(5)
    assert "Alerte corrigée" not in home.screen.getvalue()
    home.deliver_later(60 * 24 * 6)
    assert "Alerte corrigée" in home.screen.getvalue()


@pytest.mark.parametrize("critical", [False, True])
def test_a_card_that_somebody_deleted_is_said_anew_for_news_alone(home: Home, critical: bool) -> None:
    home.mart(alert_row())
    home.deliver()
    home.slack.delete(home.slack.messages[1])
    if critical:
        home.mart(alert_row(), alert_row(**OVERRUN, severity="critique"))
    else:
        home.mart(alert_row(to_value=Decimal(98)))
    home.deliver_later(5)
    home.deliver_later(5)
    assert [text.startswith("🔴 Critique · SIRHEN") for text in home.cards] == [True] * critical


def test_where_the_summary_was_deleted_the_next_card_hangs_under_another(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    home.slack.delete(home.slack.messages[0])
    home.mart(alert_row(), alert_row("chorus"))
    home.deliver_later(5)
    home.deliver_later(5)
    (anew,) = [message["ts"] for message in home.slack.messages if not message.get("thread_ts")]
    threads = [message["thread_ts"] for message in home.slack.messages if "· CHORUS" in str(message["blocks"])]
    assert threads == [anew]
    assert set(home.states("slack").values()) == {"sent"}


def test_a_summary_that_was_lost_and_has_nothing_left_to_say_waits_for_news(home: Home) -> None:
    home.mart(alert_row())
    home.slack.mischief.append("lose_request")
    home.deliver()
    home.mart()
    home.look_twice()
    for _ in range(3):
        home.deliver_later(120)
    assert not has_unsettled(home.settings, ["slack"], home.now + timedelta(hours=2))
    home.mart(alert_row("chorus"))
    home.deliver_later(5)
    (whole,) = (message for message in home.slack.messages if not message.get("thread_ts"))
    assert [message["thread_ts"] for message in home.slack.messages if message is not whole] == [whole["ts"]]


def test_a_channel_is_sent_no_more_at_once_than_it_takes_and_the_rest_soon_after(home: Home) -> None:
    rows = [alert_row(f"p{number:02}", edition=f"20{10 + number // 8}-S1", severity="critique") for number in range(72)]
    home.mart(rows[0])
    home.deliver()
    home.mart(*rows)
    home.deliver_later(60)
    assert len(home.slack.messages) <= 1 + 61
    home.deliver_later(2)
    assert set(home.states("slack").values()) == {"sent"}


def test_in_its_quiet_hours_nothing_is_sent_to_a_channel_and_all_of_it_after_them(
    home: Home, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "channels.csv"
    lines = ["channel,kind,audience,address,most_cards,quiet_from,quiet_until", "slack,slack,teams,,,20:00,08:00"]
    table.write_text("\n".join(lines))
    from orchestration.alerting import routing
    from orchestration.alerting.channels import registry

    monkeypatch.setattr(registry, "channel_rows", lambda: routing.channel_rows(table))
    home.now = datetime(2017, 11, 15, 21, tzinfo=UTC)
    home.mart(alert_row())
    home.deliver([home.slack_channel()])
    home.now += timedelta(hours=9, minutes=59)
    home.deliver([home.slack_channel()])
    assert home.slack.messages == []
    home.now += timedelta(minutes=2)
    home.deliver([home.slack_channel()])
    assert len(home.cards) == 1


def _portfolio(home: Home) -> None:
    rows = [
        {
            "edition": edition,
            "project_id": "sirhen",
            "current_cost_meur": Decimal(cost),
            "planned_end_date": None,
            "baseline_cost_meur": Decimal(80),
            "baseline_end_date": None,
        }
        for edition, cost in (("2017-S1", 85), ("2017-S2", 97))
    ]
    pq.write_table(pa.Table.from_pylist(rows), home.settings.marts / "portfolio.parquet")


def test_a_card_has_its_picture_beside_it_once(home: Home) -> None:
    home.mart(alert_row())
    _portfolio(home)
    home.deliver()
    home.mart(alert_row(to_value=Decimal(98)))
    home.deliver_later(5)
    (picture,) = home.slack.pictures
    assert picture["thread_ts"] == home.slack.messages[0]["ts"]
    assert "Référence initiale" in home.cards[0]


def test_a_picture_that_is_refused_costs_no_card_and_is_not_tried_again(home: Home) -> None:
    home.mart(alert_row())
    _portfolio(home)
    home.slack.refuses_pictures = "invalid_blocks"
    assert home.deliver([home.slack_channel()]).counts["slack"] == {"sent": 1}
    home.slack.refuses_pictures = None
    home.deliver_later(5)
    assert home.slack.pictures == []


def test_slack_shows_submitted_text_as_text_and_calls_nobody() -> None:
    hostile = "<!channel> & <@U123> <https://evil.example|ici> @here @Channel MISTR@L *gras* _penché_ ~barré~ `x` a_b"
    made = blocks(digest("k", told(alert_row(subject_name=hostile)), AROUND))
    text = made[1]["text"]["text"]
    assert text.startswith("*🟠 ")
    assert text.count("*") == 2
    assert [sign in text for sign in ("<", "~", "`", " _", "_ ", "@here", "@Channel")] == [False] * 7
    assert "&lt;!channel&gt; &amp; &lt;@U123&gt;" in text
    assert "MISTR@L" in text
    assert "a_b" in text
    assert made[1]["expand"] is True


NAMES = st.text(st.sampled_from("a é<>&*_~`@|\n\r\t\u202e\u2066🔴\N{ZERO WIDTH JOINER}0'\"\\"), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from([1, 40, 10_000]), st.sampled_from([1, 30]))
def test_whatever_names_hold_slack_takes_the_card_the_list_and_the_summary(name: str, length: int, count: int) -> None:
    long = (name * length)[:10_000]
    rows = [
        alert_row(f"p{number}", subject_name=long, variance_comment=long, detail=long, severity="critique")
        for number in range(count)
    ]
    of_all = told(*rows)
    for made in (
        card("k", of_all[:1], AROUND),
        digest("k", of_all, AROUND),
        summary("k", "2017-S2", of_all, AROUND, on_cards=[], is_listed=True),
    ):
        payload = blocks(made)
        for block in Block.parse_all(payload):
            block.validate_json()
        assert OVERSIZE({"blocks": payload, "text": ""}) is None


def test_a_console_says_of_a_card_that_it_is_an_update(home: Home) -> None:
    home.mart(alert_row())
    home.deliver([Console(home.screen)])
    home.mart()
    home.deliver([Console(home.screen)])
    assert plain(home.screen_titles[-1]).startswith("Mise à jour · Alerte corrigée · SIRHEN")


def held_back(edition: str) -> list[Hold]:
    rule = Verdict(Rule("a_rule", "to_value", present("to_value"), "Une phrase.", "", "error"), "slips", success=False)
    return [Hold(rule, (edition,))]


def test_of_an_edition_that_is_held_back_after_it_was_told_nothing_changes(home: Home) -> None:
    home.mart(alert_row())
    home.deliver()
    said = home.slack.texts
    for _ in range(3):
        home.deliver_held(held_back("2017-S2"), [home.slack_channel()])
    assert (home.slack.texts, home.slack.updates) == (said, [])


def test_rows_that_one_message_of_before_told_are_each_told_by_their_own_card(home: Home) -> None:
    rows = [alert_row(f"p{number}") for number in range(3)]
    home.mart(*rows)
    home.slack.refuses_posts = "not_in_channel"
    home.deliver([home.slack_channel()])
    with engine_of(home.settings.ledger) as engine, engine.begin() as connection:
        connection.execute(
            sa.text("update alert_outbox set message_key = 'an old digest', card_id = null, attempts = 1")
        )
        connection.execute(sa.text("delete from alert_cards"))
    home.slack.refuses_posts = None
    home.deliver_later(60 * 24)
    assert sorted(text.split(" · ")[1].split(" ")[0] for text in home.cards) == ["P0", "P1", "P2"]


def test_an_update_that_comes_late_is_drawn_over_and_costs_no_card(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.alerting.channels.slack.TIMEOUT_S", 0.3)
    home.mart(alert_row())
    home.deliver([home.slack_channel()])
    home.mart(alert_row(), alert_row(rule="schedule_slip", level="end"))
    home.slack.mischief.append("accept_late")
    home.deliver_later(1, [home.slack_channel()])
    home.deliver_later(3, [home.slack_channel()])
    home.mart(alert_row(), alert_row(rule="overdue", level="end"), alert_row(rule="schedule_slip", level="end"))
    home.deliver_later(3, [home.slack_channel()])
    home.slack.accept_what_is_late()
    for _ in range(6):
        home.deliver_later(30, [home.slack_channel()])
    (made,) = home.cards
    # What only the later of the two said.
    assert "dépassée" in made
    assert home.slack.deleted == []
    assert set(home.states("slack").values()) == {"sent"}


def test_the_absence_of_a_project_stands_for_all_that_was_said_of_it_and_corrects_nothing(home: Home) -> None:
    home.mart(alert_row("pnij"))
    home.deliver()
    home.mart(alert_row("pnij", rule="went_silent", severity="critique", level="presence"))
    corrections = [
        {
            "edition": "2017-S2",
            "project_id": "pnij",
            "received_at": datetime(2017, 11, 1),
            "superseded_at": datetime(2017, 11, 16, 9),
            "is_present": False,
            "is_same": False,
        }
    ]
    pq.write_table(pa.Table.from_pylist(corrections), home.settings.marts / "corrections.parquet")
    home.deliver_later(60 * 24 * 2)
    (made,) = home.cards
    assert ["Coût en hausse de 12,0" in made, "plus déclaré" in made, "corrigée" in made] == [False, True, False]


def test_what_is_to_be_drawn_anew_is_forgotten_where_nothing_is_left_to_say(home: Home) -> None:
    home.mart(alert_row())
    home.slack.refused["Édition 2017-S2"] = "invalid_blocks"
    home.slack.mischief.append("long_rate_limit")
    home.deliver([home.slack_channel()])
    home.mart()
    home.deliver_later(60, [home.slack_channel()])
    home.deliver_later(60, [home.slack_channel()])
    assert not has_unsettled(home.settings, ["slack"], home.now)


def test_what_a_later_edition_says_leaves_the_card_of_an_earlier_one_as_it_is(home: Home) -> None:
    lower = alert_row(rule="budget_overrun", level="10", from_value=Decimal(85))
    home.mart(lower)
    home.deliver([home.slack_channel()])
    said = home.cards
    home.mart(lower, alert_row(rule="budget_overrun", level="25", edition="2018-S1"))
    ended = {"alert_key": lower["alert_key"], "rule": "budget_overrun", "subject": "sirhen", "edition": "2017-S2"}
    ended |= {"level": "10", "cause": "remplacée", "ended_edition": "2018-S1", "ended_at": datetime(2018, 7, 1)}
    ended |= {"now_value": Decimal(30), "now_unit": None, "now_text": None, "now_date": None, "now_precision": None}
    pq.write_table(pa.Table.from_pylist([ended]), home.settings.marts / "alert_ends.parquet")
    home.deliver_later(60 * 24 * 220, [home.slack_channel()])
    assert home.cards[0] == said[0]


def test_news_that_are_listed_come_as_a_list_of_their_own_which_calls(home: Home) -> None:
    first, later = ([alert_row(f"{name}{n}", severity="information") for n in range(3)] for name in "ab")
    home.mart(*first)
    home.deliver()
    home.mart(*first, *later)
    home.deliver_later(60)
    assert ["B0" in text for text in home.cards] == [False, True]
    assert [update["text"].split(" ")[0] for update in home.slack.updates] == ["Édition"]


def test_the_contacts_of_a_perimeter_get_each_receipt_once(home: Home) -> None:
    with Ledger(home.settings.ledger) as ledger, ledger.engine.begin() as connection:
        values = {"path": "2017-S2/MI/projets.csv", "size": 1, "modified": "1", "sha256": "a", "kind": "projects"}
        values |= {"received_at": NOW.replace(tzinfo=None), "edition": "2017-S2", "perimeter": "MI", "warnings": 2}
        values |= {"is_dry_run": False, "status": "accepted_with_warnings", "verdict": "Votre fichier est accepté."}
        connection.execute(sa.insert(DROPS).values(values))
    home.mart(alert_row())
    contact = Console(home.screen, name="contacts:MI")
    other = Console(io.StringIO(), name="contacts:MJ")
    for _ in range(2):
        home.deliver([contact, other])
    said = plain(home.screen.getvalue())
    assert said.count("Fichier accepté, avec des remarques · projets.csv · édition 2017-S2") == 1
    assert "2 remarques" in said


def test_where_what_replaced_an_alert_was_taken_back_unsaid_its_own_end_is_told(home: Home) -> None:
    home.mart(alert_row(**OVERRUN))
    home.deliver([home.slack_channel()])
    home.mart(alert_row(**OVERRUN | {"level": "50"}))
    home.slack.mischief.append("long_rate_limit")
    home.deliver_later(60, [home.slack_channel()])
    home.mart()
    home.deliver_later(60, [home.slack_channel()])
    assert ["Alerte corrigée" in text for text in home.cards] == [True]
    home.deliver_later(60, [home.slack_channel()])
    assert home.cards[0].count("Alerte corrigée") == 1
