"""Why an alert is no more: a state when it ends, an event by a correction alone; a project that left ends nothing.

What belongs here: which cause an end has. What does not: what ends a state over editions (the mart `alert_ends` says),
the words (`end_causes`, `end_sentences`) and what is told of it (`reconciliation`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from orchestration.alerting import end_sentences
from orchestration.alerting.alerts import Alert
from orchestration.alerting.end_causes import Cause
from orchestration.alerting.outbox_tables import OutboxEntry, Told
from orchestration.domain.alert_rules import alert_rule
from orchestration.settings import Settings
from orchestration.store.marts import read_mart


@dataclass(frozen=True)
class End:
    """What ended an alert: the cause, the edition that did and when (naive UTC), and what it is now, in French."""

    cause: Cause
    edition: str | None = None
    at: datetime | None = None
    now: str = ""


@dataclass(frozen=True)
class Correction:
    """What replaced a submission said of one of its projects: in force from `received_at` to `superseded_at` (naive
    UTC). `is_same` where nothing differs beyond how well it is known.
    """

    received_at: datetime
    superseded_at: datetime
    is_present: bool
    is_same: bool
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Ends:
    """What the marts know of ends: those of alerts over editions, by key, and the corrections of an edition's projects,
    by edition and project, the oldest first.
    """

    of_alerts: Mapping[str, End]
    corrections: Mapping[tuple[str, str], tuple[Correction, ...]]

    @classmethod
    def read(cls, settings: Settings, is_held: Callable[[str], bool] = lambda _: False) -> Self:
        """Read both marts; what an edition that is held back has ended is not known yet, but what was filed."""
        of_alerts = {
            row["alert_key"]: End(row["cause"], row["ended_edition"], row["ended_at"], end_sentences.now(row))
            for row in read_mart(settings.marts, "alert_ends")
            if alert_rule(row["rule"]).about == "filing" or not is_held(row["ended_edition"])
        }
        corrections: dict[tuple[str, str], tuple[Correction, ...]] = {}
        for row in sorted(read_mart(settings.marts, "corrections"), key=lambda row: row["superseded_at"]):
            one = Correction(row["received_at"], row["superseded_at"], row["is_present"], row["is_same"], row)
            of_project = row["edition"], row["project_id"]
            corrections[of_project] = (*corrections.get(of_project, ()), one)
        return cls(of_alerts, corrections)

    def of_gone(
        self, entry: OutboxEntry, alerts: Iterable[Alert], routed: Collection[str], told: Told | None, method: str
    ) -> End | None:
        """Why a sent alert is in the data no more; `None` where it only left with its project.

        `told` is by which method its edition was told last on this channel, `routed` are the keys that it gets.
        """
        if entry.edition is None or alert_rule(entry.rule).about == "filing":
            return End("corrigée", entry.edition)
        if entry.rule == "stagnant":
            # What moved is said by its own rules, and a line of a perimeter says of many projects that they did not.
            return End("remplacée", entry.edition)
        if any(_replaces(alert, entry) and alert.alert_key in routed for alert in alerts):
            return End("remplacée", entry.edition)
        correction = self._since(entry)
        is_other_method = told is not None and told.method_version != method
        if correction is None or (told and is_other_method and correction.superseded_at <= told.until):
            return End("méthode" if is_other_method else "corrigée", entry.edition)
        if not correction.is_present:
            return None
        if correction.is_same:
            return End("précision", entry.edition, correction.superseded_at)
        return End("corrigée", entry.edition, correction.superseded_at, end_sentences.corrected(correction.row))

    def stays(self, told_end: OutboxEntry) -> bool:
        """Whether an end that was told stays so, though the data say it no more: its project was taken out of the
        edition that ended it since, and a project that leaves brings nothing back either.
        """
        correction = self._since(told_end)
        return correction is not None and not correction.is_present

    def _since(self, entry: OutboxEntry) -> Correction | None:
        """What was in force of the project when the alert was told, if it was replaced since."""
        before = [
            one
            for one in self.corrections.get((entry.edition or "", entry.subject), ())
            if entry.sent_at is None or one.received_at <= entry.sent_at
        ]
        return before[-1] if before and (entry.sent_at is None or before[-1].superseded_at > entry.sent_at) else None


def _replaces(alert: Alert, entry: OutboxEntry) -> bool:
    """Whether it says, of the same project in the same edition, a higher level; a lower one corrects what was told."""
    same = alert.rule == entry.rule and alert.subject == entry.subject and alert.edition == entry.edition
    is_overrun = alert.of_rule.same_rise_as is not None
    return same and is_overrun and (entry.level is None or int(alert.level) > int(entry.level))
