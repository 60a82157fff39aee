"""An alert ends for a reason and says it, on a real ledger and a Slack that listens; good news alone is told so."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from alert_home import NOW, Home, alert_row

from orchestration.alerting import end_sentences
from orchestration.alerting.answers import Answer, answer
from orchestration.alerting.end_causes import IN_WORDS
from orchestration.alerting.standing import alert_states
from orchestration.domain.reference_data import method_version
from orchestration.store.sql import engine_of
from tests.alerting.test_delivery import held

OVERDUE = alert_row("sirhen", rule="overdue", level="end")
_TEXTS = ("alert_key", "rule", "subject", "edition", "level", "cause", "ended_edition")
_NOW = ("now_unit", "now_text", "now_precision")
ENDS = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("ended_at", pa.timestamp("us")),
        ("now_value", pa.decimal128(20, 8)),
        *((name, pa.string()) for name in _NOW),
        ("now_date", pa.date32()),
    ]
)
CORRECTIONS = pa.schema(
    [
        *((name, pa.string()) for name in ("edition", "project_id", "from_phase", "to_phase", "end_precision")),
        *((name, pa.string()) for name in ("from_declared_confidence", "to_declared_confidence")),
        *((name, pa.timestamp("us")) for name in ("received_at", "superseded_at")),
        *((name, pa.bool_()) for name in ("is_present", "is_same")),
        *((name, pa.decimal128(20, 8)) for name in ("from_cost_meur", "to_cost_meur")),
        *((name, pa.date32()) for name in ("from_end", "to_end")),
        ("end_change_days", pa.int32()),
    ]
)
LATER = datetime(2018, 5, 15, 9)


def end_row(alert: dict[str, Any], cause: str, **changed: Any) -> dict[str, Any]:
    """A row of `alert_ends`: the alert ended in the next edition, unless told otherwise."""
    row = dict.fromkeys(ENDS.names) | {
        name: alert[name] for name in ("alert_key", "rule", "subject", "edition", "level")
    }
    return row | {"cause": cause, "ended_edition": "2018-S1", "ended_at": LATER} | changed


def correction(subject: str = "sirhen", **changed: Any) -> dict[str, Any]:
    """A row of `corrections`: a project of which the cost was corrected from 97 to 85 M€ after it was told of."""
    row = dict.fromkeys(CORRECTIONS.names)
    row |= {"edition": "2017-S2", "project_id": subject, "is_present": True, "is_same": False, "end_change_days": 0}
    row |= {"received_at": datetime(2017, 11, 15, 9), "superseded_at": datetime(2017, 11, 16, 9)}
    return row | {"from_cost_meur": Decimal(97), "to_cost_meur": Decimal(85)} | changed


def ends(home: Home, *rows: dict[str, Any]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema=ENDS), home.settings.marts / "alert_ends.parquet")


def corrections(home: Home, *rows: dict[str, Any]) -> None:
    pq.write_table(pa.Table.from_pylist(list(rows), schema=CORRECTIONS), home.settings.marts / "corrections.parquet")


def told(home: Home) -> list[str]:
    """What Slack holds beside the summaries of editions, with plain spaces."""
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in home.cards]


def spoke_by(home: Home, method: str) -> None:
    """Let what was told so far have been told by this method."""
    with engine_of(home.settings.ledger) as engine, engine.begin() as connection:
        connection.execute(sa.text("update alert_methods set method_version = :method"), {"method": method})


@pytest.mark.parametrize("cause", ["redressée", "reportée", "sans objet", "déposée"])
def test_a_state_that_is_over_is_told_once_with_its_cause_though_its_row_stays(home: Home, cause: str) -> None:
    home.mart(OVERDUE)
    home.deliver()
    ends(home, end_row(OVERDUE, cause, now_date=date(2019, 6, 30), now_precision="month"))
    home.deliver()
    home.deliver_later(60)
    (end,) = told(home)
    assert end.startswith(f"{IN_WORDS[cause].one} · SIRHEN")
    assert ("✅" in end) == (cause in ("redressée", "déposée"))
    assert "Depuis, à l’édition 2018-S1 :" in end
    # The card and the summary of its edition, and each of them once more.
    assert home.slack.posts == 4
    assert home.states("slack") == {"sirhen": "resolved"}
    (row,) = alert_states(home.settings)
    assert (row["status"], row["cause"], row["ended_edition"]) == ("ended", cause, "2018-S1")


def test_an_end_that_was_put_off_says_until_when_and_is_no_good_news(home: Home) -> None:
    home.mart(OVERDUE)
    home.deliver()
    ends(home, end_row(OVERDUE, "reportée", now_date=date(2019, 6, 30), now_precision="month"))
    home.deliver()
    assert "Depuis, à l’édition 2018-S1 : fin prévue désormais en juin 2019." in told(home)[0]
    assert "le retard n’est pas rattrapé" in told(home)[0]


def test_a_higher_level_says_the_lower_one_which_is_told_no_end(home: Home) -> None:
    lower = alert_row("sirhen", rule="budget_overrun", level="10", severity="information")
    home.mart(lower)
    home.deliver()
    higher = alert_row("sirhen", rule="budget_overrun", level="25", edition="2018-S1")
    home.mart(lower, higher)
    ends(home, end_row(lower, "remplacée", now_value=Decimal(30)))
    home.deliver()
    assert ["palier de" in text for text in told(home)] == [True, True]
    assert {row["level"]: row["channels"]["slack"] for row in alert_states(home.settings)} == {
        "10": "resolved",
        "25": "sent",
    }


@pytest.mark.parametrize(("level", "titles"), [("25", 0), ("5", 1)])
def test_a_higher_level_of_the_same_edition_says_it_and_a_lower_one_is_a_correction(
    home: Home, level: str, titles: int
) -> None:
    home.mart(alert_row("iconolab", rule="budget_overrun", level="10"))
    home.deliver()
    home.mart(alert_row("iconolab", rule="budget_overrun", level=level))
    corrections(home, correction("iconolab"))
    home.deliver_later(60 * 24 * 2)
    (card,) = told(home)
    assert f"palier de {level} %" in card
    assert card.count("Alerte corrigée") == titles


def test_a_project_that_left_resolves_nothing(home: Home) -> None:
    home.mart(alert_row("pnij"))
    home.deliver()
    home.mart(alert_row("pnij", rule="went_silent", severity="critique", level="presence"))
    corrections(home, correction("pnij", is_present=False, to_cost_meur=None))
    home.deliver_later(60 * 24 * 2)
    (card,) = told(home)
    assert "plus déclaré" in card
    assert "corrigée" not in card
    states = {row["rule"]: (row["channels"]["slack"], row["status"]) for row in alert_states(home.settings)}
    assert states == {"budget_slip": ("sent", "open"), "went_silent": ("sent", "open")}


def test_what_was_told_of_a_project_that_left_stays_on_its_card(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.mart(alert_row("pnij"), alert_row("sirhen"))
    home.deliver()
    before = told(home)
    home.mart(alert_row("sirhen"))
    corrections(home, correction("pnij", is_present=False, to_cost_meur=None))
    home.deliver_later(60 * 24 * 2)
    home.deliver_later(60)
    assert [card.split("\n")[:2] for card in told(home)] == [card.split("\n")[:2] for card in before]
    assert set(home.states("slack").values()) == {"sent"}
    assert "unknown" not in caplog.text


def test_the_title_of_what_ended_names_its_perimeter_as_before(home: Home) -> None:
    home.mart(alert_row("pnij"))
    home.deliver()
    home.mart()
    home.deliver_later(60)
    assert "· PNIJ (Éducation nationale) · édition 2017-S2" in told(home)[0]


def test_an_event_whose_figures_were_corrected_says_what_they_are_now_and_is_no_good_news(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    home.mart()
    corrections(home, correction())
    home.deliver_later(60 * 24 * 2)
    (end,) = told(home)
    assert end.startswith("Alerte corrigée · SIRHEN")
    assert "édition 2017-S2" in end.split("\n")[0]
    assert "Depuis : coût de 85,0 M€ au lieu de 97,0 M€." in end


def test_a_correction_of_nothing_but_the_precision_is_silent(home: Home) -> None:
    home.mart(alert_row("sirhius", rule="rebaselined", level="start", measure="start"))
    home.deliver()
    home.mart()
    corrections(home, correction("sirhius", is_same=True))
    home.deliver_later(60 * 24 * 2)
    home.deliver_later(60)
    assert home.slack.updates == []
    assert [row["cause"] for row in alert_states(home.settings)] == ["précision"]


def test_a_version_that_was_replaced_before_the_alert_was_told_corrects_nothing_of_it(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    home.mart()
    before = {"received_at": datetime(2017, 6, 15, 9), "superseded_at": NOW.replace(tzinfo=None)}
    corrections(home, correction(is_same=True, **before))
    home.deliver()
    assert ["Alerte corrigée" in text for text in told(home)] == [True]


def test_good_news_that_its_project_took_with_it_brings_nothing_back(home: Home) -> None:
    home.mart(OVERDUE)
    home.deliver()
    ends(home, end_row(OVERDUE, "redressée", ended_at=datetime(2017, 11, 15, 9)))
    home.deliver()
    ends(home)
    corrections(home, correction(edition="2018-S1", is_present=False))
    home.deliver_later(60 * 24 * 2)
    assert ["redressée" in text for text in told(home)] == [True]
    # It is said again where it is true again, of a project that is there.
    corrections(home)
    home.deliver_later(60)
    assert ["redressée" in text for text in told(home)] == [False]


def test_what_has_ended_already_at_the_first_pass_is_never_said(home: Home) -> None:
    home.mart(OVERDUE, alert_row("chorus"))
    ends(home, end_row(OVERDUE, "redressée"))
    home.deliver()
    assert home.states("slack") == {"sirhen": None, "chorus": "sent"}
    assert len(told(home)) == 1


def test_an_end_waits_while_the_edition_that_ended_it_is_held_back(home: Home) -> None:
    home.mart(OVERDUE)
    home.deliver()
    ends(home, end_row(OVERDUE, "redressée"))
    home.deliver_held(held("2018-S1"))
    assert home.states("slack") == {"sirhen": "sent"}
    home.deliver()
    assert home.states("slack") == {"sirhen": "resolved"}


def test_ends_of_two_causes_are_each_said_on_the_list(home: Home) -> None:
    rows = [alert_row(f"p{number}", rule="overdue", level="end") for number in range(9)]
    home.mart(*rows)
    home.deliver()
    ends(home, *(end_row(row, "redressée" if number < 5 else "sans objet") for number, row in enumerate(rows)))
    home.deliver()
    (text,) = told(home)
    assert (text.count("✅ Situation redressée"), text.count("Alerte sans objet")) == (5, 4)


def test_alerts_that_another_method_makes_of_editions_told_before_are_one_summary(home: Home) -> None:
    old = [alert_row("chorus"), alert_row("sirhen", edition="2017-S1"), OVERDUE]
    home.mart(*old)
    home.deliver()
    spoke_by(home, "1.0.0")
    before = len(home.slack.messages)
    creeps = [alert_row(f"p{n}", rule="creep", level="cost", edition=f"201{n % 2 + 6}-S2") for n in range(9)]
    # That of 2016-S2 was never told, as an edition that has another one filed since; the slip was filed since.
    news = alert_row("linky", raised_at=datetime(2017, 11, 20, 9))
    home.mart(*old[:2], OVERDUE, *creeps, news)
    ends(home, end_row(OVERDUE, "redressée", ended_edition="2017-S2", ended_at=datetime(2017, 11, 15, 9)))
    home.deliver_later(60 * 24 * 10)
    new = [text.replace("\N{NO-BREAK SPACE}", " ") for text in home.slack.texts[before:]]
    titles = [text.split("\n")[0] for text in new]
    assert (
        titles[0]
        == f"Méthode {method_version()} : 4 alertes nouvelles et 1 alerte close sur des éditions déjà signalées"
    )
    assert "Dérive lente : 4 (2017-S2)" in new[0]
    assert "Closes · Fin prévue dépassée : 1 (2017-S2)" in new[0]
    assert titles[1] == "Édition 2016-S2 · 5 projets · avec retard : édition de 2016"
    assert sorted(titles[2:]) == sorted(
        [
            *(
                f"🟠 Attention · P{number} (Éducation nationale) · édition 2016-S2 · avec retard : édition de 2016"
                for number in (0, 2, 4, 6, 8)
            ),
            "🟠 Attention · LINKY (Éducation nationale) · édition 2017-S2",
        ]
    )
    assert set(home.states("slack").values()) == {"sent", "resolved"}
    home.deliver_later(60)
    assert len(home.slack.texts) == before + len(new)


def test_what_another_method_finds_no_more_is_in_the_summary_and_told_in_no_other_way(home: Home) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus"), alert_row("linky"))
    home.deliver()
    spoke_by(home, "1.0.0")
    home.mart(alert_row("chorus"))
    # Of the third, the file was replaced since: that is a correction, whatever the method.
    corrections(home, correction("linky", superseded_at=datetime(2017, 11, 16, 9)))
    home.deliver_later(60 * 24 * 2)
    titles = [text.split("\n")[0] for text in told(home)]
    assert titles[3:] == [f"Méthode {method_version()} : 1 alerte close sur des éditions déjà signalées"]
    assert [title.split(" (")[0] for title in titles[:3] if title.startswith("Alerte")] == ["Alerte corrigée · LINKY"]
    causes = {row["subject"]: row["cause"] for row in alert_states(home.settings)}
    assert causes == {"sirhen": "méthode", "chorus": None, "linky": "corrigée"}


def test_a_summary_whose_answer_was_lost_is_not_sent_twice(home: Home) -> None:
    home.mart(alert_row("sirhen"))
    home.deliver()
    spoke_by(home, "1.0.0")
    home.mart(alert_row("sirhen"), *(alert_row(f"p{number}", rule="creep", level="cost") for number in range(3)))
    home.slack.mischief.append("lose_answer")
    home.deliver()
    home.look_twice()
    assert [text.split("\n")[0] for text in told(home)[1:]] == [
        f"Méthode {method_version()} : 3 alertes nouvelles sur des éditions déjà signalées"
    ]
    assert set(home.states("slack").values()) == {"sent"}


def test_a_channel_opened_after_the_method_changed_has_its_first_cards(home: Home) -> None:
    rows = [alert_row(f"p{number}", rule="creep", level="cost") for number in range(9)]
    home.mart(*rows[:6])
    home.deliver(home.channels()[:1])
    spoke_by(home, "1.0.0")
    home.mart(*rows)
    home.deliver()
    assert [text.split("\n")[0] for text in told(home)] == ["9 projets · édition 2017-S2"]
    assert "Méthode" in home.screen_titles[-1]


def test_an_alert_that_a_person_explains_is_shown_so_until_its_last_day_and_then_is_open_again(home: Home) -> None:
    home.mart(alert_row("sirhen"), alert_row("chorus"))
    key = alert_row("sirhen")["alert_key"]
    for reason in ("À voir", "Marché relancé"):
        answer(home.settings, [key], Answer("ack", reason, "A. Martin", date(2017, 12, 31)), NOW)

    def stands(today: date) -> dict[str, tuple[str, str | None]]:
        rows = alert_states(home.settings, today=today)
        return {row["subject"]: (row["status"], row["explanation"]) for row in rows}

    assert stands(date(2017, 12, 31)) == {"sirhen": ("explained", "Marché relancé"), "chorus": ("open", None)}
    assert stands(date(2018, 1, 1)) == {"sirhen": ("open", "Marché relancé"), "chorus": ("open", None)}
    (row,) = [row for row in alert_states(home.settings) if row["subject"] == "sirhen"]
    assert (row["explained_by"], row["explained_until"]) == ("A. Martin", date(2017, 12, 31))


def test_what_is_now_is_said_in_words() -> None:
    def says(rule: str, cause: str = "redressée", **now: Any) -> str:
        row = dict.fromkeys(ENDS.names) | {"rule": rule, "cause": cause} | now
        return end_sentences.now(row).replace("\N{NO-BREAK SPACE}", " ")

    over = [says("budget_overrun", now_value=Decimal(rate)) for rate in ("3.24", "-2", "0")]
    assert over == [
        "coût désormais à 3,2 % au-dessus de la référence initiale",
        "coût désormais à 2,0 % en dessous de la référence initiale",
        "coût désormais égal à la référence initiale",
    ]
    late = [says("schedule_overrun", now_value=Decimal(rate)) for rate in ("5", "-5", "0")]
    assert late == [
        "fin prévue désormais au-delà de la fin initiale, de 5,0 % de la durée initiale",
        "fin prévue désormais en deçà de la fin initiale, de 5,0 % de la durée initiale",
        "fin prévue de nouveau égale à la fin initiale",
    ]
    assert says("overdue") == "projet terminé"
    assert says("watermelon", now_text="vert") == "confiance désormais verte d’après ses chiffres"
    assert says("watermelon", "sans objet", now_text="rouge") == "confiance désormais déclarée rouge"
    assert says("action_overdue") == "action achevée"
    assert says("action_overdue", "sans objet") == "action abandonnée"
    quarter = {"now_date": date(2018, 6, 30), "now_precision": "quarter"}
    assert says("action_overdue", "reportée", **quarter) == "prévue désormais pour T2 2018"
    on_track = {"now_text": "on_track", "now_value": Decimal("19.9"), "now_unit": "%"}
    assert says("indicator_off_track", **on_track) == "valeur de 19,9 %, de retour sur sa trajectoire"
    reached = {"now_text": "reached", "now_value": Decimal(20)}
    assert says("indicator_off_track", **reached) == "valeur de 20, cible atteinte"
    assert says("submission_missing", "déposée") == "remontée reçue"


def test_a_correction_says_what_changed_beyond_how_well_it_is_known() -> None:
    row = correction(from_end=date(2018, 4, 30), to_end=date(2018, 4, 1), end_precision="month", to_cost_meur=None)
    assert end_sentences.corrected(row) == "coût non renseigné au lieu de 97,0 M€"
    row |= {"from_cost_meur": None, "end_change_days": 61, "to_end": date(2018, 8, 1), "from_phase": "deploiement"}
    assert end_sentences.corrected(row).replace("\N{NO-BREAK SPACE}", " ") == (
        "fin en août 2018 au lieu d’avril 2018, phase non renseignée au lieu de « Déploiement »"
    )
    confidence = correction(to_cost_meur=Decimal(97), from_declared_confidence="vert", to_declared_confidence="orange")
    assert end_sentences.corrected(confidence) == "confiance déclarée orange au lieu de verte"
    unknown = correction(from_cost_meur=None, from_end=None, end_change_days=None, from_phase=None, to_phase="termine")
    assert (
        end_sentences.corrected(unknown)
        .replace("\N{NO-BREAK SPACE}", " ")
        .startswith("coût de 85,0 M€ (non renseigné auparavant)")
    )
    assert "phase « Terminé » (non renseignée auparavant)" in end_sentences.corrected(unknown)
