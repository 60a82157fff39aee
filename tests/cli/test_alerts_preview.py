"""`jalons alerts preview` shows what would be sent, and nothing of an edition that is held back."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.settings import Settings
from orchestration.validation import judgement
from orchestration.validation.holding import Hold
from tests.alerting.alert_home import SCHEMA, alert_row
from tests.judgements import unjudged


def test_nothing_of_an_edition_held_back_is_shown_and_it_is_said_which_one_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.marts.mkdir(parents=True)
    rows = [alert_row("chorus", edition="2017-S1", previous_edition="2016-S2"), alert_row("sirhen")]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), settings.marts / "alerts.parquet")
    made = unjudged(settings, [Hold(None, ("2017-S2",), ("MEN/projects: gone",))])
    monkeypatch.setattr(judgement, "judged", lambda _: made)
    said = CliRunner().invoke(app, ["alerts", "preview", "--home", str(settings.home)])
    assert said.exit_code == 0
    assert ("CHORUS" in said.stdout, "SIRHEN" in said.stdout) == (True, False)
    assert "2017-S2 held back: rows that were accepted are missing (MEN/projects: gone)" in said.stderr


def test_where_no_whole_build_made_the_tables_nothing_is_shown(settings: Settings) -> None:
    settings.marts.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([alert_row()], schema=SCHEMA), settings.marts / "alerts.parquet")
    said = CliRunner().invoke(app, ["alerts", "preview", "--home", str(settings.home)])
    assert (said.exit_code, said.stdout) == (1, "")
    assert "jalons run" in said.stderr
