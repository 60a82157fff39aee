"""A home that has sent says nothing again when keys, ids or cards are others by now, and goes on where it was."""

import random
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from alert_home import Home

from orchestration.alerting.outbox_tables import OUTBOX
from orchestration.store.sql import engine_of
from tests.campaign.alert_world import NEWEST, PREVIOUS, Project, World
from tests.campaign.delivery_oracle import Hindrances, differences
from tests.campaign.peers import SlackPeer

SEEDS = (0, 3)


def _world(seed: int) -> World:
    """Some projects of two editions after some changes; in one of three worlds, so many that they are listed."""
    chance = random.Random(seed)  # noqa: S311
    return World(chance, [PREVIOUS], 12 if seed % 3 == 2 else 4)


def _told(home: Home, world: World) -> None:
    """Tell of one edition, then of another one, and of what changes in both."""
    for _ in range(4):
        _deliver(home, world)
        if (NEWEST, "orion-00") not in world.projects:
            world.add_edition(NEWEST, 4)
        for _ in range(3):
            world.change(home.now)
    _deliver(home, world)
    _deliver(home, world)


def _deliver(home: Home, world: World) -> None:
    world.build(home.settings)
    home.deliver_later(10)


def _forget_cards(home: Home) -> None:
    """The outbox as versions before 0011 left it, which knew no cards."""
    columns = ("card_id", "severity", "subject_name", "perimeter", "statement")
    with engine_of(home.settings.ledger) as engine, engine.begin() as connection:
        connection.execute(sa.update(OUTBOX).values(dict.fromkeys(columns)))
        connection.execute(sa.text("delete from alert_outbox where kind = 'card'"))
        connection.execute(sa.text("delete from alert_cards"))


def _other_ids(home: Home, world: World) -> Mapping[str, str]:
    """Every project has another id by now, as the alias register says."""
    ids = {one.id: f"agence-{one.id}" for one in world.projects.values()}
    rows = [{"former_id": former, "project_id": now, "is_redirect": True} for former, now in ids.items()]
    pq.write_table(pa.Table.from_pylist(rows), home.settings.marts / "former_project_ids.parquet")
    for one in world.projects.values():
        name = one.name
        one.id = ids[one.id]
        one.shown_as = name
    return ids


def _new(home: Home, one: Project) -> None:
    one.has_slipped, one.level, one.month = True, "50", None


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_sent_before_there_were_cards_is_not_sent_again_and_news_of_it_comes_once(
    home: Home, seed: int
) -> None:
    world = _world(seed)
    _told(home, world)
    _forget_cards(home)
    said, on_screen = len(home.slack.taken), home.screen.getvalue()
    for _ in range(3):
        _deliver(home, world)
    assert (len(home.slack.taken), home.screen.getvalue()) == (said, on_screen)
    one = next(one for one in world.projects.values() if one.edition == NEWEST and one.level != "50")
    _new(home, one)
    for _ in range(3):
        _deliver(home, world)
    news = [any("palier de 50 %" in line for line in lines) for lines in SlackPeer(home.slack).said()[said:]]
    assert news.count(True) == 1
    assert len(home.slack.taken) == said + 2, "its card, and the summary that it hangs under"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_sent_under_other_ids_is_not_posted_again_and_news_of_it_changes_its_card(
    home: Home, seed: int
) -> None:
    world = _world(seed)
    _told(home, world)
    posts, on_screen = len(home.slack.messages), home.screen.getvalue()
    _other_ids(home, world)
    for _ in range(3):
        _deliver(home, world)
    assert (len(home.slack.messages), home.screen.getvalue()) == (posts, on_screen)
    for one in world.projects.values():
        if one.severity and one.level != "50":
            _new(home, one)
            one.note()
    for _ in range(3):
        _deliver(home, world)
    peer = SlackPeer(home.slack)
    places = {(one.edition, one.shown_as.lower()): one for one in world.projects.values()}
    world.projects = places
    shown, said = peer.shown(), peer.said()
    assert (
        differences(
            world=world,
            shown=shown,
            said=said,
            home=home.settings.home,
            channel="slack",
            can_update=True,
            hindrances=Hindrances(),
        )
        == []
    )
