"""Which editions show what their latest revision was made of, told from the marts without writing a file.

What belongs here: a digest of the rows of each edition, and the note of those that revisions were made of. What does
not: the identity of a content (`manifest.content_sha256`), which decides whether a revision is made: where a digest
differs, or nothing was noted, that is asked.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from orchestration.places import CHECKOUT
from orchestration.publication.table_schemas import declarations
from orchestration.publication.tables import TABLES, published_rows
from orchestration.store.digests import sha256
from orchestration.store.json_values import json_document
from orchestration.store.whole_file import write_whole

# Deleted with the warehouse: then each edition is looked at whole once.
_NOTE = "released_from.json"


def rows_by_edition(marts: Path) -> dict[str, str]:
    """Of each edition a digest of all that its release is made of: rows of the marts, and the code that writes."""
    found: dict[str, list[str]] = {}
    for name in TABLES:
        for edition, digest in _digests(published_rows(marts, name)):
            found.setdefault(edition, [code_digest()]).append(f"{name} {digest}")
    return {edition: sha256("\n".join(lines).encode()) for edition, lines in found.items()}


def _digests(table: pa.Table) -> Iterator[tuple[str, str]]:
    """The digest of the rows of each edition of a table that is in their order."""
    editions = table.column("edition").to_pylist()
    starts = [place for place, one in enumerate(editions) if place == 0 or editions[place - 1] != one]
    for start, end in pairwise([*starts, len(editions)]):
        sink = pa.BufferOutputStream()
        # Taken, not sliced: where rows stand in the table is no part of them.
        rows = table.take(pa.array(range(start, end), pa.int64())).combine_chunks()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(rows)
        yield editions[start], sha256(sink.getvalue().to_pybytes())


@cache
def code_digest() -> str:
    """The SHA-256 of the code of this process, and of what declares the tables: who stays asks for it as it starts."""
    sources = [*sorted((CHECKOUT / "orchestration").rglob("*.py")), *declarations()]
    return sha256("\n".join(sha256(one.read_bytes()) for one in sources).encode())


def noted(warehouse: Path) -> dict[str, tuple[int, str]]:
    """By edition the revision and the digest that were noted last; nothing where the note cannot be read."""
    try:
        found = json.loads((warehouse / _NOTE).read_bytes())
        return {edition: (int(revision), str(digest)) for edition, (revision, digest) in found.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}


def note(warehouse: Path, made: Mapping[str, tuple[int, str]]) -> None:
    """Note which rows the latest revision of each edition shows, once it is there."""
    if made != noted(warehouse):
        write_whole(warehouse / _NOTE, json_document(dict(sorted(made.items()))))
