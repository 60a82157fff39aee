"""Identity: the alias register, what it is held against, and what is proposed to the human who writes it."""

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from made_lake import MadeLake, on, project, read_mart
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.consolidation import build as consolidation
from orchestration.consolidation.aliases import AliasRefused, judge, open_proposals
from orchestration.consolidation.duckdb_functions import Plugin
from orchestration.domain import alias_register
from orchestration.domain.alias_register import Alias, AliasRegister
from orchestration.domain.folding import folded_name
from orchestration.settings import Settings

DBT_PROJECT = consolidation.DBT_PROJECT
HEADER = "name,project_id,status,from_edition,to_edition,source,confidence,note\n"
REGISTER = f"""{HEADER}PIB/MISTRAL,mistral,confirmed,,,panorama 2016-11,certain,
LYNX,sirh,confirmed,2017-S1,2017-S2,courriel du 3 mai,high,
FRANCE CONNECT PHASE II,franceconnect,rejected,,,panorama 2017-02,high,
"""


@pytest.fixture
def register(tmp_path: Path) -> Path:
    file = tmp_path / "project_aliases.csv"
    file.write_text(REGISTER, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two projects leave, and two names come that look like them, one by its name, the other by its description."""
    settings = Settings(home=tmp_path_factory.mktemp("filed"))
    lake = MadeLake(settings)
    text = {"description": "Refondre la paie des agents du ministère et de ses opérateurs."}
    gone = [project("Portail des agents", "12"), project("Refonte de la paie", "20", **text)]
    lake.file("2020-S1", "MI", on("2020-06-01"), [*gone, project("SIRENA", "5"), project("GENESIS", "3")])
    new = [project("Portail agents 2", "15"), project("OSIRIS", "20", **text)]
    lake.file("2020-S2", "MI", on("2020-12-01"), [*new, project("Sirena", "5"), project("SIRHIUS", "9")])
    lake.write()
    assert consolidation.build(settings).broken == ()
    return settings


def confirmed(name: str, project_id: str, since: str = "", until: str = "") -> Alias:
    return Alias(name, project_id, "confirmed", since, until, "courriel du 3 mai")


def rejected(name: str, project_id: str) -> Alias:
    return Alias(name, project_id, "rejected", source="courriel du 3 mai")


def test_every_project_that_was_really_renamed_keeps_one_id(real_data: Path) -> None:
    register = alias_register.alias_register()
    with (real_data / "drops.csv").open(encoding="utf-8", newline="") as lines:
        edition_of = {f"{int(row['order']):02}": row["edition"] for row in csv.DictReader(lines)}
    with (real_data / "renames.csv").open(encoding="utf-8", newline="") as lines:
        renames = list(csv.DictReader(lines))
    assert len(renames) == 44
    for row in renames:
        old, new = (
            register.resolve(folded_name(row[f"{which}_name"]), edition_of[row[f"{wave}_wave"]])
            for which, wave in (("old", "from"), ("new", "to"))
        )
        assert old == new, row


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("FRANCE CONNECT PHASE II", "FRANCE CONNECT"),
        ("3PA-S", "PAYSAGE"),
        ("3-PAS-S_DAE", "PAS"),
        ("GENESIS V2", "GENESIS"),
        ("Déploiement RenoiRH", "RenoiRH"),
        ("SOURCE WEB", "SOURCE SOLDE"),
    ],
)
def test_names_that_a_human_kept_apart_have_two_ids_and_are_never_proposed_again(name: str, other: str) -> None:
    register = alias_register.alias_register()
    for edition in ("2016-S2", "2017-S1", "2017-S2", "2018-S1", "2021-S2"):
        theirs = register.resolve(folded_name(other), edition)
        assert register.resolve(folded_name(name), edition) != theirs
        assert register.is_rejected(folded_name(name), theirs, edition)


def test_a_line_holds_from_its_first_edition_to_its_last(register: Path) -> None:
    lines = alias_register.alias_register(register)
    editions = ("2016-S2", "2017-S1", "2017-S2", "2018-S1", None)
    assert [lines.resolve("lynx", edition) for edition in editions] == ["lynx", "sirh", "sirh", "lynx", "lynx"]
    open_ended = AliasRegister((confirmed("Lynx", "paie", since="2018-S1"),))
    assert [open_ended.resolve("lynx", edition) for edition in ("2017-S2", "2018-S1", None)] == ["lynx", "paie", "paie"]


def _faults(lines: str) -> set[str]:
    """What the data test of the register says of these lines."""
    sql = (DBT_PROJECT / "tests" / "aliases_resolve_at_once.sql").read_text(encoding="utf-8")
    sql = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"\1", re.sub(r"\{\{ config\(.*\) \}\}", "", sql))
    connection = duckdb.connect()
    Plugin(name="duckdb_functions", plugin_config={}).configure_connection(connection)
    columns = HEADER.strip().split(",")
    connection.execute(f"create table project_aliases ({', '.join(f'{name} varchar' for name in columns)})")
    rows = [[row[name] or None for name in columns] for row in csv.DictReader((HEADER + lines).splitlines())]
    connection.executemany("insert into project_aliases values (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return {row[2] for row in connection.execute(sql).fetchall()}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("Lynx,sirh,confirmed,,,x,,\nLYNX,paie,confirmed,,,x,,", "the name is confirmed twice"),
        ("Lynx,sirh,confirmed,,2017-S1,x,,\nLYNX,paie,confirmed,2017-S1,,x,,", "the name is confirmed twice"),
        ("Lynx,sirh,confirmed,,,x,,\nLYNX,sirh,confirmed,2017-S1,,x,,", "the name is confirmed twice"),
        ("Lynx,sirh,confirmed,,2017-S1,x,,\nLYNX,paie,confirmed,2017-S2,,x,,", None),
        ("Lynx,sirh,confirmed,,,x,,\nLYNX,sirh,rejected,,,x,,", "the pair is judged twice"),
        ("Lynx,sirh,confirmed,,,x,,\nLYNX,paie,rejected,,,x,,", None),
        ("Lynx,sirh,confirmed,,,x,,\nSIRH,paie,confirmed,,,x,,", "the register itself sends the id elsewhere"),
        ("Lynx,sirh,confirmed,,2017-S1,x,,\nSIRH,paie,confirmed,2017-S2,,x,,", None),
        ("Lynx,sirh,confirmed,,,,,", "a name, an id, a source and a known status are needed"),
        ("Lynx,sirh,perhaps,,,x,,", "a name, an id, a source and a known status are needed"),
        ("Lynx,sirh,confirmed,2017,,x,,", "editions are codes such as 2017-S1, the first not after the last"),
        ("Lynx,sirh,confirmed,,2017-S3,x,,", "editions are codes such as 2017-S1, the first not after the last"),
        ("Lynx,sirh,confirmed,2018-S1,2017-S1,x,,", "editions are codes such as 2017-S1, the first not after the last"),
    ],
)
def test_the_register_is_refused_where_it_contradicts_itself(lines: str, fault: str | None) -> None:
    assert _faults(lines) == ({fault} if fault else set())


def test_proposals_are_told_with_their_score_and_their_evidence(filed: Settings) -> None:
    shown = ("name", "candidate_name", "score", "name_score", "is_same_start", "is_same_perimeter")
    assert [tuple(row[name] for name in shown) for row in open_proposals(filed)] == [
        ("OSIRIS", "Refonte de la paie", 95, 17, True, True),
        ("Portail agents 2", "Portail des agents", 88, 88, True, True),
    ]
    assert [row["cost_ratio"] for row in open_proposals(filed)] == [1, 1.25]


def test_nothing_is_proposed_where_everything_changed_its_name(settings: Settings) -> None:
    lake = MadeLake(settings)
    for edition, name in (("2020-S1", "ANCIEN"), ("2020-S2", "NOUVEL")):
        lake.file(edition, "MI", on("2020-06-01"), [project(f"{name} {number}", "1") for number in range(142)])
    lake.write()
    assert consolidation.build(settings).broken == ()
    assert read_mart(settings, "alias_proposals") == []


def test_a_project_that_comes_back_under_another_name_is_back_and_not_new(settings: Settings) -> None:
    lake = MadeLake(settings)
    stays = project("Stays", "3")
    lake.file("2019-S2", "MI", on("2019-12-01"), [stays, project("Réseau Interministériel de l'Etat", "100")])
    lake.file("2020-S1", "MI", on("2020-06-01"), [stays])
    lake.file("2020-S2", "MI", on("2020-12-01"), [stays, project("RIE", "101")])
    lake.write()
    assert consolidation.build(settings).broken == ()
    moved = [(row["edition"], row["movement"], row["project_id"]) for row in read_mart(settings, "movements")]
    assert moved == [("2020-S1", "out", "rie"), ("2020-S2", "back", "rie")]
    assert [(row["edition"], row["status"]) for row in read_mart(settings, "alias_proposals")] == [
        ("2020-S2", "confirmed")
    ]


def test_a_confirmed_alias_makes_one_project_of_two_at_the_next_build_and_a_rejected_one_is_not_proposed(
    filed: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = tmp_path / "dbt_project"
    shutil.copytree(DBT_PROJECT, checkout, ignore=shutil.ignore_patterns("target", "logs"))
    monkeypatch.setattr(consolidation, "DBT_PROJECT", checkout)
    home = Settings(home=tmp_path / "home")
    shutil.copytree(filed.home, home.home)
    seed = checkout / "seeds" / "project_aliases.csv"
    assert judge(home, confirmed("Portail agents 2", "portail-des-agents"), seed)
    assert judge(home, rejected("OSIRIS", "refonte-de-la-paie"), seed)
    assert consolidation.build(home).broken == ()
    ids = {(row["edition"], row["project_id"]) for row in read_mart(home, "portfolio")}
    assert ("2020-S2", "portail-des-agents") in ids
    assert ("2020-S2", "osiris") in ids
    assert {row["name"]: row["status"] for row in read_mart(home, "alias_proposals")} == {
        "OSIRIS": "rejected",
        "Portail agents 2": "confirmed",
    }
    assert open_proposals(home) == []


def test_a_judgement_is_one_line_more_and_nothing_when_it_is_made_already(filed: Settings, register: Path) -> None:
    before = register.read_bytes()
    assert judge(filed, confirmed("OSIRIS", "refonte-de-la-paie", since="2020-S2"), register)
    after = register.read_bytes()
    assert after == before + b"OSIRIS,refonte-de-la-paie,confirmed,2020-S2,,courriel du 3 mai,,\n"
    for same in (
        confirmed("osiris", "refonte-de-la-paie", "2020-S2", "2021-S1"),
        rejected("FranceConnect phase II", "franceconnect"),
    ):
        assert judge(filed, same, register) is False
    assert register.read_bytes() == after
    assert [path.name for path in register.parent.iterdir()] == [register.name]


@pytest.mark.parametrize(
    ("alias", "reason"),
    [
        (
            confirmed("Pib-Mistral", "sirena"),
            "Line 2 of the register (panorama 2016-11) says that 'PIB/MISTRAL' is 'mistral'",
        ),
        (confirmed("Lynx", "sirena"), "is 'sirh' (from 2017-S1 to 2017-S2): change that line first."),
        (confirmed("Lynx", "sirh"), "is confirmed as 'sirh' (from 2017-S1 to 2017-S2): change its editions."),
        (confirmed("FRANCE CONNECT PHASE II", "franceconnect"), "is rejected as 'franceconnect' (in every edition)"),
        (rejected("PIB/Mistral", "mistral"), "is confirmed as 'mistral' (in every edition): change that line first."),
        (confirmed("OSIRIS", "sirenna"), "There is no project 'sirenna'; the nearest: sirena"),
        (confirmed("SIRHIUS", "sirena"), "2020-S2 declares 'SIRHIUS' and 'sirena' side by side"),
        (confirmed("Sirena", "sirena"), "folds to 'sirena' by itself"),
        (confirmed("mistral", "sirena"), "says that 'PIB/MISTRAL' is 'mistral', which 'mistral' folds to"),
        (confirmed("\x07 ", "sirena"), "cannot be written as a name"),
        (replace(confirmed("OSIRIS", "refonte-de-la-paie"), source=" "), "--source"),
    ],
)
def test_a_judgement_that_contradicts_the_register_or_what_was_filed_is_refused(
    filed: Settings, register: Path, alias: Alias, reason: str
) -> None:
    with pytest.raises(AliasRefused, match=re.escape(reason)):
        judge(filed, alias, register)
    assert register.read_text(encoding="utf-8") == REGISTER


def test_an_id_that_the_register_sends_elsewhere_is_no_target(filed: Settings, register: Path) -> None:
    assert judge(filed, confirmed("GENESIS", "portail-des-agents", since="2021-S1"), register)
    with pytest.raises(AliasRefused, match="is itself 'portail-des-agents': name that id"):
        judge(filed, confirmed("OSIRIS", "genesis"), register)


def test_two_projects_of_one_edition_may_be_one_in_another(filed: Settings, register: Path) -> None:
    assert judge(filed, confirmed("SIRHIUS", "sirena", since="2021-S1"), register)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('=HYPERLINK("http://x","OSIRIS")', '\'=HYPERLINK("http://x","OSIRIS")'),
        ("@OSIRIS", "'@OSIRIS"),
        ("OSIRIS,\r\n\tlot 2 ; \u202e\x1b[31m", "OSIRIS, lot 2 ; [31m"),
        ("«\u00a0OSIRIS\u00a0»", "« OSIRIS »"),
    ],
)
def test_a_name_is_written_so_that_it_is_read_again_and_runs_nowhere(
    filed: Settings, register: Path, name: str, written: str
) -> None:
    assert judge(filed, confirmed(name, "refonte-de-la-paie"), register)
    with register.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[-1]["name"] == written
    assert len(rows) == 4
    assert alias_register.alias_register(register).resolve(folded_name(name), "2020-S2") == "refonte-de-la-paie"


@pytest.fixture
def invoke(filed: Settings, register: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call `jalons alias` on that home and that register."""
    monkeypatch.setenv("JALONS_HOME", str(filed.home))
    monkeypatch.setattr(alias_register, "REGISTER", register)
    return lambda *words: CliRunner().invoke(app, ["alias", *words])


def test_the_command_lists_the_open_proposals(invoke: Any) -> None:
    found = json.loads(invoke("propose", "--json").stdout)
    assert [(row["name"], row["candidate_id"], row["score"]) for row in found] == [
        ("OSIRIS", "refonte-de-la-paie", 95),
        ("Portail agents 2", "portail-des-agents", 88),
    ]
    assert found[1]["cost_ratio"] == 1.25
    table = invoke("propose").stdout
    assert "Refonte de la paie (MI, 2020-S1)" in table
    assert "jalons alias confirm" in table


def test_the_command_writes_a_judgement_and_says_what_comes_next(invoke: Any, register: Path) -> None:
    made = invoke("confirm", "OSIRIS", "refonte-de-la-paie", "--from", "2020-S2", "--source", "courriel du 3 mai")
    assert (made.exit_code, "Next: jalons run" in made.stdout) == (0, True)
    assert register.read_text(encoding="utf-8").endswith(
        "OSIRIS,refonte-de-la-paie,confirmed,2020-S2,,courriel du 3 mai,,\n"
    )
    again = invoke("confirm", "OSIRIS", "refonte-de-la-paie", "--from", "2020-S2", "--source", "un autre")
    assert (again.exit_code, "already" in again.stdout) == (0, True)
    unseen = invoke("reject", "Jamais déposé", "sirena", "--source", "courriel du 3 mai")
    assert (unseen.exit_code, "No edition declares" in unseen.stdout) == (0, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("confirm", "PIB/MISTRAL", "sirena", "--source", "x"), 1),
        (("confirm", "OSIRIS", "nulle part", "--source", "x"), 1),
        (("confirm", "OSIRIS", "sirena"), 2),
        (("confirm", "OSIRIS", "refonte-de-la-paie", "--source", "x", "--from", "2021-S1", "--to", "2020-S1"), 2),
        (("confirm", "OSIRIS", "refonte-de-la-paie", "--source", "x", "--to", "2020-S3"), 2),
    ],
)
def test_the_command_says_no_on_one_line_and_changes_nothing(
    invoke: Any, register: Path, words: tuple[str, ...], code: int
) -> None:
    said = invoke(*words)
    assert (said.exit_code, said.stdout) == (code, "")
    assert code == 2 or len(said.stderr.strip().splitlines()) == 1
    assert register.read_text(encoding="utf-8") == REGISTER
