"""What every room knows of an alert's rule and key."""

import pytest

from orchestration.domain.alert_rules import (
    ALERT_RULES,
    SLIPS_WITH_OVERRUN,
    AlertKey,
    alert_rule,
    severity_rank,
    thresholds,
)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (AlertKey("budget_slip", "sirhen", "2017-S2", "attention"), "budget_slip:sirhen:2017-S2:attention"),
        (AlertKey("check_failed", "mart:top50:rank", "2017-S2", "-"), "check_failed:mart:top50:rank:2017-S2:-"),
        (AlertKey("pass_failed", "intake", None, "critique"), "pass_failed:intake::critique"),
    ],
)
def test_a_key_is_read_as_it_was_written_whatever_the_subject_holds(key, text):
    assert (str(key), AlertKey.parse(text)) == (text, key)


def test_a_dash_in_the_place_of_the_edition_stands_for_none():
    assert AlertKey.parse("submission_rejected:42:-:critique").edition is None


def test_severities_are_told_apart_from_the_least_to_the_most_severe():
    assert sorted(("critique", "information", "attention"), key=severity_rank) == [
        "information",
        "attention",
        "critique",
    ]


def test_a_rule_that_nobody_put_into_words_is_labelled_as_another_one_and_told_to_the_teams():
    rule = alert_rule("unheard_of")
    assert (rule.id, rule.about, rule.label_fr, rule.audience) == (
        "unheard_of",
        "other",
        "Autre signalement",
        "teams",
    )


def test_faults_of_the_machine_alone_are_told_to_the_engineers():
    assert [alert_rule(rule).audience for rule in ("tick_late", "submission_rejected")] == ["engineers", "teams"]


def test_only_slips_of_cost_and_schedule_have_an_overrun():
    assert {"budget_slip", "schedule_slip"} == SLIPS_WITH_OVERRUN


def test_of_several_levels_the_lowest_is_the_threshold_and_what_always_holds_has_none():
    assert thresholds()["budget_slip", "information"] == {"percent": "10", "meur": "5"}
    assert thresholds()["budget_overrun", "critique"] == {"crossed_percent": "50"}
    assert thresholds()["went_silent", "information"] == {}


def test_what_lasts_is_told_from_what_happens():
    states = {rule.id for rule in ALERT_RULES.values() if rule.is_state}
    assert states == {
        "budget_overrun",
        "schedule_overrun",
        "overdue",
        "watermelon",
        "stagnant",
        "indicator_off_track",
        "action_overdue",
        "submission_missing",
    }
