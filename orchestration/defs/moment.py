"""The hour of a pass: the one place where the pipeline reads the clock."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from orchestration.passes.home import Hour


class Moment(dg.Config):
    """When the pass takes place."""

    now: str | None = Field(
        default=None, description="The time of the pass, ISO 8601 with its offset; the clock's if absent."
    )
    is_replay: bool = Field(
        default=False, description="Whether drops of another day are filed again, each at the time given."
    )

    def read(self, hour: Hour) -> datetime:
        """The given time, else that of whoever started the pass, else the clock's, in UTC.

        Raise `ValueError` for a text without its offset.
        """
        if self.now is None:
            return hour.now or datetime.now(UTC)
        moment = datetime.fromisoformat(self.now)
        if moment.tzinfo is None:
            raise ValueError(f"{self.now!r} has no offset: write for example 2017-06-15T09:00:00Z")
        return moment.astimezone(UTC)
