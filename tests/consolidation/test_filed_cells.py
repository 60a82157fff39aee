"""The cells of every field that the lake has are rows for whoever asks where a value comes from."""

import ast
import re

import yaml  # type: ignore[import-untyped]

from orchestration.consolidation.build import DBT_PROJECT

_OF_THE_ROW = {"edition", "perimeter", "drop_id", "file_sha256", "sheet", "row_number", "cell_columns"}
_BESIDE = ("_typed", "_absence", "_precision")


def test_every_field_of_every_kind_is_among_the_cells_and_so_is_its_text() -> None:
    macro = (DBT_PROJECT / "macros" / "filed_cells.sql").read_text(encoding="utf-8")
    (said,) = re.findall(r"return\((\{.*?\})\) \}\}", macro, re.DOTALL)
    declared = yaml.safe_load((DBT_PROJECT / "models" / "staging" / "sources.yml").read_text(encoding="utf-8"))
    (lake,) = (source for source in declared["sources"] if source["name"] == "lake")

    expected = {}
    for table in lake["tables"]:
        columns = [one["name"] for one in table["columns"] if one["name"] not in _OF_THE_ROW]
        fields = [name for name in columns if not name.endswith(_BESIDE)]
        others = [name for name in fields if f"{name}_typed" in columns]
        expected[table["name"]] = {"texts": [name for name in fields if name not in others], "others": others}
    assert ast.literal_eval(said) == expected
