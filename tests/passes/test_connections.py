"""A whole pass connects to the channels that are configured, and to nothing else, and keeps no token of theirs.

What native code asks (DuckDB, Arrow) is not heard here; neither is given anything to fetch, nor fetches what it lacks.
"""

import json
import os
import subprocess
import sys
from typing import NamedTuple

import pytest
import yaml
from dbt.adapters.duckdb import environments
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from orchestration.places import CHECKOUT
from orchestration.settings import Settings
from tests.alerting.fake_slack import CHANNEL, TOKEN, FakeSlack
from tests.intake.drops import GOOD, drop, projects_csv, workbook

# Whatever a library in Python asks of a socket is heard; a hook cannot be taken away again.
CODE = """
import json, sys
asked = []
def hear(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and isinstance(args[1], tuple):
        asked.append(args[1][:2])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        asked.append(args[:2])
sys.addaudithook(hear)
from datetime import UTC, datetime
from orchestration.settings import Settings
from tests.pass_job import run_pass
summary = run_pass(Settings(), datetime(2021, 12, 1, 9, tzinfo=UTC))
print(json.dumps({"failures": summary.failures, "sent": dict(summary.alerts_sent), "asked": asked}))
"""


class Passed(NamedTuple):
    """A home after its pass, what that printed, and the port of its Slack."""

    home: Settings
    printed: str
    port: int


@pytest.fixture(scope="module")
def passed(tmp_path_factory) -> Passed:
    """A pass in a process of its own over three drops, with a Slack."""
    home = Settings(home=tmp_path_factory.mktemp("connections") / "home")
    drop(home.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(home.home, "2021-S2/MJ/projets.xlsx", workbook(["Nom", "Début"], ["CAP", "2020"]))
    drop(home.home, "2021-S2/MC/projets.pdf", b"%PDF-1.4")
    names = {name: value for name, value in os.environ.items() if not name.startswith(("JALONS_", "DAGSTER_"))}
    names |= {"JALONS_HOME": str(home.home), "JALONS_SETTLE_SECONDS": "0", "DO_NOT_TRACK": "1"}
    with FakeSlack() as slack:
        names |= {"JALONS_SLACK_CHANNEL": CHANNEL, "SLACK_BOT_TOKEN": TOKEN, "JALONS_SLACK_BASE_URL": slack.base_url}
        done = subprocess.run([sys.executable, "-c", CODE], env=names, capture_output=True, text=True, check=True)
        return Passed(home, done.stdout, int(slack.base_url.split(":")[2].partition("/")[0]))


def test_a_whole_pass_connects_to_the_channels_and_to_nothing_else(passed):
    said = json.loads(passed.printed.splitlines()[-1])
    assert said["failures"] == []
    assert said["sent"]["slack"] > 0
    assert {tuple(map(str, one)) for one in said["asked"]} == {("127.0.0.1", str(passed.port))}


def test_a_pass_leaves_the_log_of_dbt_and_no_token(passed):
    logs = [path.read_text(encoding="utf-8") for path in (passed.home.dagster_home / "logs").rglob("*.err")]
    assert [text for text in logs if "dbt: " in text and "portfolio" in text]
    # Of dbt, nothing is seen at the terminal.
    assert "dbt" not in passed.printed
    kept = [path for path in passed.home.dagster_home.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


def test_the_warehouse_looks_for_no_extension_on_the_network():
    output = yaml.safe_load((CHECKOUT / "dbt_project" / "profiles.yml").read_text())["jalons"]["outputs"]["home"]
    credentials = {
        "database": "memory",
        "schema": "main",
        "path": ":memory:",
        "config_options": output["config_options"],
    }
    warehouse = environments.create(DuckDBCredentials.from_dict(credentials))
    cursor = warehouse.handle().cursor()
    for name in ("autoinstall_known_extensions", "autoload_known_extensions"):
        cursor.execute(f"select current_setting('{name}')")
        assert cursor.fetchall() == [(False,)]
