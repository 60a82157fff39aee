"""The judgement on the marts as they stand: the one thing that releases, alerts and checks may be made from.

What belongs here: binding verdicts to the marts that they are on. What does not: reaching a verdict (`expectations`)
and what one holds back (`holding`).
"""

from collections.abc import Collection
from dataclasses import dataclass

from expectations.rule import Rule
from expectations.runner import Verdict, validate_marts
from orchestration.intake.lake import last_export
from orchestration.settings import Settings
from orchestration.store.mart_set import MartSet, UnfitMarts, fit_marts
from orchestration.validation.holding import Hold, holds_of, holds_without_rows, previous_editions


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one set of marts, what they hold back, and the ledger's head that the set was built from."""

    marts_sha256: str
    ledger_head: str
    verdicts: tuple[Verdict, ...]
    holds: tuple[Hold, ...]

    @property
    def broken(self) -> tuple[Hold, ...]:
        """What is held back since a check could not run, which is no fault of what was filed."""
        return tuple(hold for hold in self.holds if hold.verdict and hold.verdict.broken)

    def is_on(self, settings: Settings) -> bool:
        """Whether the marts that stand now are those that this is on; raise `UnfitMarts` where they are of no build."""
        return _built(settings).sha256 == self.marts_sha256

    def expect_unchanged(self, settings: Settings) -> None:
        """Raise `UnfitMarts` where the marts that stand now are not those that this is on."""
        if not self.is_on(settings):
            raise UnfitMarts("The marts were built again since they were judged: judge them first (jalons run).")


def judged(settings: Settings) -> Judgement:
    """Judge the marts as they stand now, whoever built them; raise `UnfitMarts` where they are of no whole build."""
    built = _built(settings)
    verdicts = tuple(validate_marts(settings.marts))
    previous = previous_editions(settings)
    holds = (*holds_of(verdicts, previous), *holds_without_rows(built.without_rows, previous))
    return Judgement(built.sha256, built.ledger_head, verdicts, holds)


def verdicts_alone(settings: Settings, rules: Collection[Rule]) -> list[Verdict]:
    """What some rules on the marts say of them as they stand, whoever built them; nothing is released on their word.

    Raise `UnfitMarts` where there are none.
    """
    if not any(settings.marts.glob("*.parquet")):
        raise UnfitMarts("No mart was built yet: start with jalons run.")
    return validate_marts(settings.marts, rules)


def _built(settings: Settings) -> MartSet:
    try:
        export = last_export(settings.lake)
    except FileNotFoundError as absent:
        raise UnfitMarts("Nothing was taken in yet: start with jalons run.") from absent
    return fit_marts(settings.marts, export.sha256)
