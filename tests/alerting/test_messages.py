"""What an alert says in French, and how Slack and the console show it."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.channels.slack import blocks
from orchestration.alerting.end_causes import IN_WORDS
from orchestration.alerting.messages import (
    digest,
    ended_line,
    fault,
    paired,
    recovery,
    resolution,
    single,
    summary_line,
    summary_of_method,
)
from orchestration.alerting.sentences import MAX_LINE, cut, headline, reason
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
        alert(
            rule="schedule_overrun",
            level="50",
            unit="years",
            from_value=Decimal("4.671"),
            to_value=Decimal(8),
            from_text="2011-09-01",
            to_text="2015-01-01",
            slip_months=40,
        ),
        "SIRHEN (Éducation nationale) : fin prévue au-delà de la fin initiale de 71,3 % de la durée initiale, "
        "de septembre 2011 à janvier 2015 ; palier de 50 % franchi à l’édition 2017-S2.",
    ),
    # No month is said of an end that is known to a quarter.
    (
        alert(
            rule="schedule_slip",
            from_text="2025-01-01",
            from_precision="quarter",
            to_text="2025-04-01",
            to_precision="quarter",
            slip_months=3,
        ),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 3 mois, de T1 2025 à T2 2025, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="completed", from_value=None, to_text="2018-07-01", to_precision="semester", slip_months=None),
        "SIRHEN (Éducation nationale) : projet terminé, coût de 97,0 M€, fin déclarée en S2 2018.",
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
            slip_months=23,
            end_change_months=-1,
        ),
        "SIRHEN (Éducation nationale) : début réécrit de 23 mois plus tard, de janvier 2007 à décembre 2008, "
        "depuis l’édition 2017-S1 ; la fin prévue avance de 1 mois.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal(100), to_value=Decimal(110), end_change_months=0),
        "SIRHEN (Éducation nationale) : coût initial réécrit, de 100,0 à 110,0 M€, depuis l’édition 2017-S1 ; "
        "la fin prévue n’a pas changé.",
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
            to_value=Decimal("7.95"),
            from_text="au moins 8 sur 10",
            to_text="de 5 à moins de 8 sur 10",
        ),
        "Carte grise (Intérieur et outre-mer) : la satisfaction des usagers recule, de « au moins 8 sur 10 » "
        "(8,2 sur 10) à « de 5 à moins de 8 sur 10 » (7,95 sur 10), depuis l’édition 2017-S1.",
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
            from_text="2020-12-31",
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
        alert(
            rule="action_overdue",
            from_text="2021-06-30",
            to_text="2021-12-31",
            from_precision="semester",
            slip_months=6,
        ),
        "SIRHEN (Éducation nationale) : action prévue pour S1 2021, encore ouverte au 31 décembre 2021, soit 6 mois de "
        "retard.",
    ),
    (
        alert(
            rule="action_overdue", from_text="2021-10-31", to_text="2022-06-30", from_precision="month", slip_months=8
        ),
        "SIRHEN (Éducation nationale) : action prévue pour octobre 2021, encore ouverte au 30 juin 2022, soit 8 mois "
        "de retard.",
    ),
    (
        alert(rule="schedule_slip", from_text="2017-08-31", to_text="2018-02-01", slip_months=6, semesters=4),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 6 mois, d’août 2017 à février 2018, "
        "depuis l’édition 2017-S1, en 24 mois.",
    ),
    (
        alert(
            rule="schedule_slip",
            from_text="2017-08-31",
            to_text="2018-02-01",
            slip_months=6,
            semesters=1,
            returns_to_edition="2016-S1",
        ),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 6 mois, d’août 2017 à février 2018, "
        "depuis l’édition 2017-S1 ; elle revient à la valeur du premier semestre 2016.",
    ),
    (
        alert(returns_to_edition="2015-S2"),
        "SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, "
        "depuis l’édition 2017-S1 ; il revient à la valeur du second semestre 2015.",
    ),
    (
        alert(
            rule="creep", since_edition="2016-S1", slip_months=None, from_value=Decimal("26.2"), to_value=Decimal(28)
        ),
        "SIRHEN (Éducation nationale) : dérive lente, coût en hausse de 1,8 M€ (+ 6,9 %), de 26,2 à 28,0 M€, "
        "depuis l’édition 2016-S1, par étapes sous le seuil d’alerte.",
    ),
    (
        alert(rule="creep", since_edition="2016-S1", slip_months=5, from_text="2018-01-31", to_text="2018-06-01"),
        "SIRHEN (Éducation nationale) : dérive lente, coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€ ; fin "
        "prévue repoussée de 5 mois, de janvier 2018 à juin 2018, depuis l’édition 2016-S1, par étapes sous le seuil "
        "d’alerte.",
    ),
    (
        alert(rule="reduced", from_value=Decimal(352), to_value=Decimal(198), detail="phase_back"),
        "SIRHEN (Éducation nationale) : coût en baisse de 154,0 M€ (− 44 %), de 352,0 à 198,0 M€, "
        "depuis l’édition 2017-S1 ; la phase, elle aussi, revient en arrière.",
    ),
    (
        alert(
            rule="reduced", measure="end", from_text="2020-12-31", to_text="2019-12-31", slip_months=-12, semesters=2
        ),
        "SIRHEN (Éducation nationale) : fin prévue avancée de 12 mois, de décembre 2020 à décembre 2019, "
        "depuis l’édition 2017-S1, en 12 mois.",
    ),
    (
        alert(rule="phase_back", from_text="deploiement", to_text="experimentation"),
        "SIRHEN (Éducation nationale) : phase revenue de « Déploiement » à « Expérimentation », "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="completed", from_text="2017-12-31", to_text="2018-06-01", slip_months=6),
        "SIRHEN (Éducation nationale) : projet terminé, coût de 97,0 M€ (85,0 M€ au départ), fin déclarée en juin 2018 "
        "(6 mois après la fin initiale).",
    ),
    (
        alert(rule="completed", from_value=None, to_value=None, to_text="2018-06-01", slip_months=None),
        "SIRHEN (Éducation nationale) : projet terminé, coût inconnu, fin déclarée en juin 2018.",
    ),
    (
        alert(rule="abandoned", from_value=None, to_text="2018-06-01", slip_months=0, detail="Fusionné\navec un autre"),
        "SIRHEN (Éducation nationale) : projet abandonné, coût de 97,0 M€, fin prévue en juin 2018 (celle du départ) ; "
        "motif : « Fusionné avec un autre ».",
    ),
    (
        alert(rule="abandoned", slip_months=-1, to_text="2018-06-01"),
        "SIRHEN (Éducation nationale) : projet abandonné, coût de 97,0 M€ (85,0 M€ au départ), fin prévue en juin 2018 "
        "(1 mois avant la fin initiale) ; motif non déclaré.",
    ),
    (
        alert(rule="entered", from_value=None),
        "SIRHEN (Éducation nationale) : nouveau projet, de 97,0 M€.",
    ),
    (
        alert(rule="entered", from_value=None, detail="abandonne"),
        "SIRHEN (Éducation nationale) : nouveau projet, de 97,0 M€, déjà déclaré abandonné.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal(10), to_value=Decimal(8), detail="first_declared"),
        "SIRHEN (Éducation nationale) : coût initial déclaré pour la première fois, 8,00 M€, autre que la première "
        "valeur reçue, 10,00 M€.",
    ),
    (
        alert(rule="went_silent", from_text="2029-01-31", from_precision="day", detail="nothing_filed"),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie, alors qu’il "
        "l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€, fin prévue en janvier 2029) ; son ministère n’a "
        "rien déposé pour cette édition.",
    ),
    (
        alert(rule="cost_known", from_value=None),
        "SIRHEN (Éducation nationale) : coût désormais connu, 97,0 M€.",
    ),
    (
        alert(rule="went_silent", severity="information", from_text="2017-01-31", from_precision="month"),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie, alors qu’il "
        "l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€, fin prévue au plus tard en janvier 2017) : "
        "terminé ? motif à confirmer.",
    ),
    (
        alert(rule="figure_withdrawn", measure="cost_and_duration", to_value=None),
        "SIRHEN (Éducation nationale) : le coût, de 85,0 M€ à l’édition 2017-S1, et la durée ne sont plus renseignés "
        "à l’édition 2017-S2.",
    ),
    (
        alert("MI", rule="stagnant", perimeter="MI", measure="trajectories", delta=Decimal(2), detail="INPT, MOBILITE"),
        "Intérieur et outre-mer : 2 projets sans changement pendant trois éditions ou plus : INPT, MOBILITE.",
    ),
    (
        alert(rule="overdue", from_text="2017-01-31", to_text="2017-06-30", slip_months=5, from_precision="quarter"),
        "SIRHEN (Éducation nationale) : fin prévue au plus tard en janvier 2017, dépassée de 5 mois au 30 juin 2017, "
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
        alert(rule="budget_slip", to_value=None),
        "SIRHEN (Éducation nationale) : coût en hausse d’un montant inconnu, depuis l’édition 2017-S1.",
    ),
    (
        # From a million on, and from ten percent on, a decimal less.
        alert(from_value=Decimal(10), to_value=Decimal(11), previous_edition=None, perimeter=None),
        "SIRHEN : coût en hausse de 1,0 M€ (+ 10 %), de 10,0 à 11,0 M€.",
    ),
    (
        alert(rule="schedule_slip", from_text=None, to_text="2019-01-01", slip_months=None, previous_edition=None),
        "SIRHEN (Éducation nationale) : fin prévue repoussée.",
    ),
    (
        alert(rule="schedule_slip", from_text="bientôt", to_text="octobre prochain", slip_months=3),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 3 mois, de bientôt à octobre prochain, "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="budget_overrun", level="25", from_value=None, edition=None),
        "SIRHEN (Éducation nationale) : coût passé à un niveau au-dessus de la référence initiale ; "
        "palier de 25 % franchi.",
    ),
    (
        alert(rule="budget_overrun", level="25", from_value=Decimal(0)),
        "SIRHEN (Éducation nationale) : coût passé à un niveau au-dessus de la référence initiale, de 0,0 à 97,0 M€ ; "
        "palier de 25 % franchi à l’édition 2017-S2.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal("5"), to_value=Decimal("5.09"), measure="duration", unit="years"),
        "SIRHEN (Éducation nationale) : durée initiale réécrite, de 5,00 à 5,09 ans, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal("5"), to_value=Decimal("5.1"), measure="scope", to_text="x"),
        "SIRHEN (Éducation nationale) : référence initiale réécrite, de 5,0 à 5,1 M€, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="went_silent", edition=None, previous_edition=None, unit="years", from_value=1),
        "SIRHEN (Éducation nationale) n’est plus déclaré, sans motif de sortie, alors qu’il l’était à l’édition "
        "précédente (dernier coût connu : 1,0 an).",
    ),
    (
        alert(rule="went_silent", from_value=Decimal("0.995")),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie, "
        "alors qu’il l’était à l’édition 2017-S1 (dernier coût connu : 1,00 M€).",
    ),
    (
        alert(rule="figure_withdrawn", measure="scope", from_value=None, edition=None, previous_edition=None),
        "SIRHEN (Éducation nationale) : un chiffre, renseigné à l’édition précédente, n’est plus renseigné.",
    ),
    (
        alert(rule="figure_withdrawn", measure="duration", from_value=None, from_text="environ 4 ans"),
        "SIRHEN (Éducation nationale) : la durée, de environ 4 ans à l’édition 2017-S1, "
        "n’est plus renseignée à l’édition 2017-S2.",
    ),
    (
        alert(rule="watermelon", detail=None, since_edition="2016-S1"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres, depuis l’édition "
        "2016-S1.",
    ),
    (
        alert(rule="watermelon", detail="slip, unheard_of"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres (fort glissement "
        "dans l’édition, unheard_of).",
    ),
    (
        alert(rule="stagnant", from_text="2016-S1", delta=None),
        "SIRHEN (Éducation nationale) : rien n’a changé depuis l’édition 2016-S1.",
    ),
    (
        alert(rule="procedure_regressed", measure="reach", unit="pct", from_text=None, to_text="aucun", to_value=None),
        "SIRHEN (Éducation nationale) : un indicateur recule, de « inconnu » (85 %) à « aucun », "
        "depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="indicator_off_track", unit=None, from_value=Decimal("20.126"), to_value=None),
        "SIRHEN (Éducation nationale) : valeur inconnue, quand il faudrait 20,13 à cette date pour tenir la cible.",
    ),
    (
        alert(rule="indicator_off_track", unit="u" * 50, from_value=Decimal(1200), to_value=Decimal(0)),
        f"SIRHEN (Éducation nationale) : 0 {'u' * 39}…, quand il faudrait 1 200 {'u' * 39}… à cette date pour tenir la "
        "cible.",
    ),
    (
        alert(rule="action_overdue", from_text="2021-12-31", to_text="2021-12-31", from_precision="quarter"),
        "SIRHEN (Éducation nationale) : action prévue pour T4 2021, encore ouverte au 31 décembre 2021, "
        "soit moins d’un mois de retard.",
    ),
    (
        alert("XX/plans", rule="submission_missing", perimeter="XX", measure="plans", level="1", to_text="2017-12-31"),
        "XX : aucune remontée acceptée (plans) pour l’édition 2017-S2, dont la date limite est le 31 décembre 2017.",
    ),
    (
        alert("43", rule="submission_rejected", subject_name=None, edition=None, detail="x" * 300),
        f"Fichier « 43 » (Éducation nationale) refusé. Réponse faite au ministère : « {'x' * 249}… »",
    ),
    (alert(rule="check_failed", detail="Le contrôle\na échoué."), "Le contrôle a échoué."),
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


def test_an_end_recalls_what_was_said_and_good_news_alone_carries_its_sign() -> None:
    titles = {
        cause: plain(resolution("k", [summary_line([alert()])], cause, "2017-S2", SITE).title) for cause in IN_WORDS
    }
    assert titles == {
        "redressée": "✅ Situation redressée · édition 2017-S2",
        "déposée": "✅ Remontée reçue · édition 2017-S2",
        "reportée": "Échéance reportée · édition 2017-S2",
        "corrigée": "Alerte corrigée · édition 2017-S2",
        "sans objet": "Alerte sans objet · édition 2017-S2",
    }
    message = resolution("k", [summary_line([alert()])], "corrigée", "2017-S2", SITE)
    assert plain(message.lines[0]).startswith("🟠 Attention · SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€")


def test_what_is_now_is_said_whole_after_what_was_told() -> None:
    line = ended_line("x" * 600, "2018-S1", "projet terminé")
    assert (len(line), plain(line[-40:])) == (500, "… Depuis, à l’édition 2018-S1 : projet terminé."[-40:])
    assert ended_line("Une phrase.", "2018-S1", "") == "Une phrase."


def test_the_summary_of_a_method_counts_all_of_it_by_rule_and_adds_up() -> None:
    news = [("creep", "2017-S1"), ("creep", "2017-S2"), ("reduced", "2017-S2")]
    message = summary_of_method("k", "2.0.0", news, [("overdue", "2017-S1")])
    assert plain(message.title) == (
        "Méthode 2.0.0 : 3 alertes nouvelles et 1 alerte close sur des éditions déjà signalées"
    )
    assert [plain(line) for line in message.lines] == [
        "Dérive lente : 2 (2017-S1, 2017-S2)",
        "Coût ou délai réduit : 1 (2017-S2)",
        "Closes · Fin prévue dépassée : 1 (2017-S1)",
    ]
    assert message.notes[0].startswith("Ces éditions avaient été signalées selon une méthode antérieure")
    assert "1 alerte close sur" in plain(summary_of_method("k", "2.0.0", [], [("overdue", "2017-S1")]).title)


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


def test_a_rise_over_a_baseline_that_nobody_knows_is_told_without_it() -> None:
    unknown = alert("a", **(OVERRUN | {"from_value": None}))
    assert plain(digest("k", [alert("a"), unknown], "2017-S2", SITE).lines[0]).endswith(
        "depuis l’édition 2017-S1 ; coût passé à un niveau au-dessus de la référence initiale, palier de 25 % franchi."
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


def test_a_text_is_cut_only_where_it_is_longer_and_never_after_a_space() -> None:
    assert [cut(text, 5) for text in ("12345", "123456", "123 56")] == ["12345", "1234…", "123…"]


def test_a_reason_names_the_graver_threshold_only_where_the_alert_is_graver() -> None:
    lowest = "coût complet en hausse d’au moins 10 % ou 5 M€ par rapport à l’édition précédente"
    assert plain(reason("budget_slip")) == lowest
    assert plain(reason("budget_slip", "information")) == lowest
    assert plain(reason("budget_slip", "attention")) == f"{lowest} ; gravité « attention » à partir de 25 % ou 10 M€"
    # This rule has a threshold for one severity alone, and always holds for the lesser one.
    assert reason("went_silent", "critique").endswith(
        " ; gravité « critique » à partir de 50 M€ pour un projet dont la fin est à venir ou inconnue"
    )
    assert plain(reason("phase_back", "attention")).endswith(" ; gravité « attention » au-delà de 9 M€")
    assert (
        reason("went_silent", "attention")
        == "projet de l’édition précédente qui n’est plus déclaré, sans motif de sortie"
    )


def test_what_to_do_about_a_missing_or_refused_file_is_said_in_full() -> None:
    (_, todo) = single("k", [alert("MI/projects", rule="submission_missing", perimeter="MI", level="7")], SITE).notes
    assert plain(todo) == (
        "À faire : déposer le fichier dans le dossier 2017-S2/MI, ou, s’il n’y a rien à déclarer, un fichier d’une "
        "seule ligne « NÉANT ». Le rappel est levé dès qu’une remontée est acceptée."
    )
    (_, todo) = single("k", [alert("42", rule="submission_rejected", perimeter=None)], SITE).notes
    assert plain(todo) == (
        "À faire : lire l’accusé de réception (dossier _non_classes des accusés), corriger le fichier, puis le déposer "
        "de nouveau. En attendant, la dernière remontée acceptée, s’il y en a une, continue de compter."
    )


def test_a_perimeter_that_nobody_knows_is_told_by_its_code_and_none_is_not_told() -> None:
    assert plain(single("k", [alert(perimeter="XX")], SITE).notes[1]) == "Périmètre : XX."
    assert len(single("k", [alert(perimeter=None)], SITE).notes) == 1


FAULT = {"rule": "check_failed", "severity": "critique", "detail": "Le contrôle a échoué.", "level": "-"}
DAGSTER = "http://127.0.0.1:3000/"


def _fault(number: int = 0, to_do: str | None = None, run_id: str | None = None, **changed: Any) -> Alert:
    return replace(alert(f"check-{number}", **FAULT, **changed), to_do=to_do, run_id=run_id)


def test_a_fault_says_what_to_do_and_in_which_pass_with_a_link_to_it() -> None:
    message = fault("k", [_fault(to_do="Lire le journal.", run_id="abc")], DAGSTER, is_repeat=True)
    assert plain(message.title) == "🔴 Critique · Contrôle en échec · édition 2017-S2"
    assert message.lines == ("Le contrôle a échoué.",)
    assert message.notes == ("Lire le journal.", "Passe abc (`jalons ui`).")
    assert message.link == ("Voir la passe", "http://127.0.0.1:3000/runs/abc")
    assert (message.key, message.is_repeat) == ("k", True)


def test_a_fault_without_a_pass_or_an_address_has_no_link() -> None:
    assert fault("k", [_fault()], DAGSTER).link is None
    assert fault("k", [_fault()], DAGSTER).notes == ()
    assert fault("k", [_fault(run_id="abc")], "").link is None
    assert not fault("k", [_fault()], DAGSTER).is_repeat


def test_a_fault_of_several_editions_names_none_and_lists_twenty() -> None:
    message = fault("k", [_fault(0, edition="2017-S1"), *(_fault(number) for number in range(1, 22))], DAGSTER)
    assert plain(message.title) == "🔴 Critique · Contrôle en échec"
    assert len(message.lines) == 20
    assert [plain(note) for note in message.notes] == ["2 autres ne sont pas montrées ici."]


def test_the_end_of_a_fault_is_told_with_what_was_said_of_it() -> None:
    message = recovery("k", [f"Contrôle {number}." for number in range(21)], "check_failed", is_repeat=True)
    assert plain(message.title) == "✅ Rétabli · Contrôle en échec"
    assert (message.lines[0], len(message.lines)) == ("Contrôle 0.", 20)
    assert [plain(note) for note in message.notes] == [
        "1 autre n’est pas montrée ici.",
        "Ce défaut n’est plus constaté : il n’y a plus rien à faire.",
    ]
    assert (message.key, message.is_repeat, message.link) == ("k", True, None)
    assert recovery("k", ["Contrôle."], "check_failed").notes == message.notes[1:]


def test_an_end_of_many_alerts_counts_them_and_links_to_the_edition() -> None:
    one = resolution("k", ["Une phrase."], "corrigée", "2017-S2", SITE)
    assert (one.lines, one.link, one.is_repeat) == (("Une phrase.",), None, False)
    corrected = (
        "Les données d’où venait l’alerte ont été corrigées depuis son envoi : elle ne vaut plus telle qu’elle était."
    )
    assert [plain(note) for note in one.notes] == [corrected]
    assert plain(resolution("k", ["Une phrase."], "corrigée", None, SITE).title) == "Alerte corrigée"
    many = resolution("k", [f"Phrase {number}." for number in range(22)], "corrigée", "2017-S2", SITE, is_repeat=True)
    assert plain(many.title) == "22 alertes corrigées pour l’édition 2017-S2"
    assert [plain(note) for note in many.notes] == ["2 autres ne sont pas montrées ici.", corrected]
    assert many.link == ("Voir l’édition", f"{SITE}2017-S2/")
    assert (many.key, many.is_repeat, len(many.lines)) == ("k", True, 20)
    assert plain(resolution("k", ["Une.", "Deux."], "corrigée", None, SITE).title) == "2 alertes corrigées hors édition"


def test_a_digest_says_where_the_whole_list_is_and_why_each_rule_speaks() -> None:
    found = [alert(f"b{number}", rule="went_silent") for number in range(21)]
    message = digest("k", found, None, SITE, is_repeat=True)
    assert plain(message.title) == "21 alertes hors édition : 21 à surveiller"
    assert [plain(note) for note in message.notes] == [
        "1 autre n’est pas montrée ici. Liste complète : commande `jalons alerts`.",
        "N’est plus déclaré : projet de l’édition précédente qui n’est plus déclaré, sans motif de sortie.",
    ]
    assert (message.key, message.is_repeat, message.link) == ("k", True, None)
    worst_first = digest("k", [alert("a", severity="information"), alert("b", severity="critique")], "2017-S2", SITE)
    assert plain(worst_first.title) == "2 alertes pour l’édition 2017-S2 : 1 critique, 1 pour information"
    assert not worst_first.is_repeat
    assert not [note for note in digest("k", found[:20], "2017-S2", SITE).notes if "montrée" in note]


def test_the_counts_of_a_digest_add_up_to_its_lines_and_what_it_does_not_show() -> None:
    rises = [one for number in range(21) for one in (alert(f"p{number}"), alert(f"p{number}", **OVERRUN))]
    message = digest("k", rises, "2017-S2", SITE)
    assert plain(message.title) == "21 alertes pour l’édition 2017-S2 : 21 critiques"
    assert len(message.lines) == 20
    assert plain(message.notes[0]) == (
        "1 autre n’est pas montrée ici. Liste complète : commande `jalons alerts 2017-S2`."
    )


def test_an_overrun_belongs_to_the_slip_of_its_own_edition() -> None:
    found = [alert("a", **OVERRUN), alert("a", edition="2016-S2"), alert("a", rule="schedule_slip")]
    assert [len(group) for group in paired(found)] == [1, 1, 1]
