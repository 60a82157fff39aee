"""What an alert says in French, and how Slack and the console show it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.messages import MAX_LINE, digest, headline, resolution, single
from orchestration.alerting.slack import blocks

SITE = "https://jalons.example/panorama/"


def alert(subject: str = "sirhen", **changed: Any) -> Alert:
    return Alert.of(alert_row(subject, **changed))


def plain(text: str) -> str:
    """The text with ordinary spaces, to read the expected ones more easily."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


SENTENCES = [
    (
        alert(),
        "SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, "
        "depuis l'édition 2017-S1.",
    ),
    (
        alert(from_value=Decimal("0.3"), to_value=Decimal("0.345")),
        "SIRHEN (Éducation nationale) : coût en hausse de 0,05 M€ (+ 15 %), de 0,30 à 0,35 M€, "
        "depuis l'édition 2017-S1.",
    ),
    (
        alert(from_value=2000.0, to_value=2100.5, perimeter="MEF"),
        "SIRHEN (Économie et finances) : coût en hausse de 100,5 M€ (+ 5,0 %), de 2 000,0 à 2 100,5 M€, "
        "depuis l'édition 2017-S1.",
    ),
    (
        alert(from_value=Decimal(0), to_value=Decimal(6)),
        "SIRHEN (Éducation nationale) : coût en hausse de 6,0 M€, de 0,0 à 6,0 M€, depuis l'édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-06-30", to_text="2019-01-01", slip_months=7),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 7 mois, de juin 2018 à janvier 2019, "
        "depuis l'édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-04-01", to_text="2018-08-01", slip_months=4),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 4 mois, d'avril 2018 à août 2018, "
        "depuis l'édition 2017-S1.",
    ),
    (
        alert(rule="went_silent", to_value=None),
        "SIRHEN (Éducation nationale) n'est plus déclaré à l'édition 2017-S2, sans motif de sortie, "
        "alors qu'il l'était à l'édition 2017-S1 (dernier coût connu : 85,0 M€).",
    ),
    (
        alert(rule="went_silent", from_value=None, to_value=None),
        "SIRHEN (Éducation nationale) n'est plus déclaré à l'édition 2017-S2, sans motif de sortie, "
        "alors qu'il l'était à l'édition 2017-S1.",
    ),
    (
        alert(rule="figure_withdrawn", to_value=None),
        "SIRHEN (Éducation nationale) : le coût, de 85,0 M€ à l'édition 2017-S1, "
        "n'est plus renseigné à l'édition 2017-S2.",
    ),
    (
        alert(rule="figure_withdrawn", measure="duration", unit="days", from_value=Decimal(1460), to_value=None),
        "SIRHEN (Éducation nationale) : la durée, de 4,0 ans à l'édition 2017-S1, "
        "n'est plus renseignée à l'édition 2017-S2.",
    ),
    (
        alert("42", rule="submission_rejected", subject_name="export bis.xlsx", detail="Votre fichier est refusé."),
        "Fichier « export bis.xlsx » (Éducation nationale, édition 2017-S2) refusé. "
        "Réponse faite au ministère : « Votre fichier est refusé. »",
    ),
    (
        alert("43", rule="submission_rejected", subject_name="a.pdf", edition=None, perimeter=None, detail=None),
        "Fichier « a.pdf » refusé.",
    ),
]


@pytest.mark.parametrize(("found", "sentence"), SENTENCES, ids=[str(n) for n in range(len(SENTENCES))])
def test_the_headline_says_what_slipped_by_how_much_since_when(found: Alert, sentence: str) -> None:
    assert plain(headline(found)) == sentence


def test_units_and_high_punctuation_never_start_a_line() -> None:
    assert [stuck for stuck in (" :", " M€", " %", "+ ") if stuck in headline(alert())] == []


def test_a_rule_without_wording_still_makes_a_sentence() -> None:
    found = alert(rule="stagnant", from_text="2016-S2", to_text="2017-S2")
    assert plain(headline(found)).startswith("SIRHEN (Éducation nationale) : règle stagnant de 2016-S2 à 2017-S2")
    assert single("k", found, SITE).notes


