"""The campaign of deliveries: each card and each change of it reaches each channel once, whatever dies or gets lost.

`make deliveries` is the long form, `make deliveries SEED=…` makes the same scenarios again. What belongs here: what
happens in a scenario, in which order, and what is counted. What does not: what is so (`alert_world`), who delivers
(`postmen`), to whom (`peers`), and what must hold (`delivery_oracle`).
"""

import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from orchestration.alerting.answers import Answer, answer
from orchestration.alerting.refused import refused_messages, retry
from orchestration.domain.french import paris
from orchestration.settings import Settings
from tests.alerting.fake_slack import CHANNEL, TOKEN
from tests.campaign import delivery_oracle
from tests.campaign.alert_world import NEWEST, PREVIOUS, World
from tests.campaign.delivery_oracle import Hindrances
from tests.campaign.peers import OF_MESSAGE, Peer, Rooms, SlackPeer, mail_peer, slack_peer
from tests.campaign.postmen import Death, Postmen, Round, is_killed

BEGIN = datetime(2017, 11, 15, 9, tzinfo=UTC)
# Between two deliveries, in minutes: less and more than a look-up takes, and than the longest rest.
PAUSES = (0, 1, 3, 3, 4, 6, 7, 15, 40, 70, 200)
# In minutes: enough for the last look-up of what is sent again, and for a snooze to expire.
SETTLING = (3, 3, 4, 10, 61, 3, 4, 10, 61, 25 * 60, 3, 4, 10, 61, 3, 4, 61)
SCENARIOS_OF_MAIL, SCENARIOS_OF_TCHAP = 8, 8


@dataclass
class Result:
    """What came of a scenario: how what is seen differs at its end, and what befell it."""

    name: str
    home: Path
    differs: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Scenario:
    """One home, one receiver, and some deliveries, drawn from a name alone."""

    def __init__(self, name: str, folder: Path, postmen: Postmen, peer: Peer) -> None:
        self._chance = random.Random(name)  # noqa: S311
        self._postmen, self._peer = postmen, peer
        self._result = Result(name, folder / name.replace(" ", "-"))
        self._now = BEGIN
        slack = {"slack_bot_token": SecretStr(TOKEN), "slack_channel": CHANNEL}
        self._settings = Settings(home=self._result.home, settle_seconds=0).model_copy(update=slack)
        self._projects = 12 if self._chance.random() < 0.2 else self._chance.randint(2, 5)
        self._refused: set[str] = set()
        self._deleted_cards: set[tuple[str, str]] = set()
        self._later_edition = False
        # What is snoozed says its end later.
        self._settled_from = BEGIN
        editions = [NEWEST]
        if (kind := self._chance.random()) < 0.35:
            editions, self._later_edition = [PREVIOUS], True
        elif kind < 0.5:
            editions = [PREVIOUS, NEWEST]
        self._world = World(self._chance, editions, self._projects)
        if len(editions) == 2:
            self._world.still.add(PREVIOUS)

    def run(self) -> Result:
        """Deliveries that die and get lost; then all is well for some hours, and all must be there."""
        begun = time.monotonic()
        rounds = self._chance.randint(6, 10)
        for number in range(rounds):
            if self._later_edition and number == rounds // 2:
                if not self._peer.said():
                    self._world.early.add(PREVIOUS)
                self._world.add_edition(NEWEST, self._projects)
            for _ in range(self._chance.choice((0, 1, 1, 2, 3)) if number else 0):
                self._world.change(self._now)
            self._people()
            self._peer.misbehave(self._chance)
            self._deliver(self._death())
            self._now += timedelta(minutes=self._chance.choice(PAUSES))
        self._settle()
        self._judge()
        self._result.seconds = time.monotonic() - begun
        if not self._result.differs:
            shutil.rmtree(self._result.home)
            self._result.home.with_name(f"{self._result.home.name}.log").unlink(missing_ok=True)
        return self._result

    def _people(self) -> None:
        """What people do meanwhile: they explain and snooze, delete messages, and one card is refused by its name."""
        chance = self._chance
        one = chance.choice(list(self._world.projects.values()))
        if (keys := one.keys()) and chance.random() < 0.2:
            self._answer(one.edition, one.id, keys)
        if not isinstance(self._peer, SlackPeer):
            return
        if chance.random() < 0.6:
            self._peer.come_late()
        if chance.random() < 0.06 and (shown := self._peer.shown()):
            there = chance.choice(shown)
            seen = delivery_oracle.Reader([there]).projects
            # A list is as many cards as it has lines.
            if there.title.startswith("Édition") or any(of.cards for of in seen.values()):
                self._peer.delete(there)
                self._count("deleted by hand")
                for place in seen:
                    self._deleted_cards.add(place)
                    self._world.projects[place].is_new_since["deleted"] = False
        if chance.random() < 0.1:
            self._peer.fake.refused[f"· {one.name}"] = chance.choice(OF_MESSAGE)
            self._refused.add(one.id)
        elif chance.random() < 0.2:
            self._peer.fake.refused.clear()

    def _answer(self, edition: str, project: str, keys: list[str]) -> None:
        one = self._world.projects[edition, project]
        name = self._chance.choice(("Martin", "Durand", "Petit"))
        if self._chance.random() < 0.7:
            said = Answer("ack", "Marché relancé", name, date(2018, 6, 30))
            one.explained |= dict.fromkeys(keys, name)
        else:
            said = Answer("snooze", "On sait", name, paris(self._now).date())
            self._settled_from = self._now + timedelta(days=1)
        answer(self._settings, keys, said, self._now)
        self._count("answers")

    def _death(self) -> Death | None:
        if self._chance.random() < 0.35:
            return None
        match self._chance.choice(("call", "answer", "answer", "commit", "moment")):
            case "commit":
                return Death("commit", self._chance.randint(1, 18))
            case "moment":
                return Death("moment", self._chance.uniform(0.005, 0.15))
            case at:
                return Death(at, self._chance.choice((1, 1, 1, 2, 2, 3, 4)))

    def _deliver(self, death: Death | None, *, is_settling: bool = False) -> None:
        judgement = self._world.build(self._settings)
        status = self._postmen.deliver(Round(self._result.home, self._now, judgement, self._peer.opened(), death))
        self._count("deliveries in peace" if is_settling else "deliveries")
        if is_killed(status):
            assert death
            self._count("kills")
            self._count(f"killed at {death.at}")
        elif status:
            log = self._result.home.with_name(f"{self._result.home.name}.log")
            self._result.differs.append(f"a delivery ended with {status}: {log.read_text()[-1500:]}")

    def _settle(self) -> None:
        self._peer.behave()
        if self._refused:
            self._count("refused", len(refused_messages(self._settings)))
            if self._chance.random() < 0.5:
                retry(self._settings)
        for number, minutes in enumerate(SETTLING):
            self._now += timedelta(minutes=minutes)
            self._deliver(None, is_settling=True)
            is_late = number and self._now > self._settled_from
            if is_late and delivery_oracle.is_settled(self._result.home, self._peer.channel):
                break
        said = len(self._peer.said())
        self._deliver(None, is_settling=True)
        if len(self._peer.said()) != said:
            self._result.differs.append("something is said again where nothing is new")

    def _judge(self) -> None:
        deleted = self._peer.deleted if isinstance(self._peer, SlackPeer) else ()
        self._result.differs += delivery_oracle.differences(
            world=self._world,
            shown=self._peer.shown(),
            said=self._peer.said(),
            home=self._result.home,
            channel=self._peer.channel,
            can_update=self._peer.can_update,
            hindrances=Hindrances(self._refused, deleted, self._deleted_cards),
        )
        self._result.count |= self._peer.mischiefs.done
        self._count("lost answers", self._peer.mischiefs.lost_answers)
        self._count("accepted again", self._peer.repeats())
        self._count("messages", len(self._peer.shown()))
        self._count("changes", self._world.changes)

    def _count(self, what: str, count: int = 1) -> None:
        self._result.count[what] += count


