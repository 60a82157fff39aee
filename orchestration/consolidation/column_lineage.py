"""From which columns each column of a table is computed, read off the compiled SQL when the project is installed.

What belongs here: parsing the project (`make install` runs this module), following columns through its SQL, and the
file that it leaves beside the manifest. What does not: how the UI shows them (`orchestration.defs`).
No home is needed: models are compiled without asking the warehouse anything.
"""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from orchestration.domain.reference_data import DBT_PROJECT
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole

if TYPE_CHECKING:
    from sqlglot import exp

COLUMN_LINEAGE = DBT_PROJECT / "target" / "column_lineage.json"
_DIALECT = "duckdb"
# As `models/staging/sources.yml` has the places of the sources: they are tables to whoever follows columns.
_SOURCES = (
    (re.compile(r"read_parquet\(getvariable\('lake_(\w+)'\)[^)]*\)"), "lake"),
    (re.compile(r"read_parquet\(getvariable\('jalons_home'\) \|\| '/lake/_ledger/(\w+)\.parquet'\)"), "ledger"),
)
# All columns but those whose names match.
_ALL_BUT = re.compile(r"columns\(lambda name: not regexp_matches\(name, '([^']+)'\)\)")
# What `project_identities` gives (`duckdb_functions`): what a filing is known by, and what it is found to be.
_IDENTITIES = "unnest(project_identities(list(filings)), recursive := true)"
_FILED = ("edition", "perimeter", "submission_id", "folded_name", "declared_id")
_FOUND = ("project_id", "identified_by", "possible_ids")


@dataclass(frozen=True)
class ColumnLineage:
    """By unique id of a model and column, the unique ids and columns that the column is computed from.

    `sources` is the SHA-256 of each file that the project was parsed from, by its path in the project; seeds are not
    among them, since the register of names is written while the project runs.
    """

    sources: Mapping[str, str]
    columns: Mapping[str, Mapping[str, list[tuple[str, str]]]]


def read_column_lineage() -> ColumnLineage:
    """What `make install` left; raise `FileNotFoundError` before it."""
    return ColumnLineage(**json.loads(COLUMN_LINEAGE.read_bytes()))


def changed_since_install(lineage: ColumnLineage) -> list[str]:
    """The files of the project that are no more as they were when it was parsed, or came or went since."""
    now = _digests()
    return sorted(name for name in now.keys() | lineage.sources.keys() if now.get(name) != lineage.sources.get(name))


def install() -> None:
    """Parse the project, compile it, and write both the manifest and `COLUMN_LINEAGE`; raise `RuntimeError`."""
    sources = _digests()
    manifest, compiled = _compiled()
    write_whole(COLUMN_LINEAGE, json_document({"sources": sources, "columns": column_lineage(manifest, compiled)}))


def column_lineage(
    manifest: Mapping[str, Any], compiled: Mapping[str, str]
) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """By unique id and column, what each model's column is computed from; `compiled` has its SQL by unique id.

    A filter or a join that only says which rows there are is no part of it. Raise sqlglot's errors.
    """
    from sqlglot import exp
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.scope import build_scope

    tables = {name: unique_id for unique_id, name in _tables(manifest)}
    schema = _declared(manifest)
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for unique_id in _in_order(manifest, compiled):
        query = _qualified(_as_tables(compiled[unique_id]), schema)
        left_out = [re.compile(pattern) for pattern in _ALL_BUT.findall(compiled[unique_id])]
        columns = [name for name in query.named_selects if not any(pattern.match(name) for pattern in left_out)]
        schema["main"][manifest["nodes"][unique_id]["name"]] = dict.fromkeys(columns, "varchar")
        # Positional: the compiled library takes no keyword for them.
        nodes = lineage(None, query, schema, None, _DIALECT, build_scope(query), False)  # type: ignore[call-overload]
        found[unique_id] = {
            column: sorted(
                {
                    (tables[leaf.expression.db, leaf.expression.name], leaf.name.rpartition(".")[2].strip('"'))
                    for leaf in node.walk()
                    if isinstance(leaf.expression, exp.Table)
                }
            )
            for column, node in nodes.items()
            if column in columns
        }
    return found


def _compiled() -> tuple[Mapping[str, Any], dict[str, str]]:
    """The manifest as it was written, and the SQL of each model that is a table or view, by unique id."""
    from dbt.cli.main import dbtRunner

    target = DBT_PROJECT / "target"
    places = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    options = ["--quiet", "--no-send-anonymous-usage-stats", "--no-version-check", "--log-level-file", "none"]
    with contextlib.chdir(DBT_PROJECT), TemporaryDirectory() as aside:
        parse = ["parse", "--no-partial-parse", "--target-path", str(target)]
        parsed = dbtRunner().invoke([*options, *parse, *places])
        if not parsed.success:
            raise RuntimeError(f"dbt does not parse the project: {parsed.exception}")
        written = json.loads((target / "manifest.json").read_bytes())
        compile = ["compile", "--no-introspect", "--no-populate-cache", "--select", "resource_type:model"]
        said: Any = dbtRunner(manifest=parsed.result).invoke(  # type: ignore[arg-type]
            [*options, "--no-write-json", *compile, "--target-path", aside, *places]
        )
        if not said.success:
            raise RuntimeError(f"dbt does not compile the project: {said.exception or 'see above'}")
    return written, {one.node.unique_id: one.node.compiled_code for one in said.result.results}


