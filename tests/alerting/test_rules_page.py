"""The page of the rules says each rule that teams are told of, as it is now."""

import re

from orchestration.alerting import rules_page
from orchestration.domain.alert_rules import ALERT_RULES
from orchestration.domain.reference_data import seed_rows


def test_the_page_in_the_docs_is_what_the_rules_say_now():
    assert rules_page.PAGE.read_text(encoding="utf-8") == rules_page.page(), "make alert-rules"


def test_each_rule_that_teams_are_told_of_has_its_label_its_thresholds_and_an_end():
    sections = {text.partition("\n")[0]: text for text in rules_page.page().split("## ")[1:]}
    told = [rule for rule in ALERT_RULES.values() if rule.audience == "teams"]
    assert [label.replace("\N{NO-BREAK SPACE}", " ") for label in sections] == [rule.label_fr for rule in told]
    for rule, text in zip(told, sections.values(), strict=True):
        severities = {row["severity"] for row in seed_rows("alert_rules") if row["rule"] == rule.id}
        assert set(re.findall(r"\*\*(\w+)\*\*", text)) == severities
        # What lasts ends by itself; what happened does not.
        assert ("Rien n’y met fin" in text) != rule.is_state


def test_the_page_is_set_as_french_is():
    text = rules_page.page()
    assert not re.search(r" [:;!?%»]|« |'", text)
