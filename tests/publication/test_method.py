"""Another method is noted as an event of the ledger, from which what it says is in force."""

import json
from datetime import UTC, datetime

from made_marts import State

from orchestration.domain.reference_data import method_version
from orchestration.intake.lake import export_ledger, read_ledger
from orchestration.intake.ledger import Ledger
from orchestration.publication.method import note_adoption
from orchestration.publication.release import read_figures, revision_as_of

ADOPTED = datetime(2022, 3, 1, 9, tzinfo=UTC)


def told_by(state: State, version: str) -> None:
    for row in state.marts["headline_figures"]:
        row["method_version"] = version


def adopt(state: State, now: datetime) -> list[tuple[str, str]]:
    """What the ledger says of methods, once it was asked to note them and exported."""
    note_adoption(state.settings, now)
    with Ledger(state.settings.ledger) as ledger:
        export_ledger(state.settings.lake, ledger)
    events = read_ledger(state.settings.lake, "edition_events")
    return [(row["edition"], row["event"]) for row in events if row["event"].startswith("method_adopted")]


def test_another_method_is_in_force_from_its_adoption_and_what_was_said_before_stays(state: State) -> None:
    told_by(state, "1.0.0")
    state.release()
    event = f"method_adopted:{method_version()}"
    assert adopt(state, ADOPTED) == [("2021-S1", event), ("2021-S2", event)]
    told_by(state, method_version())
    assert [(one.revision, one.is_new) for one in state.release()] == [(2, True), (2, True)]

    settings = state.settings
    before, after = datetime(2022, 2, 28, tzinfo=UTC), datetime(2022, 3, 2, tzinfo=UTC)
    assert [revision_as_of(settings, "2021-S2", at) for at in (before, after)] == [1, 2]
    assert read_figures(settings, "2021-S2", 1)["method_version"] == "1.0.0"
    manifest = json.loads((settings.releases / "2021-S2/r2/MANIFEST.json").read_bytes())
    assert (manifest["method_before"], manifest["known_at"]) == ("1.0.0", "2022-03-01T09:00:00Z")


def test_a_method_is_adopted_once_and_a_home_that_knew_no_other_adopts_none(state: State) -> None:
    told_by(state, method_version())
    state.release()
    assert adopt(state, ADOPTED) == []
    told_by(state, "3.0.0")
    state.release()
    once = adopt(state, ADOPTED)
    assert adopt(state, datetime(2022, 4, 1, tzinfo=UTC)) == once
    assert len(once) == 2
