"""Which editions may not be released, and why: what the verdicts on the marts hold back.

What belongs here: the one rule about it, for releases, alerts and checks, and what a verdict found, in French. What
does not: reaching a verdict (`expectations`) and keeping to it (`release`, `orchestration.alerting.delivery`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from expectations.runner import Verdict
from orchestration.domain.french import NBSP, number, plural
from orchestration.settings import Settings
from orchestration.store.marts import read_mart

_SHOWN_ROWS = 3


@dataclass(frozen=True)
class Hold:
    """What holds editions back, in order (`None` stands for every edition): a failed verdict, or rows that are lost."""

    verdict: Verdict | None
    editions: tuple[str, ...] | None
    without_rows: tuple[str, ...] = ()

    def covers(self, edition: str) -> bool:
        """Whether it holds this edition back."""
        return self.editions is None or edition in self.editions

    @property
    def editions_in_words(self) -> str:
        """The editions in words, for the log and the UI."""
        return "every edition" if self.editions is None else ", ".join(self.editions)


def hold_of(verdict: Verdict) -> Hold | None:
    """What a verdict holds back: of severity error, the editions whose rows fail it.

    Every edition, where nobody can tell which: the check could not run, or a row that fails has no edition.
    """
    if verdict.success or verdict.severity != "error":
        return None
    editions = failing_editions(verdict)
    return Hold(verdict, None if verdict.broken or not all(editions) else tuple(map(str, editions)))


def failing_editions(verdict: Verdict) -> tuple[str | None, ...]:
    """The editions whose rows fail, in order; `None` among them where a row does not say, or no row is named."""
    editions = {row.get("edition") for row in verdict.failing} or {None}
    known = sorted(str(edition) for edition in editions if edition)
    return (*known, *([None] if len(known) < len(editions) else []))


def found_in(verdict: Verdict, edition: str | None = None) -> str:
    """What the rule expects and which values it found, of one edition or of all, in one French line."""
    if verdict.broken:
        return f"Contrôle impossible{NBSP}: {verdict.broken}"
    rows = [row for row in verdict.failing if edition in (None, row.get("edition"))]
    shown = f"{NBSP}; ".join(_found(verdict.rule.column, row) for row in rows[:_SHOWN_ROWS])
    left = (len(rows) if edition else verdict.failing_count) - _SHOWN_ROWS
    more = f"{NBSP}; et {plural(left, 'autre ligne', 'autres lignes')}" if left > 0 else ""
    return f"Attendu{NBSP}: {verdict.rule.sentence_fr} Constaté{NBSP}: {shown or 'aucune ligne nommée'}{more}."


def holds_of(verdicts: Iterable[Verdict], previous: Mapping[str, str | None]) -> tuple[Hold, ...]:
    """What the verdicts hold back together, in their order, with the editions that are compared with a held one.

    `previous` gives each edition the one that it is compared with (`previous_editions`), whose figures it tells again.
    """
    return tuple(_with_following(hold, previous) for verdict in verdicts if (hold := hold_of(verdict)))


def holds_without_rows(
    without_rows: Mapping[str, Sequence[str]], previous: Mapping[str, str | None]
) -> tuple[Hold, ...]:
    """What is held back because rows accepted for an edition cannot be had: it, and all that its history enters into.

    Baselines, movements and names of later editions rest on the rows of every earlier one.
    """
    return tuple(
        Hold(None, (edition, *sorted(later for later in previous if later > edition)), tuple(reasons))
        for edition, reasons in sorted(without_rows.items())
    )


def reason(hold: Hold) -> str:
    """Which editions are held back, by what, on one line."""
    if hold.verdict is None:
        return (
            f"{hold.editions_in_words} held back: rows that were accepted are missing ({'; '.join(hold.without_rows)})"
        )
    verdict = hold.verdict
    return f"{hold.editions_in_words} held back by {verdict.suite}: {verdict.id}: {found_in(verdict)}"


def previous_editions(settings: Settings) -> dict[str, str | None]:
    """The edition that each edition is compared with, by the mart of the headline figures."""
    figures = read_mart(settings.marts, "headline_figures")
    return {str(row["edition"]): row["previous_edition"] for row in figures}


def _with_following(hold: Hold, previous: Mapping[str, str | None]) -> Hold:
    if hold.editions is None:
        return hold
    following = sorted(edition for edition, before in previous.items() if before in hold.editions)
    return replace(hold, editions=tuple(dict.fromkeys((*hold.editions, *following))))


def is_held(edition: str, holds: Sequence[Hold]) -> bool:
    """Whether the edition is held back."""
    return any(hold.covers(edition) for hold in holds)


def _found(column: str, row: Mapping[str, object]) -> str:
    """« total_cost_bn_eur = 132,5 (édition 2021-S2) », with whatever else names the row."""
    named = [f"édition {row['edition']}"] if row.get("edition") else []
    named += [f"{key} {value}" for key, value in row.items() if key not in ("edition", "value")]
    return f"{column} = {_value(row.get('value'))}" + (f" ({', '.join(named)})" if named else "")


def _value(value: object) -> str:
    if value is None:
        return "vide"
    if isinstance(value, int | float) and not isinstance(value, bool):
        exact = Decimal(str(value)).normalize()
        return number(exact, max(0, -int(exact.as_tuple().exponent)))
    return str(value)
