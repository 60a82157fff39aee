"""A whole pass connects to the channels that are configured, and to nothing else.

What native code asks (DuckDB, Arrow) is not heard here; neither is given anything to fetch, nor fetches what it lacks.
"""

import json
import subprocess
import sys

import yaml
from dbt.adapters.duckdb import environments
from dbt.adapters.duckdb.credentials import DuckDBCredentials

from orchestration.places import CHECKOUT
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


def test_a_whole_pass_connects_to_the_channels_and_to_nothing_else(settings, monkeypatch):
    drop(settings.home, "2021-S2/MI/projets.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MJ/projets.xlsx", workbook(["Nom", "Début"], ["CAP", "2020"]))
    drop(settings.home, "2021-S2/MC/projets.pdf", b"%PDF-1.4")
    with FakeSlack() as slack:
        home = {"JALONS_HOME": str(settings.home), "JALONS_SETTLE_SECONDS": "0", "JALONS_SLACK_CHANNEL": CHANNEL}
        told = {"SLACK_BOT_TOKEN": TOKEN, "JALONS_SLACK_BASE_URL": slack.base_url}
        for name, value in (home | told).items():
            monkeypatch.setenv(name, value)
        done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
        said = json.loads(done.stdout.splitlines()[-1])
        port = int(slack.base_url.split(":")[2].partition("/")[0])
    assert said["failures"] == []
    assert said["sent"]["slack"] > 0
    assert {tuple(map(str, one)) for one in said["asked"]} == {("127.0.0.1", str(port))}


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
