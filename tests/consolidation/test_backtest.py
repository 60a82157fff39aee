"""Other thresholds are tried by the real build, beside the home, and the difference is said in French."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.alerting.backtest import BackTest, CannotTest, in_french, with_thresholds
from orchestration.consolidation.build import BuildResult
from orchestration.domain.reference_data import SEEDS, seed_rows
from orchestration.settings import Settings

SEED = SEEDS / "alert_rules.csv"
Change = Callable[[dict[str, str]], dict[str, str]]


def seed(path: Path, change: Change) -> Path:
    """The seed with each row changed."""
    rows = [change(dict(row)) for row in seed_rows("alert_rules")]
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def of(rule: str, threshold: str, at_least: str) -> Change:
    """Set one threshold of a rule at all its severities."""
    return lambda row: row | ({"at_least": at_least} if (row["rule"], row["threshold"]) == (rule, threshold) else {})


def files(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_other_thresholds_raise_what_the_real_build_says_and_leave_the_home_and_the_seed_alone(
    history: tuple[Settings, BuildResult], tmp_path: Path
) -> None:
    settings, _ = history
    before, reviewed = files(settings.home), SEED.read_bytes()

    higher = seed(tmp_path / "higher.csv", lambda row: of("budget_slip", "percent", "50")(_critique_later(row)))
    test = with_thresholds(settings, higher)

    assert files(settings.home) == before and SEED.read_bytes() == reviewed
    found = {row["alert_key"]: row["severity"] for row in test.before}
    slip, end = "budget_slip:sirhius:2020-S1:cost", "schedule_slip:sirhius:2020-S1:end"
    assert (found[slip], found[end]) == ("information", "critique")
    expected = {key: severity for key, severity in found.items() if key != slip} | {end: "attention"}
    assert {row["alert_key"]: row["severity"] for row in test.after} == expected


def _critique_later(row: dict[str, str]) -> dict[str, str]:
    later = of("schedule_slip", "months", "24")(row)
    return later if row["severity"] == "critique" else row


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"severity": "grave"}, "line 2: 'grave' is no severity: attention, critique, information"),
        ({"rule": "budget_leap"}, "line 2: 'budget_leap' is no rule: abandoned, "),
        ({"threshold": "percents"}, "line 2: 'percents' is no threshold: above_meur, always, "),
        ({"at_least": "12,5"}, "line 2: at_least is a number"),
        ({"at_least": ""}, "line 2: at_least is a number"),
        ({"at_least": "nan"}, "line 2: at_least is a number"),
        ({"other": "x"}, "the columns are rule, severity, threshold, at_least, note"),
    ],
)
def test_a_file_that_the_models_would_not_understand_is_refused_with_its_line(tmp_path, settings, change, said):
    wrong = seed(tmp_path / "wrong.csv", lambda row: row | change)
    with pytest.raises(CannotTest, match=said):
        with_thresholds(settings, wrong)


def test_what_cannot_be_read_and_a_home_without_a_pass_are_refused(tmp_path, settings):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "absent.csv", tmp_path / "binary.csv"):
        with pytest.raises(CannotTest, match="cannot be read"):
            with_thresholds(settings, path)
    with pytest.raises(CannotTest, match="jalons run"):
        with_thresholds(settings, SEED)


def row(subject: str, rule: str, severity: str, edition: str | None = "2017-S2") -> dict[str, object]:
    raised = datetime(2017, 11, 15, tzinfo=UTC)
    return {
        "alert_key": f"{rule}:{subject}:{edition}",
        "rule": rule,
        "subject": subject,
        "subject_name": subject.upper(),
        "edition": edition,
        "severity": severity,
        "raised_at": raised,
    }


def test_the_difference_is_said_in_all_by_edition_by_rule_and_by_severity_and_names_what_moves():
    kept = row("pas", "went_silent", "critique", "2017-S1")
    before = [row("sirhen", "budget_slip", "information"), row("sirhen", "schedule_slip", "attention"), kept]
    after = [row("sirhen", "schedule_slip", "critique"), row("lsun", "creep", "information", "2017-S1"), kept]
    assert in_french(BackTest(before, after)).replace("\N{NO-BREAK SPACE}", " ") == (
        "Avec ces seuils : 3 alertes, sur 3 fiches au lieu de 2.\n\n"
        "Par édition\n"
        "  2017-S1 : 2 alertes au lieu de 1\n"
        "  2017-S2 : 1 alerte au lieu de 2, sur 1 fiche\n\n"
        "Par règle\n"
        "  Coût en hausse : 0 alerte au lieu de 1\n"
        "  Fin reportée : 1 alerte\n"
        "  Dérive lente : 1 alerte au lieu de 0\n"
        "  N’est plus déclaré : 1 alerte\n\n"
        "Par gravité\n"
        "  critique : 2 alertes au lieu de 1\n"
        "  attention : 0 alerte au lieu de 1\n"
        "  information : 1 alerte\n\n"
        "Ne seraient plus signalés : 1\n"
        "  2017-S2 · SIRHEN · Coût en hausse, information\n\n"
        "Seraient signalés en plus : 1\n"
        "  2017-S1 · LSUN · Dérive lente, information\n\n"
        "Changeraient de gravité : 1\n"
        "  2017-S2 · SIRHEN · Fin reportée, critique au lieu de « attention »\n"
    )


def test_a_long_list_says_how_many_it_leaves_out():
    before = [row(f"p{number:02}", "overdue", "attention", None) for number in range(23)]
    said = in_french(BackTest(before, [])).replace("\N{NO-BREAK SPACE}", " ")
    assert "Avec ces seuils : 0 alerte au lieu de 23.\n" in said
    assert "  hors édition · P19 · Fin prévue dépassée, attention\n  et 3 autres\n" in said and "P20" not in said
