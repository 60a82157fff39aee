"""What an alert says in French: each rule's sentence, with its subject and without it."""

from decimal import Decimal
from typing import Any

import pytest
from alert_home import alert_row

from orchestration.alerting.alerts import Alert
from orchestration.alerting.sentences import (
    MAX_LINE,
    cut,
    headline,
    headline_of_both,
    name_of,
    perimeter_of,
    reason,
    statement,
    statement_of_both,
    what_to_do,
)
from orchestration.domain.alert_rules import ALERT_RULES, thresholds


def alert(subject: str = "sirhen", **changed: Any) -> Alert:
    return Alert.of(alert_row(subject, **changed))


def plain(text: str) -> str:
    """The text with ordinary spaces, to read the expected ones more easily."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


SENTENCES = [
    (
        alert(),
        "SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition "
        "2017-S1.",
    ),
    (
        alert(from_value=Decimal("0.3"), to_value=Decimal("0.345")),
        "SIRHEN (Éducation nationale) : coût en hausse de 0,05 M€ (+ 15 %), de 0,30 à 0,35 M€, depuis l’édition "
        "2017-S1.",
    ),
    (
        alert(from_value=2000.0, to_value=2100.5, perimeter="MEF"),
        "SIRHEN (Économie et finances) : coût en hausse de 100,5 M€ (+ 5,0 %), de 2 000,0 à 2 100,5 M€, depuis "
        "l’édition 2017-S1.",
    ),
    (
        alert(from_value=Decimal(0), to_value=Decimal(6)),
        "SIRHEN (Éducation nationale) : coût en hausse de 6,0 M€, de 0,0 à 6,0 M€, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-06-30", to_text="2019-01-01", slip_months=7),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 7 mois, de juin 2018 à janvier 2019, depuis "
        "l’édition 2017-S1.",
    ),
    (
        alert(rule="schedule_slip", from_text="2018-04-01", to_text="2018-08-01", slip_months=4),
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 4 mois, d’avril 2018 à août 2018, depuis l’édition "
        "2017-S1.",
    ),
    (
        alert(rule="went_silent", to_value=None),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie connu, alors "
        "qu’il l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€).",
    ),
    (
        alert(rule="went_silent", from_value=None, to_value=None),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie connu, alors "
        "qu’il l’était à l’édition 2017-S1 (ni coût ni fin prévue connus).",
    ),
    (
        alert(rule="figure_withdrawn", to_value=None),
        "SIRHEN (Éducation nationale) : le coût, de 85,0 M€ à l’édition 2017-S1, n’est plus renseigné à l’édition "
        "2017-S2.",
    ),
    (
        alert(rule="figure_withdrawn", measure="duration", unit="days", from_value=Decimal(1460), to_value=None),
        "SIRHEN (Éducation nationale) : la durée, de 4,0 ans à l’édition 2017-S1, n’est plus renseignée à l’édition "
        "2017-S2.",
    ),
    (
        alert(rule="budget_overrun", level="10", from_value=Decimal("121.2"), to_value=Decimal("151.4")),
        "SIRHEN (Éducation nationale) : coût passé à 151,4 M€, 24,9 % au-dessus de la référence initiale (121,2 M€) "
        "; palier de 10 % franchi à l’édition 2017-S2.",
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
        "SIRHEN (Éducation nationale) : fin prévue 40 mois après la fin initiale (janvier 2015 au lieu de septembre "
        "2011), soit 71,3 % de la durée initiale ; palier de 50 % franchi à l’édition 2017-S2.",
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
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 3 mois, de T1 2025 à T2 2025, depuis l’édition "
        "2017-S1.",
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
        "SIRHEN (Éducation nationale) : date de début réécrite, 23 mois plus tard (décembre 2008 au lieu de janvier "
        "2007), depuis l’édition 2017-S1 ; la fin prévue est avancée d’un mois.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal(100), to_value=Decimal(110), end_change_months=0),
        "SIRHEN (Éducation nationale) : coût initial réécrit, de 100,0 à 110,0 M€, depuis l’édition 2017-S1 ; la fin "
        "prévue n’a pas changé.",
    ),
    (
        alert(rule="overdue", from_text="2016-11-01", to_text="2017-12-31", slip_months=13, since_edition="2016-S2"),
        "SIRHEN (Éducation nationale) : fin prévue en novembre 2016, dépassée de 13 mois au 31 décembre 2017, alors "
        "que le projet n’est déclaré ni terminé ni abandonné ; premier constat à l’édition 2016-S2.",
    ),
    (
        alert(rule="overdue", from_text="2017-12-10", to_text="2017-12-31", slip_months=0, since_edition="2017-S2"),
        "SIRHEN (Éducation nationale) : fin prévue en décembre 2017, dépassée de moins d’un mois au 31 décembre "
        "2017, alors que le projet n’est déclaré ni terminé ni abandonné.",
    ),
    (
        alert(rule="stagnant", since_edition="2016-S2", delta=Decimal(3), from_value=None, to_value=None),
        "SIRHEN (Éducation nationale) : déclaration inchangée depuis l’édition 2016-S2 (3 éditions de suite).",
    ),
    (
        alert(rule="watermelon", detail="budget_variance, overdue", from_text="vert", to_text="rouge"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres (coût très "
        "au-dessus de la référence initiale, fin prévue dépassée de longue date).",
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
        "Carte grise (Intérieur et outre-mer) : la satisfaction des usagers recule, de « au moins 8 sur 10 » (8,2 "
        "sur 10) à « de 5 à moins de 8 sur 10 » (7,95 sur 10), depuis l’édition 2017-S1.",
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
        "Carte grise (Intérieur et outre-mer) : le statut en ligne recule, de « entièrement en ligne » à « "
        "partiellement en ligne », depuis l’édition 2017-S1.",
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
        "Télétravail (Services du Premier ministre) : valeur de 19,9 % ; il faudrait 20,0 % à cette date pour tenir "
        "la cible.",
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
        "Label (Services du Premier ministre) : action prévue pour T4 2020, encore ouverte au 31 décembre 2021, soit "
        "12 mois de retard ; premier constat à l’édition 2021-S1.",
    ),
    (
        alert(
            rule="action_overdue",
            from_text="2021-06-30",
            to_text="2021-12-31",
            from_precision="semester",
            slip_months=6,
        ),
        "SIRHEN (Éducation nationale) : action prévue pour S1 2021, encore ouverte au 31 décembre 2021, soit 6 mois "
        "de retard.",
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
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 6 mois, d’août 2017 à février 2018, depuis l’édition "
        "2017-S1, en 24 mois.",
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
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 6 mois, d’août 2017 à février 2018, depuis l’édition "
        "2017-S1 ; elle revient à la valeur du premier semestre 2016.",
    ),
    (
        alert(returns_to_edition="2015-S2"),
        "SIRHEN (Éducation nationale) : coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition "
        "2017-S1 ; il revient à la valeur du second semestre 2015.",
    ),
    (
        alert(
            rule="creep", since_edition="2016-S1", slip_months=None, from_value=Decimal("26.2"), to_value=Decimal(28)
        ),
        "SIRHEN (Éducation nationale) : dérive lente, coût en hausse de 1,8 M€ (+ 6,9 %), de 26,2 à 28,0 M€, depuis "
        "l’édition 2016-S1, par étapes dont aucune n’atteint le seuil d’alerte.",
    ),
    (
        alert(rule="creep", since_edition="2016-S1", slip_months=5, from_text="2018-01-31", to_text="2018-06-01"),
        "SIRHEN (Éducation nationale) : dérive lente, coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€ ; fin "
        "prévue repoussée de 5 mois, de janvier 2018 à juin 2018, depuis l’édition 2016-S1, par étapes dont aucune "
        "n’atteint le seuil d’alerte.",
    ),
    (
        alert(rule="reduced", from_value=Decimal(352), to_value=Decimal(198), detail="phase_back"),
        "SIRHEN (Éducation nationale) : coût en baisse de 154,0 M€ (− 44 %), de 352,0 à 198,0 M€, depuis l’édition "
        "2017-S1 ; la phase, elle aussi, revient en arrière.",
    ),
    (
        alert(
            rule="reduced", measure="end", from_text="2020-12-31", to_text="2019-12-31", slip_months=-12, semesters=2
        ),
        "SIRHEN (Éducation nationale) : fin prévue avancée de 12 mois, de décembre 2020 à décembre 2019, depuis "
        "l’édition 2017-S1, en 12 mois.",
    ),
    (
        alert(rule="phase_back", from_text="deploiement", to_text="experimentation"),
        "SIRHEN (Éducation nationale) : phase revenue de « Déploiement » à « Expérimentation », depuis l’édition "
        "2017-S1.",
    ),
    (
        alert(rule="completed", from_text="2017-12-31", to_text="2018-06-01", slip_months=6),
        "SIRHEN (Éducation nationale) : projet terminé, coût de 97,0 M€ (85,0 M€ au départ), fin déclarée en juin "
        "2018 (6 mois après la fin initiale).",
    ),
    (
        alert(rule="completed", from_value=None, to_value=None, to_text="2018-06-01", slip_months=None),
        "SIRHEN (Éducation nationale) : projet terminé, coût inconnu, fin déclarée en juin 2018.",
    ),
    (
        alert(rule="abandoned", from_value=None, to_text="2018-06-01", slip_months=0, detail="Fusionné\navec un autre"),
        "SIRHEN (Éducation nationale) : projet abandonné, coût de 97,0 M€, fin prévue en juin 2018 (comme au départ) "
        "; motif : « Fusionné avec un autre ».",
    ),
    (
        alert(rule="abandoned", slip_months=-1, to_text="2018-06-01"),
        "SIRHEN (Éducation nationale) : projet abandonné, coût de 97,0 M€ (85,0 M€ au départ), fin prévue en juin "
        "2018 (1 mois avant la fin initiale) ; motif non déclaré.",
    ),
    (
        alert(rule="entered", from_value=None),
        "SIRHEN (Éducation nationale) : nouveau projet, d’un coût de 97,0 M€.",
    ),
    (
        alert(rule="entered", from_value=None, detail="abandonne"),
        "SIRHEN (Éducation nationale) : nouveau projet, d’un coût de 97,0 M€, déjà déclaré abandonné.",
    ),
    (
        alert(rule="rebaselined", from_value=Decimal(10), to_value=Decimal(8), detail="first_declared"),
        "SIRHEN (Éducation nationale) : coût initial déclaré pour la première fois, de 8,00 M€ ; la première valeur "
        "reçue, de 10,00 M€, en tenait lieu.",
    ),
    (
        alert(rule="went_silent", from_text="2029-01-31", from_precision="day", detail="nothing_filed"),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie connu, alors "
        "qu’il l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€, fin prévue en janvier 2029) ; son "
        "ministère n’a rien déposé pour cette édition.",
    ),
    (
        alert(rule="cost_known", from_value=None),
        "SIRHEN (Éducation nationale) : coût désormais connu, de 97,0 M€.",
    ),
    (
        alert(rule="went_silent", severity="information", from_text="2017-01-31", from_precision="month"),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie connu, alors "
        "qu’il l’était à l’édition 2017-S1 (dernier coût connu : 85,0 M€, fin prévue au plus tard en janvier 2017) : "
        "terminé ? motif à confirmer.",
    ),
    (
        alert(rule="figure_withdrawn", measure="cost_and_duration", to_value=None),
        "SIRHEN (Éducation nationale) : le coût, de 85,0 M€ à l’édition 2017-S1, et la durée ne sont plus renseignés "
        "à l’édition 2017-S2.",
    ),
    (
        alert("MI", rule="stagnant", perimeter="MI", measure="trajectories", delta=Decimal(2), detail="INPT, MOBILITE"),
        "Intérieur et outre-mer : 2 projets dont la déclaration ne change pas depuis trois éditions ou plus : INPT, "
        "MOBILITE.",
    ),
    (
        alert(rule="overdue", from_text="2017-01-31", to_text="2017-06-30", slip_months=5, from_precision="quarter"),
        "SIRHEN (Éducation nationale) : fin prévue au plus tard en janvier 2017, dépassée de 5 mois au 30 juin 2017, "
        "alors que le projet n’est déclaré ni terminé ni abandonné.",
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
        "export bis.xlsx (Éducation nationale) : fichier refusé ; réponse faite au ministère : « Votre fichier est "
        "refusé. ».",
    ),
    (
        alert(rule="budget_slip", to_value=None),
        "SIRHEN (Éducation nationale) : coût en hausse d’un montant inconnu, depuis l’édition 2017-S1.",
    ),
    (
        alert(rule="budget_overrun", level="25", from_value=Decimal(80), to_value=None, edition=None),
        "SIRHEN (Éducation nationale) : coût au-dessus de la référence initiale (80,0 M€) ; palier de 25 % franchi.",
    ),
    (
        alert(rule="schedule_overrun", level="10", from_value=None, slip_months=None, edition=None),
        "SIRHEN (Éducation nationale) : fin prévue au-delà de la fin initiale ; palier de 10 % franchi.",
    ),
    (
        alert(rule="completed", from_value=Decimal("97.04"), to_text="2018-06-01", slip_months=0),
        "SIRHEN (Éducation nationale) : projet terminé, coût de 97,0 M€ (comme au départ), fin déclarée en juin 2018 "
        "(comme au départ).",
    ),
    (
        # What is expected is said as exactly as what was measured, unless that hides the gap.
        alert("d", rule="indicator_off_track", unit="démarches", from_value=Decimal("218.42"), to_value=Decimal(203)),
        "D (Éducation nationale) : valeur de 203 démarches ; il faudrait 218 démarches à cette date pour tenir la "
        "cible.",
    ),
    (
        alert("d", rule="indicator_off_track", unit="jours", from_value=Decimal("20.4"), to_value=Decimal(20)),
        "D (Éducation nationale) : valeur de 20 jours ; il faudrait 20,4 jours à cette date pour tenir la cible.",
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
        "SIRHEN (Éducation nationale) : fin prévue repoussée de 3 mois, de bientôt à octobre prochain, depuis "
        "l’édition 2017-S1.",
    ),
    (
        alert(rule="budget_overrun", level="25", from_value=None, edition=None),
        "SIRHEN (Éducation nationale) : coût passé à 97,0 M€, au-dessus de la référence initiale ; palier de 25 % "
        "franchi.",
    ),
    (
        alert(rule="budget_overrun", level="25", from_value=Decimal(0)),
        "SIRHEN (Éducation nationale) : coût passé à 97,0 M€, au-dessus de la référence initiale (0,00 M€) ; palier "
        "de 25 % franchi à l’édition 2017-S2.",
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
        "SIRHEN (Éducation nationale) n’est plus déclaré, sans motif de sortie connu, alors qu’il l’était à "
        "l’édition précédente (dernier coût connu : 1,0 an).",
    ),
    (
        alert(rule="went_silent", from_value=Decimal("0.995")),
        "SIRHEN (Éducation nationale) n’est plus déclaré à l’édition 2017-S2, sans motif de sortie connu, alors "
        "qu’il l’était à l’édition 2017-S1 (dernier coût connu : 1,00 M€).",
    ),
    (
        alert(rule="figure_withdrawn", measure="scope", from_value=None, edition=None, previous_edition=None),
        "SIRHEN (Éducation nationale) : un chiffre, renseigné à l’édition précédente, n’est plus renseigné.",
    ),
    (
        alert(rule="figure_withdrawn", measure="duration", from_value=None, from_text="environ 4 ans"),
        "SIRHEN (Éducation nationale) : la durée, d’environ 4 ans à l’édition 2017-S1, n’est plus renseignée à "
        "l’édition 2017-S2.",
    ),
    (
        alert(rule="watermelon", detail=None, since_edition="2016-S1"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres ; premier constat "
        "à l’édition 2016-S1.",
    ),
    (
        alert(rule="watermelon", detail="slip, unheard_of"),
        "SIRHEN (Éducation nationale) : confiance déclarée verte, mais rouge d’après ses chiffres (fort glissement "
        "dans l’édition).",
    ),
    (
        alert(rule="stagnant", from_text="2016-S1", delta=None),
        "SIRHEN (Éducation nationale) : déclaration inchangée depuis l’édition 2016-S1.",
    ),
    (
        alert(rule="procedure_regressed", measure="reach", unit="pct", from_text=None, to_text="aucun", to_value=None),
        "SIRHEN (Éducation nationale) : un indicateur recule, de « inconnu » (85 %) à « aucun », depuis l’édition "
        "2017-S1.",
    ),
    (
        alert(rule="indicator_off_track", unit=None, from_value=Decimal("20.126"), to_value=None),
        "SIRHEN (Éducation nationale) : valeur inconnue ; il faudrait 20,13 à cette date pour tenir la cible.",
    ),
    (
        alert(rule="indicator_off_track", unit="u" * 50, from_value=Decimal(1200), to_value=Decimal(0)),
        f"SIRHEN (Éducation nationale) : valeur de 0 {'u' * 39}… ; il faudrait 1 200 {'u' * 39}… à cette date pour "
        "tenir la cible.",
    ),
    (
        alert(rule="action_overdue", from_text="2021-12-31", to_text="2021-12-31", from_precision="quarter"),
        "SIRHEN (Éducation nationale) : action prévue pour T4 2021, encore ouverte au 31 décembre 2021, soit moins "
        "d’un mois de retard.",
    ),
    (
        alert("XX/plans", rule="submission_missing", perimeter="XX", measure="plans", level="1", to_text="2017-12-31"),
        "XX : aucune remontée acceptée (plans) pour l’édition 2017-S2, dont la date limite est le 31 décembre 2017.",
    ),
    (
        alert("43", rule="submission_rejected", subject_name=None, edition=None, detail="x" * 300),
        f"43 (Éducation nationale) : fichier refusé ; réponse faite au ministère : « {'x' * 249}… ».",
    ),
    (alert(rule="check_failed", detail="Le contrôle\na échoué."), "Le contrôle a échoué."),
    (
        alert("43", rule="submission_rejected", subject_name="a.pdf", edition=None, perimeter=None, detail=None),
        "a.pdf : fichier refusé.",
    ),
]


@pytest.mark.parametrize(("found", "sentence"), SENTENCES, ids=[str(n) for n in range(len(SENTENCES))])
def test_the_headline_says_what_slipped_by_how_much_since_when(found: Alert, sentence: str) -> None:
    assert plain(headline(found)) == sentence


OF_PERIMETERS = {
    "submission_missing": alert("MI/projects", rule="submission_missing", perimeter="MI", subject_name=None, level="7"),
    "stagnant": alert("MEN", rule="stagnant", measure="trajectories", delta=Decimal(2), detail="A, B"),
}


@pytest.mark.parametrize(("found", "sentence"), SENTENCES, ids=[str(n) for n in range(len(SENTENCES))])
def test_a_statement_is_the_headline_without_its_subject(found: Alert, sentence: str) -> None:
    said = plain(statement(found))
    assert (said[0], said[-1]) == (said[0].upper(), ".")
    without = said if found.rule == "check_failed" else said[0].lower() + said[1:]
    assert sentence.removesuffix(without).strip(" :") in (
        name_of(found) + (f" ({perimeter_of(found)})" if perimeter_of(found) else ""),
        "",
    )


def test_a_statement_is_a_sentence_of_its_own_and_set_in_type() -> None:
    assert statement(alert()) == (
        "Coût en hausse de 12,0\N{NO-BREAK SPACE}M€ (+\N{NO-BREAK SPACE}14\N{NO-BREAK SPACE}%), "
        "de 85,0 à 97,0\N{NO-BREAK SPACE}M€, depuis l’édition 2017-S1."
    )
    assert plain(statement(alert(rule="went_silent"))).startswith("N’est plus déclaré à l’édition 2017-S2")


def test_one_rise_is_one_statement_and_ends_as_its_headline() -> None:
    overrun = alert(rule="budget_overrun", level="25", from_value=Decimal(75))
    said = plain(statement_of_both(alert(), overrun))
    assert said == (
        "Coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition 2017-S1 ; 29,3 % au-dessus de la "
        "référence initiale (75,0 M€) : palier de 25 % franchi."
    )
    assert plain(headline_of_both(alert(), overrun)).endswith(said[1:])
    unknown = alert(rule="budget_overrun", level="25", from_value=None)
    assert plain(statement_of_both(alert(), unknown)).endswith(
        "; au-dessus de la référence initiale : palier de 25 % franchi."
    )


def test_a_rise_from_the_baseline_itself_says_its_values_once() -> None:
    overrun = alert(rule="budget_overrun", level="10")
    assert plain(statement_of_both(alert(), overrun)) == (
        "Coût en hausse de 12,0 M€ (+ 14 %), de 85,0 à 97,0 M€, depuis l’édition 2017-S1 ; palier de 10 % au-dessus de "
        "la référence initiale franchi."
    )
    dates = {"from_text": "2018-12-31", "to_text": "2020-12-31", "slip_months": 24}
    slip, years = alert(rule="schedule_slip", **dates), {"from_value": Decimal(5), "to_value": Decimal(7)}
    late = [alert(rule="schedule_overrun", level="25", **dates, **one) for one in (years, {"from_value": None})]
    assert [plain(statement_of_both(slip, one)).partition("2017-S1")[2] for one in late] == [
        ", soit 40,0 % de la durée initiale : palier de 25 % franchi.",
        " ; palier de 25 % franchi.",
    ]


def test_one_delay_is_one_statement() -> None:
    dates = {"to_text": "2020-12-31", "from_value": Decimal(5), "to_value": Decimal(7), "unit": "years"}
    slip = alert(rule="schedule_slip", from_text="2018-12-31", slip_months=24, **dates)
    overrun = alert(rule="schedule_overrun", level="25", from_text="2019-01-31", slip_months=23, **dates)
    assert plain(statement_of_both(slip, overrun)) == (
        "Fin prévue repoussée de 24 mois, de décembre 2018 à décembre 2020, depuis l’édition 2017-S1 ; 23 mois après "
        "la fin initiale (janvier 2019), soit 40,0 % de la durée initiale : palier de 25 % franchi."
    )


def test_a_name_is_cut_and_is_the_perimeter_s_own_where_the_alert_is_about_what_it_files() -> None:
    assert (name_of(alert()), perimeter_of(alert())) == ("SIRHEN", "Éducation nationale")
    assert name_of(alert(subject_name="x\n" * 200)) == "x " * 59 + "x…"
    assert (name_of(alert(subject_name=None)), perimeter_of(alert(perimeter=None))) == ("sirhen", None)
    of_perimeters = {rule: (name_of(found), perimeter_of(found)) for rule, found in OF_PERIMETERS.items()}
    assert of_perimeters == {
        "submission_missing": ("Intérieur et outre-mer", None),
        "stagnant": ("Éducation nationale", None),
    }


def test_units_and_high_punctuation_never_start_a_line() -> None:
    assert [stuck for stuck in (" :", " M€", " %", "+ ") if stuck in headline(alert())] == []


def test_every_rule_of_the_seed_has_a_label_and_a_reason_that_names_its_threshold() -> None:
    rules = {rule for rule, _ in thresholds()}
    assert {rule.id for rule in ALERT_RULES.values() if rule.audience == "teams" and rule.reason_fr} == rules
    assert plain(reason("budget_overrun", "critique")) == (
        "coût passé à au moins 10 % au-dessus de la référence initiale, une alerte par palier franchi ; "
        "gravité « critique » à partir de 50 %"
    )
    assert plain(reason("indicator_off_track", "critique")).endswith("à partir de 50 points de retard")
    assert "3 éditions" in plain(reason("stagnant"))


@pytest.mark.parametrize("name", ["A\nB", "A\tB", "A\x1b[31mB", "A\u202eB", "A\u200bB"])
def test_submitted_text_cannot_steer_a_terminal_or_break_a_line(name: str) -> None:
    said = headline(alert(subject_name=name))
    assert all(character.isprintable() or character in "\u00a0\u202f" for character in said)


def test_a_very_long_name_is_cut() -> None:
    said = headline(alert(subject_name="x" * 10_000, detail="y" * 10_000))
    assert len(said) <= MAX_LINE
    assert "…" in said
    assert "depuis l’édition 2017-S1" in said


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


def test_a_rule_without_wording_still_makes_a_sentence_that_names_no_rule() -> None:
    found = alert(rule="unheard_of", from_text="2016-S2", to_text="2017-S2")
    said = plain(headline(found))
    assert said.startswith("SIRHEN (Éducation nationale) : Autre signalement de 2016-S2 à 2017-S2")
    assert "unheard" not in said


def test_no_reason_and_no_sentence_holds_a_command_or_the_id_of_a_rule() -> None:
    said = [headline(found) + (what_to_do(found) or "") for found, _ in SENTENCES]
    said += [reason(rule, severity) for rule, severity in thresholds()]
    assert [text for text in said if "`" in text or any(rule in text for rule in ALERT_RULES)] == []
