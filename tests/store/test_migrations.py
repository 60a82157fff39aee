"""A database of any earlier version is brought up to date, whoever dies or comes at the same time meanwhile."""

import itertools
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from orchestration.alerting import answers, outbox_tables
from orchestration.intake import home_identity, incidents, ledger, settling
from orchestration.intake.inbox import SeenFile
from orchestration.publication import revision_check
from orchestration.store import sql
from orchestration.store.digests import sha256
from orchestration.store.sql import NewerDatabase, create_engine
from tests.store import databases_of_0_1 as of_0_1

DECLARED = (
    *(ledger.METADATA, outbox_tables.METADATA, answers.METADATA, incidents.METADATA),
    *(home_identity.METADATA, revision_check.METADATA, settling.METADATA),
)
OUTBOXES = {"outbox": of_0_1.OUTBOX, "outbox without subjects": of_0_1.UNNAMED_OUTBOX, "no outbox": ()}


@pytest.fixture(params=OUTBOXES, ids=str)
def before(request, tmp_path):
    """A database of 0.1."""
    path = tmp_path / "ledger.sqlite"
    of_0_1.make(path, OUTBOXES[request.param])
    return path


def _opened(path) -> None:
    create_engine(f"sqlite:///{path}").dispose()


def _all(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def _shape(path) -> dict[str, set[str]]:
    names = [name for (name,) in _all(path, "select name from sqlite_master where type in ('table', 'index')")]
    return {name: {row[1] for row in _all(path, f"pragma table_info({name})")} for name in names}


def test_a_database_of_0_1_keeps_what_it_says_and_learns_the_new_columns(before):
    _opened(before)
    (drop,) = _all(before, "select * from drops")
    assert drop == (*of_0_1.DROP, None)
    assert _all(before, "select * from edition_events") == [of_0_1.EVENT]
    assert _all(before, "select head from passes") == [("1:1",)]
    assert _all(before, "select * from observations") == [(*of_0_1.DROP[1:5], None, None, None)]
    assert {"rule", "subject", "not_before"} <= _shape(before)["alert_outbox"]
    assert {"home", "lake_files", "release_files", "incidents", "clock", "clock_events"} <= _shape(before).keys()


def test_messages_of_0_1_are_known_by_rule_and_subject_even_where_a_subject_has_colons(before):
    has_outbox = "alert_outbox" in _shape(before)
    _opened(before)
    said = _all(before, "select rule, subject, alert_key, state, not_before from alert_outbox")
    assert said == [("budget_slip", "MI:HORIZON: the second", of_0_1.KEY, "sent", None)] * has_outbox


def test_what_a_home_of_before_has_told_it_told_by_the_first_method_of_what_its_last_pass_had_read(before):
    has_outbox = "alert_outbox" in _shape(before)
    with closing(sqlite3.connect(before)) as connection:
        later = (
            2,
            "2021-S2/MJ/b.csv",
            *of_0_1.DROP[2:5],
            "2021-12-02 09:00:00.000000",
            "2021-S2",
            "MJ",
            *of_0_1.DROP[8:],
        )
        connection.execute(f"insert into drops values ({', '.join('?' * len(later))})", later)  # noqa: S608 - marks only
        if has_outbox:
            connection.execute("create table engineers as select * from alert_outbox")
            connection.execute("update engineers set channel = 'engineers-console'")
            connection.execute("insert into alert_outbox select * from engineers")
            connection.execute("drop table engineers")
        connection.commit()
    _opened(before)
    # The second drop came after the last pass, and what is said of it is news; engineers are told of no edition.
    said = [("console", "2021-S2", "1.0.0", "2021-12-01 09:00:00.000000")] * has_outbox
    assert _all(before, "select * from alert_methods") == said


def test_no_explanation_is_lost_where_all_answers_come_into_one_table(tmp_path):
    from alembic import command
    from alembic.config import Config

    path = tmp_path / "ledger.sqlite"
    config = Config()
    config.set_main_option("script_location", str(Path(sql.__file__).parent / "migrations"))
    of_before = sa.create_engine(f"sqlite:///{path}")
    with of_before.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0009")
        for number, reason in ((1, "Marché relancé"), (3, "Marché signé")):
            values = (number, "a:b:2017-S2:cost", reason, "A. Martin", "2017-11-15 09:00:00.000000", "2017-12-31")
            connection.exec_driver_sql("insert into alert_explanations values (?, ?, ?, ?, ?, ?)", values)
    of_before.dispose()
    _opened(path)
    rest = ("A. Martin", None, "2017-11-15 09:00:00.000000", "2017-12-31")
    assert _all(path, "select * from alert_answers") == [
        (1, "a:b:2017-S2:cost", "ack", "Marché relancé", *rest),
        (2, "a:b:2017-S2:cost", "ack", "Marché signé", *rest),
    ]
    assert "alert_explanations" not in _shape(path)


def test_the_next_drop_of_a_database_of_0_1_gets_the_next_number(before):
    with closing(sqlite3.connect(before)) as connection:
        connection.execute("update sqlite_sequence set seq = 41 where name = 'drops'")
        connection.commit()
    with ledger.Ledger(f"sqlite:///{before}") as opened:
        seen = SeenFile(modified="1", path="2021-S2/MI/b.csv", size=1)
        assert opened.receive(seen, "b", None, datetime(2021, 12, 2, tzinfo=UTC)) == 42


@pytest.mark.parametrize("of_before", [None, *OUTBOXES], ids=lambda one: one or "fresh")
def test_the_tables_that_the_code_declares_are_those_that_the_history_makes(tmp_path, of_before):
    path = tmp_path / "ledger.sqlite"
    if of_before:
        of_0_1.make(path, OUTBOXES[of_before])
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, list(DECLARED)) == []
        # Asked of some of them, it does find what they do not declare.
        assert compare_metadata(context, ledger.METADATA) != []
    engine.dispose()


