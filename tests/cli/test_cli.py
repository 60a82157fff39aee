"""Every command: its exit code, and JSON alone on standard output where JSON is asked for."""

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app, output, standing
from orchestration.contracts import CONTRACTS
from orchestration.store.json_values import json_value
from tests.intake.drops import GOOD, OTHER, drop, projects_csv
from tests.left_up_to_date import left_up_to_date

EDITION = "2021-S2"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home over which one pass went: a good file and a damaged one."""
    folder = tmp_path_factory.mktemp("cli") / "home"
    drop(folder, f"{EDITION}/MI/projets.csv", projects_csv(GOOD, OTHER))
    drop(folder, f"{EDITION}/MC/projets.xlsx", b"PK\x03\x04 not a workbook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JALONS_SETTLE_SECONDS", "0")
        patch.setenv("JALONS_HOME", "")
        passed = CliRunner().invoke(app, ["run", "--home", str(folder)])
    assert passed.exit_code == 0, passed.output
    assert "1 accepted" in passed.stdout
    assert "Released 2021-S2, revision 1" in passed.stdout
    return folder


@pytest.fixture
def invoke(home: Path, monkeypatch: pytest.MonkeyPatch):
    """Call the command on that home."""
    # The command sets it for the processes of Dagster and dbt; it must not outlive the test.
    monkeypatch.setenv("JALONS_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def _one_line(result: Result) -> bool:
    return len(result.stderr.strip().splitlines()) == 1 and not result.stdout


def test_help_lists_every_command(invoke):
    shown = invoke("--help")
    assert shown.exit_code == 0
    for command in app.registered_commands:
        assert (command.name or command.callback.__name__) in shown.stdout


@pytest.mark.parametrize(
    "words", [("figures", EDITION), ("slips", EDITION), ("alerts",), ("alerts", EDITION)], ids=" ".join
)
def test_json_is_all_that_standard_output_holds(invoke, words):
    result = invoke(*words, "--json")
    assert result.exit_code == 0
    json.loads(result.stdout)
    assert invoke(*words).exit_code == 0


def test_figures_are_flat_numbers(invoke):
    figures = json.loads(invoke("figures", EDITION, "--json").stdout)
    assert (figures["projects"], figures["total_cost_bn_eur"], figures["provisional"]) == (2, 0.05, True)
    assert not [name for name, value in figures.items() if isinstance(value, dict)]


def test_alerts_say_what_became_of_them_on_each_channel(invoke):
    (alert,) = json.loads(invoke("alerts", EDITION, "--json").stdout)
    assert (alert["rule"], alert["perimeter"], alert["channels"]) == ("submission_rejected", "MC", {"console": "sent"})
    assert alert["raised_at"].endswith("Z")


def test_what_json_has_no_type_for_is_a_number_or_iso():
    document = {"cost": Decimal("12.50"), "count": Decimal(3), "at": datetime(2021, 1, 2, 9), "day": date(2021, 1, 2)}
    found = json.loads(json.dumps(document, default=json_value))
    assert found == {"cost": 12.5, "count": 3, "at": "2021-01-02T09:00:00Z", "day": "2021-01-02"}
    assert isinstance(found["count"], int)


def test_an_edition_without_a_release_is_a_no_in_one_line(invoke):
    result = invoke("figures", "2031-S1")
    assert result.exit_code == 1
    assert _one_line(result)
    assert "2031-S1 has no release" in result.stderr


@pytest.mark.parametrize("words", [("slips", "2031-S1"), ("alerts", "2031-S1"), ("forecast", "2031-S1", "--json")])
def test_an_edition_that_nobody_filed_for_is_a_no_that_names_those_there_are(invoke, words):
    result = invoke(*words)
    assert result.exit_code == 1
    assert _one_line(result)
    assert result.stderr.strip() == f"No edition 2031-S1; known: {EDITION}."


def test_before_a_first_pass_no_edition_is_known_and_nothing_is_made(invoke, tmp_path):
    result = invoke("slips", EDITION, "--home", tmp_path / "none")
    assert result.exit_code == 1
    assert "known: none" in result.stderr
    assert not (tmp_path / "none").exists()


def test_an_edition_in_which_nothing_slips_has_an_empty_list(invoke):
    result = invoke("slips", EDITION, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, [])


def test_figures_as_of_a_day_are_those_that_stood_at_its_end(invoke):
    today = datetime.now(UTC).date()
    assert invoke("figures", EDITION, "--as-of", today, "--json").stdout == invoke("figures", EDITION, "--json").stdout
    for moment in (today - timedelta(days=1), f"{today}T00:00:00Z"):
        result = invoke("figures", EDITION, "--as-of", moment)
        assert result.exit_code == 1
        assert _one_line(result)
        assert f"{EDITION} had no release on" in result.stderr


def test_a_figure_is_traced_to_its_cells(invoke):
    entries = json.loads(invoke("trace", "total_cost_bn_eur", "--edition", EDITION, "--json").stdout)
    assert [(one["project_id"], one["value"], one["value_number"], one["cell"]) for one in entries] == [
        ("boussole", "12", 12, "F3"),
        ("horizon", "42,5", 42.5, "F2"),
    ]
    keys = "project_id column value value_number unit sheet row cell file sha256 received_at perimeter"
    assert list(entries[0]) == keys.split()
    assert entries[0]["received_at"].endswith("Z")
    shown = invoke("trace", "total_cost_bn_eur", "--edition", EDITION).stdout
    assert shown.startswith("total_cost_bn_eur = 0.05 (2021-S2, revision 1)")
    assert "HORIZON (horizon)" in shown
    assert "F2 current_cost_meur: « 42,5 » = 42.5 meur" in shown
    assert "F2 current_cost_meur: « 42,5 »" in invoke("trace", "Horizon", "--edition", EDITION).stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("trace", "orizon", "--edition", EDITION), "no project called orizon. Near: HORIZON"),
        (("trace", "projects", "--edition", "2031-S1"), "2031-S1 has no release"),
    ],
)
def test_what_cannot_be_traced_is_a_no_in_one_line(invoke, words, sentence):
    result = invoke(*words)
    assert result.exit_code == 1
    assert _one_line(result)
    assert sentence in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("figures", "2021"),
        ("figures", EDITION, "--revision", "0"),
        ("figures", EDITION, "--revision", "1", "--as-of", "2021-12-01"),
        ("figures", EDITION, "--as-of", "yesterday"),
        ("trace", "projects"),
        ("slips",),
        ("check", "nowhere.csv"),
        ("check", __file__, "--edition", EDITION),
        ("check", __file__, "--edition", EDITION, "--perimeter", "XX"),
        ("template", "budgets", "--edition", EDITION, "--perimeter", "MI"),
        ("edition", "close", EDITION, "--at", "tomorrow"),
        ("replay", __file__),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_a_wrong_use_exits_with_2_and_writes_nothing_on_standard_output(invoke, words):
    result = invoke(*words)
    assert result.exit_code == 2
    assert not result.stdout


@pytest.mark.parametrize("line", ["x,2020-11,2020-S2,MI,projects,a.csv,1", "1,2020-11"])
def test_a_bad_list_of_drops_is_a_wrong_use_that_names_the_line(invoke, tmp_path, line):
    (tmp_path / "drops.csv").write_text(f"order,as_of,edition,perimeter,kind,file,rows\n{line}\n", encoding="utf-8")
    result = invoke("replay", tmp_path / "drops.csv")
    assert result.exit_code == 2
    assert "line 2" in " ".join(result.stderr.replace("│", " ").split())


def test_a_good_file_is_checked_without_being_filed(invoke, home, tmp_path):
    file = tmp_path / "projets.csv"
    file.write_bytes(projects_csv(GOOD))
    before = sorted(home.rglob("*"))
    result = invoke("check", file, "--edition", EDITION, "--perimeter", "MI", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["status"] == "accepted"
    assert re.search(r"2 +HORIZON +42,5.M€ +juillet.2024 +Déploiement", invoke("check", file).stdout)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", projects_csv("x;y;;;;z;too;many", header="a;b")])
def test_a_file_that_would_be_rejected_exits_with_1_and_still_prints_its_receipt(invoke, tmp_path, data):
    file = tmp_path / "projets.csv"
    file.write_bytes(data)
    result = invoke("check", file, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == "rejected"
    assert invoke("check", file).exit_code == 1


def test_what_is_no_file_cannot_be_checked(invoke, tmp_path):
    result = invoke("check", tmp_path)
    assert result.exit_code == 1
    assert _one_line(result)


def test_status_says_who_has_filed_what(invoke):
    shown = invoke("status").stdout
    (interior,) = (line for line in shown.splitlines() if line.split()[:1] == ["MI"])
    assert "2 rows on" in interior
    (culture,) = (line for line in shown.splitlines() if line.split()[:1] == ["MC"])
    # Nobody has filed the other kinds, which nobody owes.
    assert interior.count("not owed") == len(CONTRACTS) - 1
    assert culture.count("late") == 1
    assert culture.count("not owed") == len(CONTRACTS) - 1


def test_status_says_who_is_late(invoke, home, monkeypatch):
    shown = invoke("status").stdout
    (late,) = (line for line in shown.splitlines() if line.startswith("Late, projects or procedures: "))
    assert "MC (Culture)" in late
    assert "MI (" not in late
    assert " days ago)" in shown

    class Before(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2021, 12, 1, tzinfo=tz)

    monkeypatch.setattr(standing, "datetime", Before)
    shown = invoke("status").stdout
    assert f"Edition {EDITION}, deadline 2021-12-31 (in 30 days)" in shown
    assert "Awaited, projects or procedures: " in shown


def test_status_lists_the_planned_ends_that_passed_since_they_were_filed(invoke):
    (line,) = (line for line in invoke("status").stdout.splitlines() if "HORIZON" in line)
    assert line.split()[1:3] == ["MI", EDITION]
    assert line.split()[3].startswith("2024-")


def test_nobody_is_awaited_once_all_have_filed():
    assert standing._awaited((), is_late=True) == "Everyone awaited has filed projects and procedures."


def test_a_template_goes_into_the_home_unless_told_otherwise(invoke, home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shown = invoke("template", "projects", "--edition", EDITION, "--perimeter", "MI").stdout
    path = home / "templates" / f"projects-{EDITION}-MI.xlsx"
    assert path.read_bytes().startswith(b"PK")
    assert str(path) in shown
    assert not list(tmp_path.iterdir())


def test_a_pass_with_nothing_to_do_says_so_without_what_is_slow_to_import(home):
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom orchestration.cli import app\n"
        "result = CliRunner().invoke(app, ['run', '--home', sys.argv[1]])\n"
        "print(result.exit_code, result.output)\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True)
    said, modules = done.stdout.strip().rsplit("\n", 1)
    assert said.startswith("0   Nothing new")
    assert not {"dagster", "dbt", "great_expectations", "pandas"} & set(modules.split())


def test_a_pass_may_be_asked_for_whatever_is_owed_and_one_that_fails_is_owed_again(invoke, home, tmp_path, monkeypatch):
    from orchestration.passes import run

    copy = tmp_path / "home"
    shutil.copytree(home, copy, symlinks=True)
    passes: list[str] = []

    def run_pass(asked):
        passes.append("pass")
        if len(passes) == 1:
            return run.PassSummary("x", failures=("drops: broken",))
        left_up_to_date(asked.settings)
        return run.PassSummary("x")

    monkeypatch.setattr(run, "run_pass", run_pass)
    assert invoke("run", "--home", copy).exit_code == 1  # A copy has other times: when in doubt, a pass.
    assert invoke("run", "--home", copy).exit_code == 0
    assert passes == ["pass", "pass"]
    assert "Nothing new" in invoke("run", "--home", copy).stdout
    assert passes == ["pass", "pass"]
    assert "Nothing new" not in invoke("run", "--force", "--home", copy).stdout
    assert passes == ["pass", "pass", "pass"]


def test_what_takes_long_is_said_at_once_and_then_every_other_second(monkeypatch, capsys):
    clock = iter([0.0, 0.0, 0.5, 1.9, 2.0, 2.0, 3.0])
    monkeypatch.setattr(output, "monotonic", lambda: next(clock))
    with output.progress("Starting a pass…") as report:
        assert capsys.readouterr().err == "Starting a pass…\n"
        for step in ("Reading 1", "Reading 2", "Consolidating", "Releasing"):
            report(step)
    assert capsys.readouterr() == ("", "Consolidating\n")


def test_a_check_says_that_it_is_looking_and_leaves_json_alone(invoke, tmp_path):
    file = tmp_path / "projets.csv"
    file.write_bytes(projects_csv(GOOD))
    result = invoke("check", file, "--json")
    assert result.stderr == "Checking projets.csv…\n"
    json.loads(result.stdout)


def test_an_edition_is_closed_once(invoke, tmp_path):
    words = ("edition", "close", EDITION, "--at", "2021-12-31T18:00:00Z", "--home", tmp_path / "other")
    assert invoke(*words).exit_code == 0
    result = invoke(*words)
    assert result.exit_code == 1
    assert _one_line(result)


def test_a_pass_that_fails_says_why_in_its_last_lines_and_exits_with_1(invoke, home, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(home, broken, symlinks=True)
    shutil.rmtree(broken / "outbox")
    (broken / "outbox").write_text("a file where a folder should be", encoding="utf-8")
    drop(broken, f"{EDITION}/MJ/projets.csv", projects_csv(GOOD))
    result = invoke("run", "--home", broken)
    assert result.exit_code == 1
    assert "Failed: drops" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_command_starts_without_the_libraries_that_are_slow_to_import():
    loaded = subprocess.run(
        [sys.executable, "-c", "import orchestration.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    slow = {"dagster", "dbt", "great_expectations", "pandas", "duckdb", "pyarrow", "openpyxl"}
    assert not slow & {name.partition(".")[0] for name in loaded}
