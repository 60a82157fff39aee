"""What other thresholds would have raised: the real build, over a copy of what a home was filed, and the difference.

What belongs here: trying a changed seed `alert_rules`, and saying what it would change. What does not: the rules (dbt
holds them: a threshold that is raised for one rule lets another one speak, so nothing is counted again here).
"""

import csv
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from orchestration.alerting.alerts import read_rows
from orchestration.consolidation.build import build
from orchestration.domain.alert_rules import ALERT_RULES, SEVERITIES, alert_rule
from orchestration.domain.french import NBSP, and_others, number, plural, typeset
from orchestration.domain.reference_data import seed_rows
from orchestration.domain.visible import visible
from orchestration.settings import Settings
from orchestration.store.marts import MartRow

_SEED = "alert_rules"
_SHOWN = 20


class CannotTest(Exception):
    """The thresholds cannot be tried; the message says why, and what to do."""


@dataclass(frozen=True)
class BackTest:
    """The rows of the mart `alerts` of a home, and those that it would have with other thresholds."""

    before: Sequence[MartRow]
    after: Sequence[MartRow]


def with_thresholds(settings: Settings, thresholds: Path) -> BackTest:
    """Build all tables with a file of the form of `dbt_project/seeds/alert_rules.csv`, some seconds, in a temporary
    folder: of the home only the lake is read, under whose lock this is called; nothing of it changes.

    Raise `CannotTest` where the file is not of that form, where no pass went over the home, or where a table of the
    build breaks.
    """
    _expect_seed(thresholds)
    before = read_rows(settings)
    if before is None or not (settings.lake / "_ledger").is_dir():
        raise CannotTest(f"No pass went over {settings.home} yet, so there is nothing to compare. Next: jalons run")
    with tempfile.TemporaryDirectory(prefix="jalons-") as folder:
        aside = settings.model_copy(update={"home": Path(folder)})
        shutil.copytree(settings.lake, aside.lake)
        result = build(aside, seeds={_SEED: thresholds})
        if result.broken:
            raise CannotTest(f"With {thresholds} {result.broken[0].unique_id} breaks: {result.broken[0].message}")
        return BackTest(before, read_rows(aside) or [])


def _expect_seed(thresholds: Path) -> None:
    """Raise `CannotTest` unless each line is one that the models understand: they pass over any other in silence."""
    known = seed_rows(_SEED)
    try:
        with thresholds.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            columns, found = list(rows.fieldnames or ()), list(rows)
    except (OSError, UnicodeDecodeError, csv.Error) as unreadable:
        raise CannotTest(f"{thresholds} cannot be read: {unreadable}") from unreadable
    if columns != list(known[0]):
        raise CannotTest(f"{thresholds}: the columns are {', '.join(known[0])}, in this order.")
    for line, row in enumerate(found, start=2):
        for column in ("rule", "severity", "threshold"):
            names = sorted({row[column] for row in known})
            if row[column] not in names:
                raise CannotTest(f"{thresholds}, line {line}: {row[column]!r} is no {column}: {', '.join(names)}.")
        if not _is_number(row["at_least"]):
            raise CannotTest(f"{thresholds}, line {line}: at_least is a number, such as 12.5.")


def _is_number(text: str | None) -> bool:
    try:
        return Decimal(text or "").is_finite()
    except InvalidOperation:
        return False


def in_french(test: BackTest) -> str:
    """What the thresholds would have changed: in all, by edition, by rule, and which alerts, for a terminal."""
    return "\n".join(_lines(test)) + "\n"


def _lines(test: BackTest) -> Iterator[str]:
    before, after = test.before, test.after
    yield typeset(f"Avec ces seuils : {_instead(after, before)}.")
    for heading, of in (("Par édition", _edition), ("Par règle", _rule), ("Par gravité", _severity)):
        yield f"\n{heading}"
        for value in _in_order(of, (*before, *after)):
            then, now = ([row for row in rows if of(row) == value] for rows in (before, after))
            yield typeset(f"  {value} : {_instead(now, then)}")
    old, new = ({row["alert_key"]: row for row in rows} for rows in (before, after))
    yield from _listed("Ne seraient plus signalés", [_alert(row) for key, row in old.items() if key not in new])
    yield from _listed("Seraient signalés en plus", [_alert(row) for key, row in new.items() if key not in old])
    kept = [(old[key], row) for key, row in new.items() if key in old]
    yield from _listed(
        "Changeraient de gravité",
        [
            f"{_alert(row)} au lieu de «{NBSP}{was['severity']}{NBSP}»"
            for was, row in kept
            if was["severity"] != row["severity"]
        ],
    )


def _instead(now: Sequence[MartRow], then: Sequence[MartRow]) -> str:
    """« 41 alertes au lieu de 151, sur 25 fiches au lieu de 60 »."""
    alerts, cards = (len(now), len(then)), (_cards(now), _cards(then))
    if alerts == cards:
        return _count(alerts, "alerte")
    return f"{_count(alerts, 'alerte')}, sur {_count(cards, 'fiche')}"


def _count(counts: tuple[int, int], word: str) -> str:
    now, then = counts
    return plural(now, word) + ("" if now == then else f" au lieu de {number(then)}")


def _cards(rows: Sequence[MartRow]) -> int:
    """All that an edition says of one subject is one card."""
    return len({(row["edition"], row["subject"]) for row in rows})


def _alert(row: MartRow) -> str:
    return f"{_edition(row)} · {row['subject_name'] or row['subject']} · {_rule(row)}, {row['severity']}"


def _listed(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield typeset(f"\n{heading} : {len(lines)}")
        yield from (f"  {visible(line)}" for line in sorted(lines)[:_SHOWN])
        if len(lines) > _SHOWN:
            yield f" {and_others(len(lines) - _SHOWN)}"


def _in_order(of: Callable[[MartRow], str], rows: Iterable[MartRow]) -> list[str]:
    """The values in the order of the editions, of the rules and of the severities, the most severe first."""
    order = [rule.label_fr for rule in ALERT_RULES.values()] + list(reversed(SEVERITIES))
    return sorted(Counter(map(of, rows)), key=lambda value: (order.index(value) if value in order else 0, value))


def _edition(row: MartRow) -> str:
    return row["edition"] or "hors édition"


def _rule(row: MartRow) -> str:
    return alert_rule(row["rule"]).label_fr


def _severity(row: MartRow) -> str:
    return str(row["severity"])
