"""A roadmap and indicators are recognised, read, receipted and kept like projects and procedures, up to staging."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from orchestration.consolidation.build import build
from orchestration.contracts import CONTRACTS
from orchestration.contracts.cells.parsing import parser_of
from orchestration.intake import lake
from orchestration.intake.lake_check import hand_over
from orchestration.intake.receipts.html import as_html
from orchestration.intake.take_in import take_in
from tests.intake.drops import drop, workbook

NOW = datetime(2021, 12, 15, 9, tzinfo=UTC)

ROADMAP = (
    ("Mission", "N° de l’action", "Action", "ÉTAT D’AVANCEMENT", "Entrée dans la feuille de route", "Échéance"),
    ("Label", "label-01", "Publier le catalogue", "Terminée", "2019-S2", "juin 2021"),
    ("IDnum", "idnum-02", "Ouvrir l’identité numérique", "en cours", "S1 2021", date(2021, 12, 31)),
)
INDICATORS = (
    (
        "Identifiant de l’indicateur",
        "Indicateur",
        "Unité",
        "Valeur de référence",
        "Valeur cible",
        "Date cible",
        "Valeur mesurée",
        "Date de mesure",
    ),
    ("teletravail", "Agents en mesure de télétravailler", "%", "12 %", 25, "31/12/2022", "35,5", "septembre 2021"),
    ("demarches", "Démarches en ligne", "démarches", "NC", 250, "2022-05-31", 212, "30/09/2021"),
)


@pytest.fixture
def filed(settings):
    drop(settings.home, "2021-S2/SPM/export.xlsx", workbook(*map(list, ROADMAP), sheet="Feuil1"))
    drop(settings.home, "2021-S2/SPM/export (2).xlsx", workbook(*map(list, INDICATORS), sheet="Feuil1"))
    return take_in(settings, NOW)


def _rows(settings, kind, number):
    return pq.read_table(
        lake.submission_path(settings.lake, kind, "2021-S2", "SPM", number), partitioning=None
    ).to_pylist()


def test_each_is_recognised_by_its_header_whatever_the_file_is_called(filed):
    kinds = {outcome.path.rsplit("/", 1)[1]: outcome.receipt.kind for outcome in filed.outcomes}
    assert kinds == {"export.xlsx": "roadmap", "export (2).xlsx": "indicators"}
    pages = {outcome.receipt.kind: as_html(outcome.receipt) for outcome in filed.outcomes}
    assert "Feuille de route" in pages["roadmap"]
    assert "Indicateurs" in pages["indicators"]


def test_actions_are_in_the_lake_with_their_status_edition_and_dates(settings, filed):
    (number,) = (one.receipt.drop_id for one in filed.outcomes if one.receipt.kind == "roadmap")
    first, second = _rows(settings, "roadmap", number)
    assert (first["action_id"], first["status"], first["status_typed"]) == ("label-01", "acheve", "Terminée")
    assert (first["entry_edition"], second["entry_edition"]) == ("2019-S2", "2021-S1")
    assert (first["planned_end"], first["planned_end_precision"]) == (date(2021, 6, 1), "month")
    assert (second["planned_end"], second["planned_end_precision"]) == (date(2021, 12, 31), "day")


def test_values_of_indicators_are_exact_in_their_own_unit(settings, filed):
    (number,) = (one.receipt.drop_id for one in filed.outcomes if one.receipt.kind == "indicators")
    first, second = _rows(settings, "indicators", number)
    assert (first["baseline_value"], first["target_value"], first["measured_value"]) == (
        Decimal(12),
        Decimal(25),
        Decimal("35.5"),
    )
    assert (first["measured_on"], first["measured_on_precision"]) == (date(2021, 9, 1), "month")
    assert (second["baseline_value"], second["baseline_value_absence"]) == (None, "non_communique")


def test_a_finding_names_the_action_by_its_title(settings):
    rows = [list(row) for row in ROADMAP]
    rows[2][4] = "bientôt"
    rows[1][3] = "on verra"
    drop(settings.home, "2021-S2/SPM/export.xlsx", workbook(*rows))
    (outcome,) = take_in(settings, NOW).outcomes
    found = {(one.rule, one.cell, one.subject) for one in outcome.receipt.findings if one.severity == "error"}
    assert found == {
        ("cell_unknown_word", "D2", "Publier le catalogue"),
        ("cell_unreadable_edition", "E3", "Ouvrir l’identité numérique"),
    }


@pytest.mark.parametrize(
    ("cell", "edition"),
    [("2021-S1", "2021-S1"), ("S2 2019", "2019-S2"), (" 2021 s2 ", "2021-S2"), ("2021", None), ("T1 2021", None)],
)
def test_an_edition_is_a_year_and_a_semester(cell, edition):
    parsed = parser_of(CONTRACTS["roadmap"].by_field["entry_edition"])(cell)
    assert (parsed.value, parsed.fault) == (edition, None if edition else "cell_unreadable_edition")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("35 %", 35), ("35,5", Decimal("35.5")), (0.35, Decimal("0.35")), ("1 234", 1234), ("212 démarches", None)],
)
def test_a_number_is_in_the_unit_that_the_row_names(cell, value):
    parsed = parser_of(CONTRACTS["indicators"].by_field["measured_value"])(cell)
    assert (parsed.value, parsed.fault) == (value, None if value is not None else "cell_unreadable_number")


def test_both_reach_their_staging_models(settings, filed):
    import duckdb

    hand_over(settings, NOW)
    assert build(settings).broken == ()
    with duckdb.connect(settings.warehouse / "jalons.duckdb", read_only=True) as warehouse:
        warehouse.execute("set variable jalons_home = ?", [str(settings.home)])
        for kind, files in lake.exported_files(settings.lake).items():
            warehouse.execute(f"set variable lake_{kind} = ?", [files])
        actions = warehouse.execute(
            "select action_id, mission, status, entry_edition, planned_end_cell from stg_roadmap order by action_id"
        ).fetchall()
        indicators = warehouse.execute(
            "select indicator_id, measured_value, measured_value_cell from stg_indicators order by indicator_id"
        ).fetchall()
    assert actions == [
        ("idnum-02", "IDnum", "en_cours", "2021-S1", "F3"),
        ("label-01", "Label", "acheve", "2019-S2", "F2"),
    ]
    assert indicators == [
        ("demarches", Decimal("212.00000000"), "G3"),
        ("teletravail", Decimal("35.50000000"), "G2"),
    ]