def test_the_message_says_why_it_was_sent_with_the_thresholds_of_the_seed() -> None:
    why = plain(single("k", alert(severity="critique"), SITE).notes[0])
    assert why == (
        "Pourquoi cette alerte : coût complet en hausse d'au moins 10 % ou 5 M€ par rapport à l'édition précédente ; "
        "gravité « critique » à partir de 50 % ou 50 M€."
    )


def test_the_message_names_severity_rule_edition_and_perimeter_in_full() -> None:
    message = single("k", alert(), SITE)
    assert plain(message.title) == "🟠 Attention · Coût en hausse · édition 2017-S2"
    assert "jeunesse et sports" in message.notes[1]


def test_the_message_links_to_the_page_of_the_project_if_the_site_is_known() -> None:
    address = "https://jalons.example/panorama/2017-S2/#si%20rh"
    assert single("k", alert("si rh"), SITE).link == ("Voir la fiche du projet", address)
    assert single("k", alert("si rh"), "").link is None
    assert single("k", alert("42", rule="submission_rejected"), SITE).link is None


def test_a_rejected_file_says_what_to_do_and_where_the_receipt_is() -> None:
    (_, todo) = single("k", alert("42", rule="submission_rejected", detail="Illisible."), SITE).notes
    assert "2017-S2/MEN" in todo
    assert "déposer de nouveau" in todo
    (_, todo) = single("k", alert("42", rule="submission_rejected", edition=None, perimeter=None), SITE).notes
    assert "_non_classes" in todo


def test_a_digest_counts_by_severity_lists_twenty_and_explains_each_rule() -> None:
    found = [alert("a", severity="critique"), *(alert(f"b{n}", rule="went_silent") for n in range(24))]
    message = digest("k", found, "2017-S2", SITE)
    assert plain(message.title) == "25 alertes pour l'édition 2017-S2 : 1 critique, 24 à surveiller"
    assert len(message.lines) == 20
    assert plain(message.notes[0]).startswith("5 autres ne sont pas montrées ici")
    assert [note.split("\N{NO-BREAK SPACE}")[0] for note in message.notes[1:]] == [
        "Coût en hausse",
        "N'est plus déclaré",
    ]
    assert message.link == ("Voir l'édition", "https://jalons.example/panorama/2017-S2/")


def test_a_resolution_recalls_what_was_said() -> None:
    message = resolution("k", [headline(alert())], "2017-S2", SITE)
    assert plain(message.title) == "✅ Alerte levée · édition 2017-S2"
    assert message.lines == (headline(alert()),)


@pytest.mark.parametrize("name", ["A\nB", "A\tB", "A\x1b[31mB", "A\u202eB", "A\u200bB"])
def test_submitted_text_cannot_steer_a_terminal_or_break_a_line(name: str) -> None:
    said = headline(alert(subject_name=name))
    assert all(character.isprintable() or character in "\u00a0\u202f" for character in said)


def test_a_very_long_name_is_cut() -> None:
    said = headline(alert(subject_name="x" * 10_000, detail="y" * 10_000))
    assert len(said) <= MAX_LINE
    assert "…" in said
    assert "depuis l'édition 2017-S1" in said


def test_slack_shows_submitted_text_as_text_and_calls_nobody() -> None:
    hostile = "<!channel> & <@U123> <https://evil.example|ici> @here @Channel MISTR@L"
    text = blocks(single("k", alert(subject_name=hostile), SITE))[1]["text"]["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; &lt;@U123&gt;" in text
    assert "@here" not in text
    assert "@Channel" not in text
    assert "MISTR@L" in text


def test_slack_gets_a_header_sections_a_link_and_the_small_print() -> None:
    made = blocks(single("k", alert(raised_at=datetime(2017, 1, 1)), SITE))
    assert [block["type"] for block in made] == ["header", "section", "section", "context"]
    assert made[2]["text"]["text"] == f"<{SITE}2017-S2/#sirhen|Voir la fiche du projet>"
