"""Each rule has a file that meets it, at the expected cell and nothing else, and a nearest file that is faultless."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from orchestration.intake.findings.catalogue import entries
from orchestration.intake.receipts.files import WrittenReceipt
from orchestration.intake.receipts.record import Receipt
from orchestration.intake.take_in import take_in
from orchestration.settings import Settings
from tests.intake.drops import drop
from tests.intake.golden.cases import AFTER, ASTRAY, Case, cases, previous_files
from tests.intake.golden.tables import EDITION, PERIMETER, PREVIOUS_EDITION

CASES = cases()
SEVERITY = {entry.id: entry.severity for entry in entries()}
# Rules that no file that a ministry could write meets.
ELSEWHERE = {
    "reading_failed": "tests/intake/test_take_in.py: a fault of ours",
    "not_a_file": "tests/intake/test_inbox.py: a link, a name that cannot be written",
}


@pytest.fixture(scope="module")
def receipts(tmp_path_factory) -> dict[tuple[str, str], Receipt]:
    """The receipt of every golden file, faulty and good: two homes, three passes. Its pages are not judged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "orchestration.intake.take_in.write_receipt",
            lambda receipt, outbox, _data, _sheets: WrittenReceipt(receipt.folder(outbox), ""),
        )
        return _receipts(tmp_path_factory)


def _receipts(tmp_path_factory) -> dict[tuple[str, str], Receipt]:
    found = {}
    for where in ("alone", AFTER):
        home = tmp_path_factory.mktemp(where)
        settings = Settings(home=home, settle_seconds=0)
        if where == AFTER:
            for name, data in previous_files().items():
                drop(home, f"{PREVIOUS_EDITION}/{PERIMETER}/{name}", data)
            take_in(settings, datetime(2020, 12, 15, 9, tzinfo=UTC))
        # Many cases have one neighbour: equal files are dropped once.
        wanted: dict[str, list[tuple[str, str]]] = {}
        for case in CASES:
            if (case.where == AFTER) == (where == AFTER):
                for quality, data in (("faulty", case.data), ("good", case.good)):
                    if data is not None:
                        place = "perdu" if (case.where, quality) == (ASTRAY, "faulty") else f"{EDITION}/{PERIMETER}"
                        path = f"{place}/{sha256(data).hexdigest()}"
                        drop(home, path, data)
                        wanted.setdefault(path, []).append((case.name, quality))
        for outcome in take_in(settings, datetime(2021, 6, 15, 9, tzinfo=UTC)).outcomes:
            found |= dict.fromkeys(wanted[outcome.path], outcome.receipt)
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_faulty_file_gets_exactly_the_expected_findings_at_the_expected_cells(case: Case, receipts):
    findings = receipts[case.name, "faulty"].findings
    assert sorted((one.rule, one.cell or "") for one in findings) == sorted(
        (rule, cell or "") for rule, cell in case.found
    )
    assert all(one.severity == SEVERITY[one.rule] for one in findings)


@pytest.mark.parametrize("case", [case for case in CASES if case.good is not None], ids=str)
def test_its_nearest_neighbour_is_faultless(case: Case, receipts):
    assert receipts[case.name, "good"].findings == ()


def test_every_rule_of_the_catalogue_has_a_golden_file():
    met = {rule for case in CASES for rule, _ in case.found}
    assert set(SEVERITY) - met == set(ELSEWHERE)
    assert len({case.name for case in CASES}) == len(CASES) > 60
