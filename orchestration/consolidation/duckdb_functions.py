"""What dbt's DuckDB connection knows of Python: how names fold and look alike, and which files its sources are.

What belongs here: the dbt-duckdb plugin (see `dbt_project/profiles.yml`). What does not: the rules themselves, which
Python and SQL share.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.domain.folding import folded_name
from orchestration.domain.likeness import likeness, resemblance
from orchestration.intake.lake import exported_files

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Plugin(BasePlugin):
    """Registers the functions below, the variable `jalons_home`, an absolute path, and `lake_<kind>`, a list of files.

    `folded_name(name) -> VARCHAR`, `likeness(name, other) -> INTEGER` and `resemblance(name, other, description,
    other_description) -> INTEGER`, all null where an argument is.
    """

    def configure_connection(self, conn: "DuckDBPyConnection") -> None:
        """Register what all cursors of the connection share."""
        conn.create_function("folded_name", folded_name, ["VARCHAR"], "VARCHAR")
        conn.create_function("likeness", likeness, ["VARCHAR", "VARCHAR"], "INTEGER")
        conn.create_function("resemblance", resemblance, ["VARCHAR"] * 4, "INTEGER")
        self._variables: dict[str, object] = {}

    def configure_cursor(self, cursor: "DuckDBPyConnection") -> None:
        """Set what each cursor loses, its variables: sources find their files at run time, so one manifest fits all."""
        if not self._variables:
            home = os.environ["JALONS_HOME"]
            lists = exported_files(Path(home) / "lake")
            self._variables = {"jalons_home": home} | {f"lake_{kind}": files for kind, files in lists.items()}
        for name, value in self._variables.items():
            cursor.execute(f"set variable {name} = ?", [value])