def test_a_process_killed_at_any_statement_leaves_a_database_that_the_next_one_brings_to_the_end(tmp_path):
    import alembic.command
    import alembic.config  # noqa: F401 - imported once, before those that die.

    whole = tmp_path / "whole.sqlite"
    of_0_1.make(whole, of_0_1.UNNAMED_OUTBOX)
    _opened(whole)
    # A death leaves what is in the files: of the statements before which that is the same, the first and the last die.
    left = _files_at_each_statement(tmp_path / "read.sqlite")
    changes = {number for number in range(1, len(left)) if left[number] != left[number - 1]}
    assert len(left) > 20 and changes
    for number in {0, len(left) - 1} | changes | {number - 1 for number in changes}:
        path = tmp_path / f"{number}.sqlite"
        assert _migrated(path, lambda at, last=number: os._exit(9) if at == last else None) == 9
        # The last column is the migration's own, if it was there.
        assert [row[: len(of_0_1.DROP)] for row in _all(path, "select * from drops")] == [of_0_1.DROP]
        _opened(path)
        assert _shape(path) == _shape(whole)
        assert _all(path, "select rule, subject from alert_outbox") == [("budget_slip", "MI:HORIZON: the second")]


def _files_at_each_statement(path) -> list[str]:
    """What the files of a database hold before each statement of its migration, and before its end."""
    found = path.with_suffix(".txt")

    def note(_number):
        # Another process reads them: this one would let go of its locks as it closes them.
        if os.fork() == 0:
            files = {file.name: sha256(file.read_bytes()) for file in sorted(path.parent.glob(f"{path.name}*"))}
            with found.open("a") as noted:
                noted.write(f"{files}\n")
            os._exit(0)
        os.wait()

    assert _migrated(path, note) == 0
    return found.read_text().splitlines()


def _migrated(path, at_statement) -> int:
    """How a process ends that migrates a database of 0.1, and calls a function with the number of each statement."""
    of_0_1.make(path, of_0_1.UNNAMED_OUTBOX)
    child = os.fork()
    if child == 0:
        numbers = itertools.count()
        for event in ("before_cursor_execute", "commit"):
            sa.event.listen(sa.Engine, event, lambda *_given: at_statement(next(numbers)))
        try:
            _opened(path)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("is_fresh", [True, False], ids=["fresh", "of 0.1"])
def test_two_processes_that_open_a_database_at_once_both_find_it_whole(tmp_path, is_fresh):
    path = tmp_path / "ledger.sqlite"
    if not is_fresh:
        of_0_1.make(path)
    script = (
        "import sys, alembic.command, alembic.config\nfrom orchestration.intake.ledger import Ledger\n"
        "print('ready', flush=True)\nsys.stdin.readline()\n"
        "with Ledger(sys.argv[1]) as ledger:\n    print(ledger.extent().last_drop_id)"
    )
    command = [sys.executable, "-c", script, f"sqlite:///{path}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as other:
        for process in (one, other):
            assert process.stdout.readline() == "ready\n"
        for process in (one, other):
            process.stdin.write("go\n")
            process.stdin.flush()
        ended = [(process.communicate(timeout=60), process.returncode) for process in (one, other)]
    for (said, wrong), code in ended:
        assert (code, said) == (0, f"{0 if is_fresh else 1}\n"), wrong


def test_a_database_of_a_later_version_is_refused_with_a_sentence_and_left_as_it_is(tmp_path):
    path = tmp_path / "ledger.sqlite"
    _opened(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(NewerDatabase, match=r"ledger\.sqlite is of version 9999, and this code knows \d{4} at most"):
        create_engine(f"sqlite:///{path}")
    assert path.read_bytes() == before
