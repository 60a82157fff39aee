"""What would be sent, tried without sending."""

from alert_home import NOW, Home, alert_row

from orchestration.alerting.preview import preview_page, preview_text
from orchestration.alerting.rehearsal import rehearse


def test_a_rehearsal_shows_each_channel_its_messages_and_sends_and_notes_nothing(home: Home) -> None:
    home.mart(alert_row(), alert_row("chorus"))
    items = rehearse(home.settings, NOW)
    assert {item.channel for item in items} == {"console", "slack", "tchap", "webhook", "mail"}
    (of_slack,) = [item for item in items if item.channel == "slack"]
    assert of_slack.message.title.startswith("Édition 2017-S2")
    assert len(of_slack.thread) == 2
    assert (home.slack.posts, home.states("slack")) == (0, {"sirhen": None, "chorus": None})
    assert "SIRHEN" in preview_text(items)
    assert "SIRHEN" in preview_page(items)


def test_what_was_told_is_not_shown_again_but_from_an_edition_on(home: Home) -> None:
    home.mart(alert_row(), alert_row("chorus", edition="2017-S1"))
    home.deliver()
    assert [item for item in rehearse(home.settings, NOW) if item.channel == "slack"] == []
    again = [item for item in rehearse(home.settings, NOW, since="2017-S2") if item.channel == "slack"]
    assert [item.message.title.split(" · ")[0] for item in again] == ["Édition 2017-S2"]
    both = [item for item in rehearse(home.settings, NOW, since="2017-S1") if item.channel == "slack"]
    assert [len(item.thread) for item in both] == [1, 1]