Opening = Callable[[], AbstractContextManager[Peer]]


def run(name: str, folder: Path, postmen: Postmen, opening: Opening) -> Result:
    """One scenario against a receiver of its own."""
    with opening() as peer:
        return Scenario(name, folder, postmen, peer).run()


def main() -> int:
    """As many deliveries to Slack as asked for, and some scenarios of mail and Tchap; 1 where one of them differs."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = sys.argv[2] if len(sys.argv) > 2 else str(random.SystemRandom().randrange(10**6))
    begun, memory = time.monotonic(), Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix=f"jalons-deliveries-{seed}-", dir=memory if memory.is_dir() else None))
    say(f"Seed {seed}: make deliveries COUNT={wanted} SEED={seed} makes the same scenarios again. Homes: {folder}")
    totals: dict[str, Counter[str]] = {}
    failed = 0
    with Postmen() as postmen, _rooms(folder) as rooms:
        for kind, opening, is_enough in (
            ("slack", slack_peer, lambda count, _: count["deliveries"] >= wanted),
            ("mail", mail_peer, lambda _, number: number > SCENARIOS_OF_MAIL),
            ("tchap", rooms.peer, lambda _, number: number > SCENARIOS_OF_TCHAP),
        ):
            count = totals.setdefault(kind, Counter())
            number = 1
            while not is_enough(count, number):
                result = run(f"{seed} {kind} {number:03d}", folder, postmen, opening)
                count += result.count
                failed += bool(result.differs)
                say(f"{'FAILED' if result.differs else 'held  '} {result.seconds:5.1f} s  {result.name}")
                if result.differs:
                    say("".join(f"    {one}\n" for one in result.differs[:12]) + f"    kept: {result.home}")
                number += 1
            say(f"{kind}: {number - 1} scenarios, {dict(sorted(count.items()))}")
    say(f"{failed} scenarios failed in {time.monotonic() - begun:.0f} s, seed {seed}")
    if not failed:
        shutil.rmtree(folder)
    return 1 if failed else 0


@contextmanager
def _rooms(folder: Path) -> Iterator[Rooms]:
    (folder / "synapse").mkdir()
    rooms = Rooms(folder / "synapse")
    try:
        yield rooms
    finally:
        rooms.stop()


def say(text: str) -> None:
    """Say something at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
