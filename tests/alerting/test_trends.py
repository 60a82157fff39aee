"""Trends for cards: what the mart says up to an edition, and nothing later."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.alerting.trends import trends
from orchestration.drawing.trend import Point, Trend
from orchestration.settings import Settings

MONEY = pa.decimal128(20, 8)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("edition", "project_id")),
        *((name, MONEY) for name in ("current_cost_meur", "baseline_cost_meur")),
        *((name, pa.date32()) for name in ("planned_end_date", "baseline_end_date")),
    ]
)


def row(edition: str, cost: int | None, baseline: int | None = None, project_id: str = "sirhen") -> dict[str, Any]:
    known = {"current_cost_meur": cost and Decimal(cost), "baseline_cost_meur": baseline and Decimal(baseline)}
    return dict.fromkeys(SCHEMA.names) | {"edition": edition, "project_id": project_id, **known}


@pytest.fixture
def portfolio(settings: Settings) -> Any:
    def write(*rows: Mapping[str, Any]) -> Settings:
        settings.marts.mkdir(parents=True)
        pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMA), settings.marts / "portfolio.parquet")
        return settings

    return write


def test_a_card_of_an_edition_shows_nothing_later_than_it(portfolio):
    home = portfolio(row("2017-S2", 97, 80), row("2016-S2", None), row("2017-S1", 85, 80))
    points = (Point("2016-S2", None, None), Point("2017-S1", Decimal(85), None), Point("2017-S2", Decimal(97), None))
    found = trends(home)
    assert found.of("sirhen", "2017-S1") == Trend(points[:2], Decimal(80))
    assert found.of("sirhen", "2017-S2") == Trend(points, Decimal(80))
    # Not known by then: what it was first is no baseline of that edition.
    assert found.of("sirhen", "2016-S2") == Trend(points[:1])
    assert found.of("sirhen", "2016-S1") is None


def test_a_project_that_is_not_declared_any_more_ends_with_an_empty_place(portfolio):
    found = trends(portfolio(row("2017-S1", 85, 80), row("2017-S2", 12, 12, "other"))).of("sirhen", "2017-S2")
    assert found is not None
    assert found.points[-1] == Point("2017-S2", None, None)
    assert found.baseline_cost_meur == Decimal(80)


def test_there_are_no_trends_before_the_first_pass(settings):
    assert trends(settings).of("sirhen", "2017-S2") is None


def test_the_ends_are_those_of_the_mart(portfolio):
    ends = {"planned_end_date": date(2018, 6, 30), "baseline_end_date": date(2017, 12, 31)}
    found = trends(portfolio(row("2017-S1", 85) | ends)).of("sirhen", "2017-S1")
    assert found == Trend((Point("2017-S1", Decimal(85), date(2018, 6, 30)),), None, date(2017, 12, 31))
