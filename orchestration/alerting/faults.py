"""Faults of the machine, for its engineers: a check that failed or could not run, a pass that failed, a late sensor.

What belongs here: what each fault says, in French, and what to do next. What does not: finding them
(`orchestration.passes.faults` asks Dagster) and delivery, which is that of every alert.
"""

from datetime import datetime
from typing import Any, Literal

from orchestration.alerting.alerts import COLUMNS, Alert
from orchestration.domain.alert_rules import AlertKey
from orchestration.domain.french import moment

FaultRule = Literal["check_failed", "check_broken", "pass_failed", "tick_late"]
_HELD = {True: " Aucune révision de cette édition ne paraît tant qu’il échoue.", False: " Rien n’est retenu."}
_ALL_HELD = {True: " Aucune révision ne paraît tant qu’il échoue.", False: " Rien n’est retenu."}


def check_failed(
    name: str, mart: str, edition: str | None, *, found: str, remedy: str, is_error: bool, run_id: str | None
) -> Alert:
    """A rule on a mart that rows of an edition (`None`: of nobody knows which) do not keep; `found` says which."""
    held = (_HELD if edition else _ALL_HELD)[is_error]
    return _fault(
        "check_failed",
        name,
        level="error" if is_error else "warning",
        severity="critique" if is_error else "information",
        edition=edition,
        detail=f"{name} (table {mart}) : {found}{held}",
        to_do=f"À faire : {_small(remedy)} La prochaine passe juge de nouveau.",
        run_id=run_id,
    )


def check_broken(name: str, mart: str, *, reason: str, is_error: bool, run_id: str | None) -> Alert:
    """A rule on a mart that could not be judged, and why, in the words of the machine."""
    return _fault(
        "check_broken",
        mart,
        level=name,
        severity="critique" if is_error else "attention",
        detail=f"{name} (table {mart}) n’a pas pu être jugé : {reason}.{_ALL_HELD[is_error]}",
        to_do="À faire : la cause est chez nous, jamais dans les données ; la corriger, puis relancer une passe.",
        run_id=run_id,
    )


def pass_failed(step: str, *, cause: str, run_id: str) -> Alert:
    """A pass that stopped at a step, and the cause in the words of the machine."""
    return _fault(
        "pass_failed",
        step,
        level="error",
        severity="critique",
        detail=f"La passe s’est arrêtée à l’étape {step} : {cause}",
        to_do="À faire : lire l’étape dans Dagster (`jalons ui`), corriger la cause, puis relancer une passe "
        "(`jalons run`). Les dépôts attendent, aucun n’est perdu.",
        run_id=run_id,
    )


def tick_late(sensor: str, *, last: datetime, cause: str) -> Alert:
    """A sensor that has not looked since `last` (UTC), and why, as far as Dagster knows."""
    return _fault(
        "tick_late",
        sensor,
        level="error",
        severity="critique",
        detail=f"Le capteur {sensor} n’a plus regardé la boîte de dépôt depuis le {moment(last)} : {cause}.",
        to_do="À faire : remettre le capteur en marche dans Dagster (`jalons ui`, Automation) ; d’ici là, "
        "`jalons run` prend ce qui attend.",
    )


def _fault(rule: FaultRule, subject: str, *, edition: str | None = None, level: str, **given: Any) -> Alert:
    key = str(AlertKey(rule, subject, edition, level))
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values |= {"alert_key": key, "rule": rule, "subject": subject, "edition": edition, "level": level}
    return Alert(**values | given)


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
