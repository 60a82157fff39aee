"""What a pass did, in short: for whoever started it, also from another process.

What belongs here: the record. What does not: running a pass (`run`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class PassSummary:
    """What a pass did: drops by status, (edition, revision) of new releases, alerts sent by channel, what was held back
    and what failed, a line each; `run_id` is the run that failed, else the last one.

    `causes` are the keys of the causes that are known.
    """

    run_id: str = ""
    drops: Mapping[str, int] = field(default_factory=dict)
    releases: tuple[tuple[str, int], ...] = ()
    alerts_sent: Mapping[str, int] = field(default_factory=dict)
    held_back: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    causes: frozenset[str] = frozenset()

    def followed_by(self, publication: Self) -> Self:
        """The summary of an intake and of the publication that followed it."""
        last = publication.run_id or self.run_id
        return type(self)(
            run_id=self.run_id if self.failures else last,
            drops=self.drops,
            releases=publication.releases,
            alerts_sent=publication.alerts_sent,
            held_back=publication.held_back,
            failures=tuple(dict.fromkeys((*self.failures, *publication.failures))),
            causes=self.causes | publication.causes,
        )

    def as_document(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self) | {"drops": dict(self.drops), "causes": sorted(self.causes)}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> Self:
        """What `as_document` was made of."""
        releases = tuple((edition, revision) for edition, revision in document["releases"])
        texts = {name: tuple(document[name]) for name in ("held_back", "failures")}
        return cls(**{**document, **texts, "releases": releases, "causes": frozenset(document["causes"])})
