"""A quick look at a whole column never says of a cell what the slow reading of it does not."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.absences import is_no_id
from orchestration.contracts.cells.cell import Parsed
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake.reading.fast_path import plain_cells

COLUMNS = {column.type: column for contract in CONTRACTS.values() for column in contract.columns}
_TEXTS = st.text(max_size=12) | st.from_regex(
    r"https?://[a-z<' é]{0,5}|[0-9٣]{0,12}|#?[A-Z]{2,4}|[0-3]?[0-9][-/.][0-9]{1,2}"
)


@pytest.mark.parametrize("type_", ["text", "url", "volume", "integer"])
@pytest.mark.parametrize("is_key", [False, True])
@given(text=_TEXTS)
@example(text="é\u0301")
@example(text="\u00a0a")
@example(text="a\n")
@example(text="NA")
@example(text="1\n")
@example(text="0000000012")
@example(text="9999999999999")
@example(text="9999999999999999999999")
@example(text="NC")
@example(text="Sans objet")
@example(text="–")
@example(text="DÃ©mat")
@example(text="lâ€™aide")
@example(text="l‚Äôaide")
@example(text="Syst\ufffdme")
@example(text="'a")
def test_a_plain_cell_is_what_its_parser_says(type_, is_key, text):
    column = COLUMNS[type_]
    seen = plain_cells(pa.array([text]), column, is_key=is_key)
    assert seen is not None
    if seen.is_plain[0]:
        assert parser_of(column)(text) == Parsed(seen.values[0].as_py())
        assert not (is_key and is_no_id(text))


@pytest.mark.parametrize(
    ("type_", "text"),
    [("text", "Demande d’attestation n° 5"), ("url", "https://www.exemple.gouv.fr/a?b=1"), ("volume", "220000")],
)
def test_what_nearly_all_cells_hold_is_plain_cells(type_, text):
    seen = plain_cells(pa.array([text]), COLUMNS[type_], is_key=False)
    assert seen is not None
    assert seen.is_plain.tolist() == [True]


@pytest.mark.parametrize("type_", ["cost", "rate", "date", "code", "bool"])
def test_no_cell_of_another_type_is_plain_cells(type_):
    assert plain_cells(pa.array(["1"]), COLUMNS[type_], is_key=False) is None


def test_a_column_that_repeats_few_cells_is_not_looked_at():
    assert plain_cells(pa.array(["DGFIP", "DGEF"] * 10), COLUMNS["text"], is_key=False) is None
