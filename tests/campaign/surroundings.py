"""Trials of what a home meets and does not own: its inbox, and the Slack that it tells.

What belongs here: an inbox that is gone or emptied, a channel that refuses, an answer that comes late, a file that
leaves out what counts. What does not: damaged stores and wrong clocks (`damages`).
"""

import shutil
from collections.abc import Callable
from datetime import timedelta

from tests.alerting.fake_slack import FakeSlack
from tests.campaign import checker, homes
from tests.campaign.homes import EDITION, LATE, SECOND, sha256
from tests.campaign.trials import Campaign, Scene, Trial
from tests.intake.drops import projects_csv

MINUTES = timedelta(minutes=1)


def inbox_gone(campaign: Campaign, scene: Scene, *, is_emptied: bool) -> Trial:
    """An inbox that is not there, or empty all at once: engineers are told, nothing is withdrawn, nothing is lost."""
    name = "the inbox emptied" if is_emptied else "the inbox gone"
    with campaign.trial(name, scene.clean_home, scene.clean_messages) as (trial, slack):
        inbox, aside = trial.home / "inbox", trial.home.with_name(f"{trial.home.name}-inbox")
        inbox.rename(aside)
        if is_emptied:
            inbox.mkdir()
        ended = campaign.warm.run(trial.home, scene.now, slack=slack.base_url)
        trial.differs += checker.wrong_revisions(trial.home, scene.clean)
        told = [rule for rule, _ in checker.engineers_told(trial.home)]
        trial.differs += [] if told == ["inbox_missing"] else [f"engineers were told {told}, in a pass that {ended}"]
        if is_emptied:
            inbox.rmdir()
        shutil.copytree(aside, inbox)
        shutil.rmtree(aside)
        homes.put(trial.home, LATE)
        campaign.heal(trial, scene.now, slack)
        assert scene.clean_late
        trial.differs += checker.differences(trial.home, scene.clean_late, {**scene.arrivals, **LATE}, is_apart=True)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def slack_fails(campaign: Campaign, scene: Scene, what: str) -> Trial:
    """A Slack that refuses the channel, or takes a message when nobody waits for it: each message is there once."""
    with campaign.trial(f"Slack: {what}", scene.home, scene.told) as (trial, slack):
        fail, mend = SLACK[what]
        fail(slack)
        for number in range(2):
            campaign.warm.run(trial.home, scene.now + number * 4 * MINUTES, slack=slack.base_url)
        mend(slack)
        campaign.heal(trial, scene.now + 90 * MINUTES, slack)
        trial.differs += checker.differences(trial.home, scene.clean, scene.arrivals)
        trial.differs += checker.said_twice(slack.messages, trial.home)
    return trial


def _refuse(slack: FakeSlack) -> None:
    slack.refuses_posts = "not_in_channel"


def _refuse_no_more(slack: FakeSlack) -> None:
    slack.refuses_posts = None


SLACK: dict[str, tuple[Callable[[FakeSlack], None], Callable[[FakeSlack], None]]] = {
    "not_in_channel": (_refuse, _refuse_no_more),
    "accepted after our time-out": (
        lambda slack: slack.mischief.append("accept_late"),
        lambda slack: slack.accept_what_is_late(),
    ),
    "listed late": (lambda slack: slack.mischief.append("list_late"), lambda slack: slack.list_what_is_late()),
}


def far_shorter(campaign: Campaign, scene: Scene) -> Trial:
    """A file that leaves out more than half of the rows that count: received, and nothing of it published or told."""
    with campaign.trial("a file that leaves out all projects", scene.clean_home, scene.clean_messages) as (
        trial,
        slack,
    ):
        homes.put(trial.home, {f"{EDITION}/MI/vide.csv": NOTHING})
        campaign.warm.run(trial.home, SECOND + MINUTES, slack=slack.base_url)
        if not any(row[1].endswith("vide.csv") and row[8].startswith("accepted") for row in checker.drops(trial.home)):
            trial.differs.append("it was not received")
        if sha256(NOTHING) in checker.said_by(trial.home)[f"manifest {EDITION}"]:
            trial.differs.append("it counts")
        trial.differs += checker.wrong_revisions(trial.home, scene.clean)
        trial.differs += [f"told of it: {one['text']}" for one in slack.messages[len(scene.clean_messages) :]]
    return trial


NOTHING = projects_csv("NÉANT;;;;;")
