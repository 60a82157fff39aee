"""Every drop gets a verdict and a receipt, whatever it is, however often the pass runs or dies."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from expectations.rule import MAX_FINDINGS
from orchestration.intake import examining, inbox, lake, take_in
from orchestration.intake.cell_verdicts import taken_by_cell
from orchestration.intake.ledger import Ledger
from orchestration.intake.receipts.html import as_html
from orchestration.intake.rereading import reread
from orchestration.passes.has_work import has_work
from tests.intake.drops import GOOD, OTHER, drop, projects_csv

NOW = datetime(2021, 12, 1, 9, tzinfo=UTC)


def _statuses(settings, now=NOW):
    return [outcome.receipt.status for outcome in take_in.take_in(settings, now).outcomes]


def test_a_good_file_is_accepted_and_its_rows_are_in_the_lake(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD, OTHER))
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert outcome.receipt.status == "accepted"
    rows = pq.read_table(
        lake.submission_path(settings.lake, "projects", "2021-S2", "MI", 1), partitioning=None
    ).to_pylist()
    assert [(row["name"], row["row_number"], str(row["current_cost_meur"]), row["drop_id"]) for row in rows] == [
        ("HORIZON", 2, "42.50000000", 1),
        ("BOUSSOLE", 3, "12.00000000", 1),
    ]
    assert json.loads(rows[0]["cell_columns"])["current_cost_meur"] == "F"


def test_the_receipt_of_an_accepted_file_says_exactly_what_the_specification_lists(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD))
    take_in.take_in(settings, NOW)
    folder = settings.home / "outbox" / "2021-S2" / "MI" / "20211201T090000Z-00001"
    accuse = json.loads((folder / "accuse.json").read_text(encoding="utf-8"))
    assert list(accuse) == [
        "status",
        "sha256",
        "received_at",
        "edition",
        "perimeter",
        "kind",
        "contract_version",
        "rules_version",
        "rows_read",
        "rows_accepted",
        "findings",
        "accepted",
    ]
    assert (accuse["received_at"], accuse["rows_read"], accuse["rows_accepted"]) == ("2021-12-01T09:00:00Z", 1, 1)
    assert "Votre fichier est accepté" in (folder / "accuse.html").read_text(encoding="utf-8")


def test_one_bad_drop_never_stops_the_others(settings):
    drop(settings.home, "2021-S2/MI/bon.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MJ/abime.xlsx", b"PK\x03\x04 not a workbook")
    drop(settings.home, "2021-S2/MC/bon.csv", projects_csv(OTHER))
    outcomes = take_in.take_in(settings, NOW).outcomes
    assert {outcome.path: outcome.receipt.status for outcome in outcomes} == {
        "2021-S2/MI/bon.csv": "accepted",
        "2021-S2/MJ/abime.xlsx": "rejected",
        "2021-S2/MC/bon.csv": "accepted_with_warnings",
    }


def test_a_fault_of_ours_is_said_to_be_ours_and_costs_one_drop_only(settings, monkeypatch, caplog):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(OTHER))
    read, calls = examining.read, []

    def fails_once(data):
        calls.append(data)
        if len(calls) == 1:
            raise RuntimeError("a bug")
        return read(data)

    monkeypatch.setattr(examining, "read", fails_once)
    outcomes = take_in.take_in(settings, NOW).outcomes
    assert [outcome.receipt.status for outcome in outcomes] == ["rejected", "accepted"]
    assert "défaut de notre outil" in outcomes[0].receipt.verdict
    assert "a bug" in caplog.text


def test_a_file_out_of_place_gets_a_receipt_that_names_the_right_places(settings):
    drop(settings.home, "2021-S3/MI/export.csv", projects_csv(GOOD))
    assert _statuses(settings) == ["rejected"]
    (accuse,) = (settings.home / "outbox" / "_non_classes").glob("*/accuse.json")
    (finding,) = json.loads(accuse.read_text(encoding="utf-8"))["findings"]
    assert finding["rule"] == "place_unknown"
    assert "MINARM" in finding["remedy"]


def test_the_same_bytes_under_another_name_are_unchanged(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD))
    assert _statuses(settings) == ["accepted"]
    drop(settings.home, "2021-S2/MI/export bis.csv", projects_csv(GOOD))
    assert _statuses(settings, NOW + timedelta(days=1)) == ["unchanged"]


def test_the_same_bytes_twice_in_one_pass_count_once(settings):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MI/b.csv", projects_csv(GOOD))
    assert _statuses(settings) == ["accepted", "unchanged"]


def test_a_then_b_then_a_again_are_three_submissions(settings):
    for day, rows in enumerate([(GOOD,), (OTHER,), (GOOD,)]):
        drop(settings.home, "2021-S2/MI/export.csv", projects_csv(*rows))
        assert _statuses(settings, NOW + timedelta(days=day)) == ["accepted"]


def test_a_rejected_drop_never_replaces_an_accepted_one(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD))
    take_in.take_in(settings, NOW)
    drop(settings.home, "2021-S2/MI/export.csv", b"%PDF-1.4")
    assert _statuses(settings, NOW + timedelta(days=1)) == ["rejected"]
    with Ledger(settings.ledger) as ledger:
        assert ledger.counting("2021-S2", "MI")["projects"].drop_id == 1


def test_a_second_pass_finds_nothing_to_do(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD))
    assert has_work(settings, NOW)
    assert len(take_in.take_in(settings, NOW).outcomes) == 1
    assert take_in.take_in(settings, NOW + timedelta(days=1)).outcomes == ()


def test_a_dry_run_gets_the_same_receipt_and_is_never_counted(settings):
    drop(settings.home, "2021-S2/MI/essai/export.csv", projects_csv(GOOD))
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.rows_accepted) == ("accepted", 1)
    assert "essai à blanc" in as_html(outcome.receipt)
    assert not lake.submission_path(settings.lake, "projects", "2021-S2", "MI", 1).exists()


@pytest.mark.parametrize("step", ["lake", "receipt", "ledger"])
def test_a_process_that_dies_while_deciding_loses_nothing_and_says_nothing_twice(settings, monkeypatch, step):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MJ/b.csv", projects_csv(OTHER.replace("l'Intérieur", "la Justice")))
    with monkeypatch.context() as dying:
        target = {
            "lake": (take_in.lake, "write_submission"),
            "receipt": (take_in, "write_receipt"),
            "ledger": (Ledger, "decide"),
        }
        dying.setattr(*target[step], _die)
        with pytest.raises(KeyboardInterrupt):
            take_in.take_in(settings, NOW)
    assert has_work(settings, NOW)
    later = take_in.take_in(settings, NOW + timedelta(hours=1))
    assert [(outcome.receipt.status, outcome.receipt.received_at) for outcome in later.outcomes] == [
        ("accepted", NOW)
    ] * 2
    assert len(list((settings.home / "outbox").rglob("accuse.json"))) == 2


def _die(*_arguments, **_named):
    raise KeyboardInterrupt


def test_a_row_without_a_name_is_left_out_and_the_others_stay(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD, OTHER.replace("BOUSSOLE", "")))
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.rows_read, outcome.receipt.rows_accepted) == (
        "accepted_with_warnings",
        2,
        1,
    )
    (finding,) = [finding for finding in outcome.receipt.findings if finding.severity == "error"]
    assert (finding.row, finding.cell) == (3, "A3")


def test_a_file_whose_every_row_fails_is_rejected(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(OTHER.replace("BOUSSOLE", "")))
    assert _statuses(settings) == ["rejected"]


def test_an_impossible_cost_is_emptied_and_flagged_never_published(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD.replace("42,5", "-42,5")))
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    (finding,) = outcome.receipt.findings
    assert (finding.severity, finding.cell, finding.value, finding.subject) == ("error", "F2", "-42,5", "HORIZON")
    (row,) = pq.read_table(
        lake.submission_path(settings.lake, "projects", "2021-S2", "MI", 1), partitioning=None
    ).to_pylist()
    assert (row["current_cost_meur"], row["current_cost_meur_absence"], row["current_cost_meur_typed"]) == (
        None,
        "illisible",
        "-42,5",
    )


def test_a_neant_row_files_an_empty_submission(settings):
    drop(settings.home, "2021-S2/MI/export.csv", projects_csv("NÉANT;;;;;"))
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.rows_read) == ("accepted", 0)


def test_check_says_what_the_pipeline_would_say(settings, tmp_path):
    data = projects_csv(GOOD, OTHER.replace("12", "douze"))
    path = drop(settings.home, "2021-S2/MI/export.csv", data)
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert take_in.check_file(path, NOW, "2021-S2", "MI").receipt.as_json() == outcome.receipt.as_json()


def test_reading_again_from_the_archive_writes_the_same_rows(settings):
    path = drop(settings.home, "2021-S2/MI/export.csv", projects_csv(GOOD))
    take_in.take_in(settings, NOW)
    rows = lake.submission_path(settings.lake, "projects", "2021-S2", "MI", 1)
    before = rows.read_bytes()
    rows.unlink()
    path.unlink()
    assert reread(settings, "projects", "2021-S2", "MI") is not None
    assert rows.read_bytes() == before
    assert reread(settings, "projects", "2021-S2", "MJ") is None


def test_the_real_files_are_all_accepted_without_a_false_error(real_home):
    receipts = {
        path: json.loads(path.read_bytes()) for path in (real_home.settings.home / "outbox").rglob("accuse.json")
    }
    orders = {at: order for order, at in enumerate(sorted({one["received_at"] for one in receipts.values()}), start=1)}
    statuses, warnings = {}, Counter()
    for path, receipt in receipts.items():
        order = orders[receipt["received_at"]]
        statuses[order, path] = receipt["status"]
        assert [one for one in receipt["findings"] if one["severity"] == "error"] == [], path
        if receipt["status"] != "unchanged":
            warnings.update((order, finding["rule"]) for finding in receipt["findings"])
    assert len(statuses) == 88
    assert "rejected" not in statuses.values()
    unchanged = [order for (order, _), status in statuses.items() if status == "unchanged"]
    assert unchanged == [4] * 8
    # Each one is true: what moved or left, as `data/README.md` lists it; renamed projects are in the register.
    assert warnings == {
        (2, "previous_baseline_changed"): 1,
        (2, "previous_rows_absent"): 2,
        (3, "previous_baseline_changed"): 3,
        (3, "previous_rows_absent"): 6,
        (4, "previous_baseline_changed"): 2,
        (4, "previous_rows_absent"): 2,
        (5, "previous_figure_withdrawn"): 2,
        (5, "previous_rows_absent"): 1,
        (6, "cell_not_url"): 4,
        (6, "previous_baseline_changed"): 1,
        (6, "previous_rows_absent"): 2,
        (7, "previous_rows_absent"): 6,
        (8, "procedure_availability_rate_plausible"): 16,
    }


def test_a_file_that_its_store_does_not_give_holds_nobody_up_and_is_tried_again(settings, monkeypatch, caplog):
    drop(settings.home, "2021-S2/MI/a.csv", projects_csv(GOOD))
    drop(settings.home, "2021-S2/MJ/b.csv", projects_csv(GOOD))
    take = inbox.read_file

    def broken(box, seen):
        if "/MI/" in seen.path:
            raise OSError(5, "Input/output error")
        return take(box, seen)

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "read_file", broken)
        assert _statuses(settings) == ["accepted_with_warnings"]
    assert "2021-S2/MI/a.csv cannot be read" in caplog.text
    assert has_work(settings, NOW)
    assert _statuses(settings) == ["accepted"]


def test_a_rule_that_more_rows_fail_than_anyone_would_mend_costs_the_file_and_not_a_part_of_it(settings):
    rows = "".join(f"{number};Démarche {number};Oui;-5\n" for number in range(1, MAX_FINDINGS + 2_000))
    drop(settings.home, "2021-S2/MI/a.csv", b"procedure_id;name;online_status;total_volume\n" + rows.encode())
    (outcome,) = take_in.take_in(settings, NOW).outcomes
    assert (outcome.receipt.status, outcome.receipt.rows_accepted) == ("rejected", 0)
    assert outcome.receipt.findings[0].rule == "findings_too_many"


def test_drops_judged_in_several_batches_are_told_what_they_are_told_at_once(settings, tmp_path, monkeypatch):
    late = GOOD.replace("01/01/2020", "01/01/1920")
    arrivals = {
        "2021-S2/MC/a.csv": projects_csv(GOOD, late),
        "2021-S2/MC/b.csv": projects_csv(late),
        "2021-S2/MI/c.csv": b"PK\x03\x04 not a workbook",
        "2021-S2/MI/d.csv": projects_csv(OTHER, late, late.replace("HORIZON", "PHARE")),
        "2021-S2/MJ/e.csv": projects_csv(late),
    }
    said = {}
    for name, most in (("at once", 25), ("in batches", 1)):
        home = settings.model_copy(update={"home": tmp_path / name})
        monkeypatch.setattr(take_in, "_BATCH_DROPS", most)
        judged = []
        monkeypatch.setattr(
            take_in, "examine", lambda given, kept=judged: kept.append(given) or examining.examine(given)
        )
        for place, data in arrivals.items():
            drop(home.home, place, data)
        taken = take_in.take_in(home, NOW)
        cells = [(one.cell, [(v.id, v.success, v.failing) for v in one.verdicts]) for one in taken_by_cell(home, taken)]
        receipts = {str(path.relative_to(home.outbox)): path.read_bytes() for path in home.outbox.rglob("*.*")}
        said[name] = receipts, cells, {k: len(v) for k, v in taken.verdicts.items()}
        # Those of one folder stay together: each receipt tells of the others.
        assert [len(batch) for batch in judged] == ([5] if most == 25 else [2, 2, 1])
    for one, other in zip(said["in batches"], said["at once"], strict=True):
        assert one == other
    assert any(not success for _, verdicts in said["at once"][1] for _, success, _ in verdicts)


def test_a_large_drop_is_judged_alone(settings, monkeypatch):
    monkeypatch.setattr(take_in, "_BATCH_BYTES", 200)
    judged = []
    monkeypatch.setattr(take_in, "examine", lambda given: judged.append(len(given)) or examining.examine(given))
    for name in "abc":
        drop(settings.home, f"2021-S2/MI/{name}.csv", projects_csv(*[GOOD.replace("HORIZON", name * 9)] * 2))
    take_in.take_in(settings, NOW)
    assert judged == [1, 1, 1]
