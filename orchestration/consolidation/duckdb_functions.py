"""What dbt's DuckDB connection knows of Python: how names fold and look alike, and which files its sources are.

What belongs here: the dbt-duckdb plugin (see `dbt_project/profiles.yml`). What does not: the rules themselves, which
Python and SQL share.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError

from orchestration.domain.alert_rules import alert_rule
from orchestration.domain.folding import folded_name
from orchestration.domain.french import NBSP, day, paris
from orchestration.domain.likeness import likeness, resemblance
from orchestration.domain.project_identity import Filing, identify, possible_ids
from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.intake.lake import exported_files

if TYPE_CHECKING:
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from duckdb import DuckDBPyConnection

_FILING = (
    "STRUCT(edition VARCHAR, perimeter VARCHAR, received_at VARCHAR, submission_id VARCHAR, folded_name VARCHAR, "
    "declared_id VARCHAR, name VARCHAR, register_id VARCHAR, is_current BOOLEAN)"
)
_IDENTITY = (
    "STRUCT(edition VARCHAR, perimeter VARCHAR, submission_id VARCHAR, folded_name VARCHAR, declared_id VARCHAR, "
    "project_id VARCHAR, identified_by VARCHAR, possible_ids VARCHAR[])"
)


def project_identities(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The project of each filing, in the order given (`orchestration.domain.project_identity`)."""
    filings = [Filing(**row) for row in rows]
    found = identify(filings)
    return [
        {
            "edition": one.edition,
            "perimeter": one.perimeter,
            "submission_id": one.submission_id,
            "folded_name": one.folded_name,
            "declared_id": one.declared_id,
            "project_id": found[one].project_id,
            "identified_by": found[one].way,
            "possible_ids": sorted(possible_ids(one)),
        }
        for one in filings
    ]


def french_day(at: datetime) -> str:
    """The day of a time (UTC, naive) as a reader in Paris says it: « 15 mars 2018 »."""
    return day(paris(at.replace(tzinfo=UTC)).date()).replace(NBSP, " ")


def is_state(rule: str) -> bool:
    """Whether what a rule says lasts (`orchestration.domain.alert_rules`)."""
    return alert_rule(rule).is_state


class Plugin(BasePlugin):
    """Registers the functions below, the variable `jalons_home`, an absolute path, and `lake_<kind>`, a list of files.

    `folded_name(name) -> VARCHAR`, `likeness(name, other) -> INTEGER` and `resemblance(name, other, description,
    other_description) -> INTEGER`, `french_day(received_at) -> VARCHAR`, `is_state(rule) -> BOOLEAN`, all null where an
    argument is; `project_identities(filings) -> identities`, lists of structs, to be called once with the filings of
    all editions.
    """

    def update_connection_config(self, creds: "DuckDBCredentials", config: dict[str, Any]) -> None:  # noqa: ARG002
        """Find the copy from any folder, and say what is missing before DuckDB names a file that nobody asked for."""
        # That of the target `dev` is said from the folder of the project.
        creds.path = str(DBT_PROJECT / creds.path)
        home = _home(creds)
        if not (home / "lake" / "_ledger").is_dir():
            raise DbtRuntimeError(
                f"There is nothing to read in {home}. Copy a home there first: `make dbt-copy` copies the one that "
                "JALONS_HOME names, .jalons by default."
            )

    def configure_connection(self, conn: "DuckDBPyConnection") -> None:
        """Register what all cursors of the connection share."""
        conn.create_function("folded_name", folded_name, ["VARCHAR"], "VARCHAR")
        conn.create_function("likeness", likeness, ["VARCHAR", "VARCHAR"], "INTEGER")
        conn.create_function("resemblance", resemblance, ["VARCHAR"] * 4, "INTEGER")
        conn.create_function("french_day", french_day, ["TIMESTAMP"], "VARCHAR")
        conn.create_function("is_state", is_state, ["VARCHAR"], "BOOLEAN")
        conn.create_function("project_identities", project_identities, [f"{_FILING}[]"], f"{_IDENTITY}[]")
        self._variables: dict[str, object] = {}

    def configure_cursor(self, cursor: "DuckDBPyConnection") -> None:
        """Set what each cursor loses, its variables: sources find their files at run time, so one manifest fits all."""
        if not self._variables:
            home = _home(self.creds)
            lists = exported_files(home / "lake")
            self._variables = {"jalons_home": str(home)} | {f"lake_{kind}": files for kind, files in lists.items()}
        for name, value in self._variables.items():
            cursor.execute(f"set variable {name} = ?", [value])


def _home(credentials: "DuckDBCredentials | None") -> Path:
    """The home of a target: its warehouse is the file `warehouse/jalons.duckdb` of it."""
    if credentials is None:
        raise DbtRuntimeError("The functions of a home are asked for without its warehouse.")
    return Path(credentials.path).resolve().parents[1]
