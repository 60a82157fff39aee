"""What an alert says in French, and how Slack and the console show it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.slack import blocks
from orchestration.alerting.messages import digest, paired, resolution, single, summary_line
from orchestration.alerting.sentences import MAX_LINE, headline, reason
from orchestration.domain.alert_rules import ALERT_RULES, thresholds

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
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(from_value=Decimal("0.3"), to_value=Decimal("0.345")),
        "SIRHEN (Éducation nationale) : coût en hausse de 0,05 M€ (+ 15 %), de 0,30 à 0,35 M€, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(from_value=2000.0, to_value=2100.5, perimeter="MEF"),
        "SIRHEN (Économie et finances) : coût en hausse de 100,5 M€ (+ 5,0 %), de 2 000,0 à 2 100,5 M€, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(from_value=Decimal(0), to_value=Decimal(6)),
        "SIRHEN (Éducation nationale) : coût en hausse de 6,0 M€, de 0,0 à 6,0 M€, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-06-30", to_text="2019-01-01", slip_months=7),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 7 mois, de juin 2018 à janvier 2019, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-04-01", to_text="2018-08-01", slip_months=4),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 4 mois, d’avril 2018 à août 2018, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="went_silent", to_value=None),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie, "
        "alors qu’il l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€).",
    ),
    (
        alert(rule="went_silent", from_value=None, to_value=None),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie, "
        "alors qu’il l’était à l’édition 2017-S1.",
    ),
    (
        alert(rule="figure_withdrawn", to_value=None),
        "SIRHEN (Éducation nationale) : le coût, de 85,0 M€ à l’édition 2017-S1, "
        "n’est plus renseigné à l’édition 2017-S2.",
    ),
    (
        alert(rule="figure_withdrawn", measure="duration", unit="days", from_value=Decimal(1460), to_value=None),
        "SIRHEN (Éducation nationale) : la durée, de 4,0 ans à l’édition 2017-S1, "
        "n’est plus renseignée à l’édition 2017-S2.",
    ),
    (
        alert(rule="budget_overrun", level="10", from_value=Decimal("121.2"), to_value=Decimal("151.4")),
        "SIRHEN (Éducation nationale) : coût passé à 24,9 % au-dessus de la référence initiale, de 121,2 à 151,4 M€ ; "
        "palier de 10 % franchi à l’édition 2017-S2.",
    ),
    (
        alert(rule="schedule_overrun", level="50", unit="years", from_value=Decimal("4.671"), to_value=Decimal(8)),
        "SIRHEN (Éducation nationale) : durée passée à 71,3 % au-dessus de la référence initiale, de 4,7 à 8,0 ans ; "
        "palier de 50 % franchi à l’édition 2017-S2.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal(100), to_value=Decimal("110.05")),
        "SIRHEN (Éducation nationale) : coût initial réécrit, de 100,0 à 110,1 M€, depuis l’édition 2017-S1.",
    ),
    (
        alert(
            rule="rebaselined",
            measure="start",
            unit="date",
            from_value=None,
            to_value=None,
            from_text="2007-01-01",
            to_text="2008-12-01",
        ),
        "SIRHEN (Éducation nationale) : début réécrit, de janvier 2007 à décembre 2008, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="overdue", from_text="2016-11-01", to_text="2017-12-31", slip_months=13, since_edition="2016-S2"),
        "SIRHEN (Éducation nationale) : fin prévue en novembre 2016, dépassée de 13 mois au 31 décembre 2017, "
        "projet ni terminé ni abandonné, depuis l’édition 2016-S2.",
    ),
    (
        alert(rule="overdue", from_text="2017-12-10", to_text="2017-12-31", slip_months=0, since_edition="2017-S2"),
        "SIRHEN (Éducation nationale) : fin prévue en décembre 2017, dépassée de moins d’un mois au 31 décembre 2017, "
        "projet ni terminé ni abandonné.",
    ),
    (
        alert(rule="stagnant", since_edition="2016-S2", delta=Decimal(3), from_value=None, to_value=None),
        "SIRHEN (Éducation nationale) : rien n’a changé depuis l’édition 2016-S2 (3 éditions de suite).",
    ),
    (
        alert(rule="watermelon", detail="budget_variance, overdue", from_text="vert", to_text="rouge"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres (coût très au-dessus "
        "de la référence initiale, fin prévue dépassée de longue date).",
    ),
    (
        alert(
            "12",
            rule="procedure_regressed",
            subject_name="Carte grise",
            perimeter="MI",
            measure="satisfaction",
            unit="score",
            from_value=Decimal("8.2"),
            to_value=Decimal("7.4"),
            from_text="au moins 8 sur 10",
            to_text="de 5 à moins de 8 sur 10",
        ),
        "Carte grise (Intérieur et outre-mer) : la satisfaction des usagers recule, de « au moins 8 sur 10 » "
        "(8,2 sur 10) à « de 5 à moins de 8 sur 10 » (7,4 sur 10), depuis l’édition 2017-S1.",
    ),
    (
        alert(
            "12",
            rule="procedure_regressed",
            subject_name="Carte grise",
            perimeter="MI",
            measure="online",
            from_value=None,
            to_value=None,
            from_text="entièrement en ligne",
            to_text="partiellement en ligne",
        ),
        "Carte grise (Intérieur et outre-mer) : le statut en ligne recule, de « entièrement en ligne » à "
        "« partiellement en ligne », depuis l’édition 2017-S1.",
    ),
    (
        alert(
            "teletravail",
            rule="indicator_off_track",
            subject_name="Télétravail",
            perimeter="SPM",
            unit="%",
            from_value=Decimal(20),
            to_value=Decimal("19.90"),
        ),
        "Télétravail (Services du Premier ministre) : 19,9 %, quand il faudrait 20 % à cette date pour tenir la cible.",
    ),
    (
        alert(
            "A-7",
            rule="action_overdue",
            subject_name="Label",
            perimeter="SPM",
            from_text="2020-10-01",
            to_text="2021-12-31",
            from_precision="quarter",
            slip_months=12,
            edition="2021-S2",
            since_edition="2021-S1",
        ),
        "Label (Services du Premier ministre) : action prévue pour T4 2020, encore ouverte au 31 décembre 2021, "
        "soit 12 mois de retard, depuis l’édition 2021-S1.",
    ),
    (
        alert(rule="action_overdue", from_text="2021-01-01", to_text="2021-12-31", from_precision="semester"),
        "SIRHEN (Éducation nationale) : action prévue pour S1 2021, encore ouverte au 31 décembre 2021, soit 6 mois de "
        "retard.",
    ),
    (
        alert(rule="action_overdue", from_text="2021-10-01", to_text="2022-06-30", from_precision="month"),
        "SIRHEN (Éducation nationale) : action prévue pour octobre 2021, encore ouverte au 30 juin 2022, soit 8 mois "
        "de retard.",
    ),
    (
        alert(rule="schedule_slip", from_text="2017-08-31", to_text="2018-02-01", slip_months=5),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 6 mois, d’août 2017 à février 2018, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="overdue", from_text="2017-01-31", to_text="2017-06-30", slip_months=4),
        "SIRHEN (Éducation nationale) : fin prévue en janvier 2017, dépassée de 5 mois au 30 juin 2017, "
        "projet ni terminé ni abandonné.",
    ),
    (
        alert(
            "MI/projects",
            rule="submission_missing",
            level="7",
            perimeter="MI",
            subject_name=None,
            measure="projects",
            to_text="2017-12-31",
        ),
        "Intérieur et outre-mer : aucune remontée acceptée (grands projets) pour l’édition 2017-S2, dont la date "
        "limite est le 31 décembre 2017.",
    ),
    (
        alert(
            "MI/roadmap",
            rule="submission_missing",
            level="0",
            perimeter="MI",
            subject_name=None,
            measure="roadmap",
            to_text="2017-12-31",
        ),
        "Intérieur et outre-mer : aucune remontée acceptée (feuille de route) pour l’édition 2017-S2, dont la date "
        "limite était le 31 décembre 2017.",
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
    found = alert(rule="unheard_of", from_text="2016-S2", to_text="2017-S2")
    assert plain(headline(found)).startswith("SIRHEN (Éducation nationale) : règle unheard_of de 2016-S2 à 2017-S2")
    assert single("k", [found], SITE).notes


def test_the_message_says_why_it_was_sent_with_the_thresholds_of_the_seed() -> None:
    why = plain(single("k", [alert(severity="critique")], SITE).notes[0])
    assert why == (
        "Pourquoi cette alerte : coût complet en hausse d’au moins 10 % ou 5 M€ par rapport à l’édition précédente ; "
        "gravité « critique » à partir de 50 % ou 50 M€."
    )


def test_every_rule_of_the_seed_has_a_label_and_a_reason_that_names_its_threshold() -> None:
    rules = {rule for rule, _ in thresholds()}
    assert {rule.id for rule in ALERT_RULES.values() if rule.audience == "teams" and rule.reason_fr} == rules
    assert plain(reason("budget_overrun", "critique")) == (
        "coût passé à au moins 10 % au-dessus de la référence initiale, une alerte par palier franchi ; "
        "gravité « critique » à partir de 50 %"
    )
    assert plain(reason("indicator_off_track", "critique")).endswith("à partir de 50 points de retard")
    assert "3 éditions" in plain(reason("stagnant"))


def test_a_missing_submission_says_where_to_file_and_has_no_page() -> None:
    message = single("k", [alert("MI/projects", rule="submission_missing", perimeter="MI", level="7")], SITE)
    assert "2017-S2/MI" in message.notes[1]
    assert message.link is None


def test_what_has_no_page_of_its_own_links_to_the_edition() -> None:
    found = alert("A-7", rule="action_overdue", from_text="2020-10-01", to_text="2021-12-31")
    assert single("k", [found], SITE).link == ("Voir l’édition", "https://jalons.example/panorama/2017-S2/")
    assert single("k", [found], "").link is None


def test_the_message_names_severity_rule_edition_and_perimeter_in_full() -> None:
    message = single("k", [alert()], SITE)
    assert plain(message.title) == "🟠 Attention · Coût en hausse · édition 2017-S2"
    assert "jeunesse et sports" in message.notes[1]


def test_the_message_links_to_the_page_of_the_project_if_the_site_is_known() -> None:
    address = "https://jalons.example/panorama/2017-S2/#si%20rh"
    assert single("k", [alert("si rh")], SITE).link == ("Voir la fiche du projet", address)
    assert single("k", [alert("si rh")], "").link is None
    assert single("k", [alert("42", rule="submission_rejected")], SITE).link is None


def test_a_rejected_file_says_what_to_do_and_where_the_receipt_is() -> None:
    (_, todo) = single("k", [alert("42", rule="submission_rejected", detail="Illisible.")], SITE).notes
    assert "2017-S2/MEN" in todo
    assert "déposer de nouveau" in todo
    (_, todo) = single("k", [alert("42", rule="submission_rejected", edition=None, perimeter=None)], SITE).notes
    assert "_non_classes" in todo


def test_a_digest_counts_by_severity_lists_twenty_and_explains_each_rule() -> None:
    found = [alert("a", severity="critique"), *(alert(f"b{n}", rule="went_silent") for n in range(24))]
    message = digest("k", found, "2017-S2", SITE)
    assert plain(message.title) == "25 alertes pour l’édition 2017-S2 : 1 critique, 24 à surveiller"
    assert len(message.lines) == 20
    assert plain(message.notes[0]).startswith("5 autres ne sont pas montrées ici")
    assert [note.split("\N{NO-BREAK SPACE}")[0] for note in message.notes[1:]] == [
        "Coût en hausse",
        "N’est plus déclaré",
    ]
    assert message.link == ("Voir l’édition", "https://jalons.example/panorama/2017-S2/")


def test_a_resolution_recalls_what_was_said() -> None:
    message = resolution("k", [summary_line([alert()])], "2017-S2", SITE)
    assert plain(message.title) == "✅ Alerte levée · édition 2017-S2"
    assert plain(message.lines[0]).startswith("🟠 Attention · SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€")


OVERRUN = {"rule": "budget_overrun", "level": "25", "from_value": Decimal(75), "severity": "critique"}


def test_one_rise_against_the_last_edition_and_the_baseline_is_one_line() -> None:
    found = [alert("a", **OVERRUN), alert("b", rule="went_silent"), alert("a"), alert("c", **OVERRUN)]
    assert [[one.rule for one in group] for group in paired(found)] == [
        ["budget_slip", "budget_overrun"],
        ["went_silent"],
        ["budget_overrun"],
    ]
    assert plain(digest("k", found, "2017-S2", SITE).lines[0]) == (
        "🔴 Critique · A (Éducation nationale) : coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis "
        "l’édition 2017-S1 ; coût passé à 29,3 % au-dessus de la référence initiale (75,0 M€), palier de 25 % franchi."
    )


def test_the_message_of_one_rise_has_the_reasons_of_both_rules() -> None:
    message = single("k", [alert(), alert(**OVERRUN)], SITE)
    assert plain(message.title) == "🔴 Critique · Coût en hausse · édition 2017-S2"
    assert [part in plain(note) for part, note in zip(("10 % ou 5 M€", "par palier"), message.notes, strict=False)] == [
        True,
        True,
    ]


@pytest.mark.parametrize("name", ["A\nB", "A\tB", "A\x1b[31mB", "A\u202eB", "A\u200bB"])
def test_submitted_text_cannot_steer_a_terminal_or_break_a_line(name: str) -> None:
    said = headline(alert(subject_name=name))
    assert all(character.isprintable() or character in "\u00a0\u202f" for character in said)


def test_a_very_long_name_is_cut() -> None:
    said = headline(alert(subject_name="x" * 10_000, detail="y" * 10_000))
    assert len(said) <= MAX_LINE
    assert "…" in said
    assert "depuis l’édition 2017-S1" in said


def test_slack_shows_submitted_text_as_text_and_calls_nobody() -> None:
    hostile = "<!channel> & <@U123> <https://evil.example|ici> @here @Channel MISTR@L"
    text = blocks(single("k", [alert(subject_name=hostile)], SITE))[1]["text"]["text"]
    assert "<" not in text
    assert "&lt;!channel&gt; &amp; &lt;@U123&gt;" in text
    assert "@here" not in text
    assert "@Channel" not in text
    assert "MISTR@L" in text


def test_slack_gets_a_header_sections_a_link_and_the_small_print() -> None:
    made = blocks(single("k", [alert(raised_at=datetime(2017, 1, 1))], SITE))
    assert [block["type"] for block in made] == ["header", "section", "section", "context"]
    assert made[2]["text"]["text"] == f"<{SITE}2017-S2/#sirhen|Voir la fiche du projet>"
