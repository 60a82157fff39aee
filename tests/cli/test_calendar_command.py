"""The calendar at the terminal: the days of the editions, and how each stands."""

import pytest
from typer.testing import CliRunner

from orchestration.cli import app, editions
from orchestration.intake.take_in import take_in
from tests.calendars import set_calendar
from tests.conftest import NOW
from tests.intake.drops import GOOD, drop, projects_csv


@pytest.fixture
def shown(settings, monkeypatch):
    """The lines of `jalons edition calendar`, by edition, at `NOW`."""

    class Clock(editions.datetime):
        @classmethod
        def now(cls, _tz=None):
            return NOW

    monkeypatch.setattr(editions, "datetime", Clock)

    def lines() -> dict[str, list[str]]:
        result = CliRunner().invoke(app, ["edition", "calendar", "--home", str(settings.home)])
        assert result.exit_code == 0, result.output
        rows = [line.split(maxsplit=6) for line in result.stdout.splitlines() if line.strip().startswith("20")]
        return {row[0]: [word.strip() for word in row[1:]] for row in rows}

    return lines


def test_the_edition_of_today_and_the_next_are_shown_before_anything_is_filed(shown):
    assert shown() == {
        "2021-S2": ["2021-10-01", "2021-12-31", "2022-01-15", "2022-04-01", "rule", "not open yet"],
        "2022-S1": ["2022-04-01", "2022-06-30", "2022-07-15", "2022-10-01", "rule", "not open yet"],
    }


def test_a_day_that_a_person_set_is_shown_with_where_it_comes_from(shown, settings, monkeypatch, tmp_path):
    set_calendar(monkeypatch, tmp_path, "2021-S2,,2022-01-10,2022-01-31,Report")
    drop(settings.home, "2021-S2/MI/p.csv", projects_csv(GOOD))
    take_in(settings, NOW)
    assert shown()["2021-S2"] == ["2021-10-01", "2022-01-10", "2022-01-31", "2022-04-01", "seed", "open"]