def _digests() -> dict[str, str]:
    paths = [DBT_PROJECT / "dbt_project.yml"]
    paths += [path for folder in ("macros", "models", "seeds", "tests") for path in (DBT_PROJECT / folder).rglob("*")]
    named = (path for path in paths if path.suffix in (".sql", ".yml", ".md"))
    return {path.relative_to(DBT_PROJECT).as_posix(): sha256(path.read_bytes()) for path in sorted(named)}


def _tables(manifest: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each seed, source and model, with the schema and name by which the SQL below knows it."""
    for unique_id, node in manifest["sources"].items():
        yield unique_id, (node["source_name"], node["name"])
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] in ("model", "seed"):
            yield unique_id, ("main", node["name"])


def _declared(manifest: Mapping[str, Any]) -> dict[str, dict[str, dict[str, str]]]:
    """The columns of what no model makes: schema, table, column, any type."""
    schema: dict[str, dict[str, dict[str, str]]] = {"main": {}}
    for node in (*manifest["sources"].values(), *manifest["nodes"].values()):
        if node["resource_type"] in ("source", "seed"):
            place = schema.setdefault(node.get("source_name", "main"), {})
            place[node["name"]] = dict.fromkeys(node["columns"], "varchar")
    return schema


def _in_order(manifest: Mapping[str, Any], compiled: Mapping[str, str]) -> list[str]:
    """The models, each after those that it reads, be it through one that is only a part of it."""
    from graphlib import TopologicalSorter

    reads = {
        unique_id: [read for read in node["depends_on"]["nodes"] if read.startswith("model.")]
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    return [unique_id for unique_id in TopologicalSorter(reads).static_order() if unique_id in compiled]


def _as_tables(sql: str) -> str:
    """The SQL with sources as tables, and with the columns of what Python gives spelled out."""
    for pattern, schema in _SOURCES:
        sql = pattern.sub(rf'"{schema}"."\1"', sql)
    of_a_filing = f"any_value(row({', '.join((*_FILED, 'received_at', 'name', 'register_id', 'is_current'))}))"
    columns = [*_FILED, *(f"{of_a_filing} as {column}" for column in _FOUND)]
    sql = _ALL_BUT.sub("*", sql)
    return sql.replace(_IDENTITIES, ", ".join(columns)).replace('"jalons"."main".', '"main".')


def _qualified(sql: str, schema: dict[str, Any]) -> "exp.Query":
    """The query with every column named and bound to its table."""
    from sqlglot import parse_one
    from sqlglot.optimizer.qualify import qualify

    query = parse_one(sql, dialect=_DIALECT)
    while True:
        bound = qualify(
            query.copy(),
            dialect=_DIALECT,
            schema=schema,
            validate_qualify_columns=False,
            identify=False,
            allow_partial_qualification=True,
        )
        union = next(_unions_by_name(query), None)
        if union is None:
            return cast("exp.Query", bound)
        # sqlglot takes the columns of any union one after the other: here they are put in one order for all its arms.
        _put_in_order(union, [arm.named_selects for arm in _arms(next(_unions_by_name(bound)))])


def _unions_by_name(query: "exp.Expr") -> Iterator["exp.SetOperation"]:
    """The unions by name, of a chain the last, which holds the others; one that reads another comes after it."""
    from sqlglot import exp

    for part in sorted(query.iter_expressions(), key=lambda part: not isinstance(part, exp.With)):
        yield from _unions_by_name(part)
    is_last = isinstance(query, exp.SetOperation) and not isinstance(query.parent, exp.SetOperation)
    if is_last and query.args.get("by_name"):
        yield cast("exp.SetOperation", query)


def _arms(union: "exp.Expr") -> list["exp.Query"]:
    from sqlglot import exp

    if isinstance(union, exp.SetOperation):
        return [*_arms(union.left), *_arms(union.right)]
    return [cast("exp.Query", union)]


def _put_in_order(union: "exp.SetOperation", columns: list[list[str]]) -> None:
    """Let each arm give the columns of all, in one order, null where it has none of the name."""
    from sqlglot import exp

    names = list(dict.fromkeys(name for of_arm in columns for name in of_arm))
    for arm, of_arm in zip(_arms(union), columns, strict=True):
        given = [exp.column(name) if name in of_arm else exp.alias_(exp.null(), name) for name in names]
        arm.replace(exp.select(*given).from_(exp.Subquery(this=arm.copy(), alias=exp.to_identifier("_arm"))))
    for part in union.find_all(exp.SetOperation):
        part.set("by_name", False)


if __name__ == "__main__":
    install()
