"""The columns of dbt's nodes in the UI: what each is, and from which others it is computed.

What belongs here: turning the manifest and what `make install` read off the SQL into metadata. What does not: reading
it (`orchestration.consolidation.column_lineage`).
Dagster's own UI lists columns and shows no lineage of them: each description names, and links to, where it comes from.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any

import dagster as dg
from dagster._core.definitions.metadata import CodeReferencesMetadataSet, TableMetadataSet

from orchestration.domain.reference_data import DBT_PROJECT

# A column of the gravest models comes from a dozen others; the rest are in the lineage itself.
_NAMED = 6
Lineage = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]


def column_metadata(
    manifest: Mapping[str, Any], lineage: Lineage, unique_id: str, key_of: Callable[[str], dg.AssetKey]
) -> Mapping[str, Any]:
    """The schema and lineage of a model's columns; nothing for a node whose columns come from no other."""
    columns = lineage.get(unique_id)
    if not columns:
        return {}
    types = {name: column["data_type"] for name, column in _node(manifest, unique_id)["columns"].items()}
    schema = dg.TableSchema(
        [
            # The UI shows no type where there is none: models that nothing but models read declare none.
            dg.TableColumn(
                name, types.get(name) or "", "\n\n".join(filter(None, (said, _origins(columns[name], key_of))))
            )
            for name in columns
            for said in [_description(manifest, lineage, unique_id, name)]
        ]
    )
    deps = {
        name: [dg.TableColumnDep(key_of(read), column) for read, column in origins] for name, origins in columns.items()
    }
    return dict(TableMetadataSet(column_schema=schema, column_lineage=dg.TableColumnLineage(deps)))


def code_references(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The SQL or CSV of a model or seed, and the yml that says what it is."""
    paths = [node["original_file_path"], node["patch_path"].partition("://")[2]]
    references: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
        dg.LocalFileCodeReference(file_path=str(DBT_PROJECT / path)) for path in paths
    ]
    return dict(CodeReferencesMetadataSet(code_references=dg.CodeReferencesMetadataValue(code_references=references)))


def test_description(node: Mapping[str, Any]) -> str:
    """What a test asks: its name and arguments, or what its SQL says of itself at the top."""
    if asked := node.get("test_metadata"):
        arguments = {name: value for name, value in asked["kwargs"].items() if name != "model"}
        said = f"`{asked['name']}` {json.dumps(arguments)}."
    else:
        comments = takewhile(lambda line: line.startswith(("--", "{{ config")), node["raw_code"].splitlines())
        said = " ".join(line.removeprefix("--").strip() for line in comments if line.startswith("--"))
    return f"{said} A test of dbt: it fails where its SQL gives rows, and then nothing is built on the table."


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    node: Mapping[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return node


def _description(manifest: Mapping[str, Any], lineage: Lineage, unique_id: str, name: str) -> str:
    """What the yml says of a column, or of the one of its name that it comes from alone."""
    declared = _node(manifest, unique_id)["columns"].get(name)
    if declared:
        return str(declared["description"])
    origins = lineage.get(unique_id, {}).get(name, ())
    if len(origins) == 1 and origins[0][1] == name:
        return _description(manifest, lineage, origins[0][0], name)
    return ""


def _origins(origins: Sequence[tuple[str, str]], key_of: Callable[[str], dg.AssetKey]) -> str:
    """Where a column comes from, as links to the tables."""
    keys = [(key_of(read), column) for read, column in origins]
    links = [f"[{key.path[-1]}](/assets/{'/'.join(key.path)}).{column}" for key, column in keys[:_NAMED]]
    left_out = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"From {', '.join(links)}{left_out}." if links else ""
