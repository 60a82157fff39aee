"""The rules that alert: what each is about, its French label and reason, its thresholds; severities and alert keys.

What belongs here: what every room must know of a rule. What does not: what makes an alert (dbt decides), its sentence
and its delivery (`orchestration.alerting`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

from orchestration.domain.reference_data import seed_rows

Severity = Literal["information", "attention", "critique"]
# From the least to the most severe.
SEVERITIES: tuple[Severity, ...] = ("information", "attention", "critique")

Subject = Literal["project", "procedure", "indicator", "action", "filing", "machine", "other"]
# Who is told: teams of what projects do, engineers of what the machine does.
Audience = Literal["teams", "engineers"]


@dataclass(frozen=True)
class AlertRule:
    """One rule, `about` a kind of subject; in `reason_fr`, `{}` is its lowest threshold, such as « 10 % ou 5 M€ ».

    What `is_state` lasts, and ends when it is no more; anything else happened, and stays so. An overrun is the
    `same_rise_as` a slip: it says against the baseline what the slip says against the previous edition.
    """

    id: str
    about: Subject
    label_fr: str
    reason_fr: str = ""
    is_state: bool = False
    same_rise_as: str | None = None

    @property
    def audience(self) -> Audience:
        """Who is told."""
        return "engineers" if self.about == "machine" else "teams"


ALERT_RULES: Mapping[str, AlertRule] = {
    rule.id: rule
    for rule in (
        AlertRule(
            "budget_slip",
            "project",
            "Coût en hausse",
            "coût complet en hausse d’au moins {} par rapport à l’édition précédente",
        ),
        AlertRule(
            "schedule_slip",
            "project",
            "Fin reportée",
            "fin prévue (début + durée) repoussée d’au moins {} par rapport à l’édition précédente, le double si plus "
            "d’un semestre les sépare",
        ),
        AlertRule(
            "budget_overrun",
            "project",
            "Dépassement de coût",
            "coût passé à au moins {} au-dessus de la référence initiale, une alerte par palier franchi",
            is_state=True,
            same_rise_as="budget_slip",
        ),
        AlertRule(
            "schedule_overrun",
            "project",
            "Dépassement de délai",
            "fin prévue au-delà de la fin initiale d’au moins {} de la durée initiale, une alerte par palier franchi",
            is_state=True,
            same_rise_as="schedule_slip",
        ),
        AlertRule(
            "creep",
            "project",
            "Dérive lente",
            "coût en hausse ou fin repoussée d’au moins {} en quatre éditions, sans qu’aucune hausse ni aucun report "
            "n’ait été signalé entre-temps",
        ),
        AlertRule(
            "reduced",
            "project",
            "Coût ou délai réduit",
            "coût en baisse, ou fin avancée, d’au moins {} par rapport à l’édition précédente (le double de mois si "
            "plus d’un semestre les sépare)",
        ),
        AlertRule(
            "phase_back",
            "project",
            "Retour à une phase antérieure",
            "phase moins avancée qu’à l’édition précédente",
        ),
        AlertRule("completed", "project", "Projet terminé", "phase devenue « terminé » depuis l’édition précédente"),
        AlertRule(
            "abandoned", "project", "Projet abandonné", "phase devenue « abandonné » depuis l’édition précédente"
        ),
        AlertRule("entered", "project", "Nouveau projet", "projet déclaré pour la première fois, de plus de {}"),
        AlertRule("cost_known", "project", "Coût désormais connu", "premier coût connu d’un projet, de plus de {}"),
        AlertRule(
            "rebaselined",
            "project",
            "Référence réécrite",
            "coût ou durée de départ, ou date de début, déclarés autrement que dans la référence en vigueur",
        ),
        AlertRule(
            "overdue",
            "project",
            "Fin prévue dépassée",
            "fin prévue passée à la date de l’édition, ou à la réception de la remontée si elle est antérieure, pour "
            "un projet ni terminé ni abandonné",
            is_state=True,
        ),
        AlertRule(
            "went_silent",
            "project",
            "N’est plus déclaré",
            "projet de l’édition précédente qui n’est plus déclaré, sans motif de sortie",
        ),
        AlertRule(
            "figure_withdrawn",
            "project",
            "Chiffre retiré",
            "coût ou durée connus à l’édition précédente et vides dans celle-ci",
        ),
        AlertRule(
            "watermelon",
            "project",
            "Vert déclaré, rouge calculé",
            "confiance déclarée verte par le ministère, et rouge selon la règle publiée",
            is_state=True,
        ),
        AlertRule(
            "stagnant",
            "project",
            "Sans changement",
            "coût, fin prévue, phase, confiance et commentaire inchangés pendant {} de suite ; une ligne par périmètre",
            is_state=True,
        ),
        AlertRule(
            "procedure_regressed",
            "procedure",
            "Démarche en recul",
            "statut en ligne, FranceConnect, satisfaction ou accessibilité descendus d’un palier",
        ),
        AlertRule(
            "indicator_off_track",
            "indicator",
            "Indicateur en retard",
            "au moins {} sur la droite qui mène de la situation de départ à la cible",
            is_state=True,
        ),
        AlertRule(
            "action_overdue",
            "action",
            "Action en retard",
            "fin prévue passée à la date de l’édition, ou à la réception de la remontée si elle est antérieure, pour "
            "une action ni achevée ni abandonnée",
            is_state=True,
        ),
        AlertRule(
            "submission_missing",
            "filing",
            "Remontée manquante",
            "rappel à l’approche de la date limite, pour les seuls périmètres qui avaient déposé à l’édition "
            "précédente et ne l’ont pas fait",
            is_state=True,
        ),
        AlertRule(
            "submission_rejected",
            "filing",
            "Dépôt refusé",
            "tout dépôt refusé est signalé, car rien de son contenu n’est pris en compte",
        ),
        AlertRule("check_failed", "machine", "Contrôle en échec"),
        AlertRule("check_broken", "machine", "Contrôle impossible"),
        AlertRule("pass_failed", "machine", "Passe en échec"),
        AlertRule("pass_died", "machine", "Passe interrompue"),
        AlertRule("history_set_aside", "machine", "Base de Dagster mise de côté"),
        AlertRule("store_mended", "machine", "Fichier refait"),
        AlertRule("store_damaged", "machine", "Fichier perdu ou abîmé"),
        AlertRule("release_altered", "machine", "Publication altérée"),
        AlertRule("scrub_found", "machine", "Vérification complète : anomalie"),
        AlertRule("clock_behind", "machine", "Horloge en retard sur le registre"),
        AlertRule("inbox_missing", "machine", "Boîte de dépôt absente ou vidée"),
        AlertRule("inbox_unreachable", "machine", "Boîte de dépôt hors d’atteinte"),
        AlertRule("inbox_unreadable", "machine", "Boîte de dépôt illisible en partie"),
        AlertRule("tick_late", "machine", "Capteur sans nouvelles"),
        AlertRule("channel_unreachable", "machine", "Canal d’alertes en panne"),
        AlertRule("message_refused", "machine", "Message refusé par un canal"),
    )
}


SLIPS_WITH_OVERRUN = frozenset(rule.same_rise_as for rule in ALERT_RULES.values() if rule.same_rise_as)


def alert_rule(rule: str) -> AlertRule:
    """The rule of this id; one that nobody has put into words yet has a label that says nothing of it."""
    return ALERT_RULES.get(rule) or AlertRule(rule, "other", "Autre signalement")


def severity_rank(severity: Severity) -> int:
    """The place of a severity: the greater, the more severe."""
    return SEVERITIES.index(severity)


@dataclass(frozen=True)
class AlertKey:
    """What makes an alert the same however often it is found: rule, subject, edition (if any) and level."""

    rule: str
    subject: str
    edition: str | None
    level: str

    def __str__(self) -> str:
        return f"{self.rule}:{self.subject}:{self.edition or ''}:{self.level}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a written key: for homes whose outbox kept nothing else."""
        rule, _, rest = text.partition(":")
        subject, edition, level = rest.rsplit(":", 2)
        return cls(rule, subject, None if edition in ("", "-") else edition, level)


@cache
def thresholds() -> dict[tuple[str, str], dict[str, str]]:
    """The seed `alert_rules`: by (rule, severity), what it is measured in (percent, meur, months, …) and from how much.

    A rule that always holds has no measure: its thresholds are empty. Of several levels, the first of the seed is kept.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in seed_rows("alert_rules"):
        measures = found.setdefault((row["rule"], row["severity"]), {})
        if row["threshold"] != "always":
            measures.setdefault(row["threshold"], row["at_least"])
    return found
