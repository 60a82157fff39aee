"""From a figure to the cells: they are where the trace says, hold what it says, and make the figure."""

import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

import openpyxl
import pytest

from orchestration.answers.trace import EVIDENCE, NotTraceable, TracedCell, cells_behind, trace
from orchestration.consolidation.build import build
from orchestration.intake import archive
from orchestration.intake.lake_check import hand_over
from orchestration.intake.take_in import take_in
from orchestration.publication.release import NoRelease, read_figures, release
from orchestration.settings import Settings
from orchestration.store.digests import sha256
from orchestration.validation.judgement import judged
from tests.intake.drops import GOOD, OTHER, drop, projects_csv, workbook

BEFORE, NOW = "2019-S2", "2020-S1"
# The fields are headers too.
DATED = [
    "name",
    "is_interministerial",
    "start_date",
    "current_end_date",
    "phase",
    "initial_cost_meur",
    "current_cost_meur",
]
PROCEDURES = [
    {
        "procedure_id": "7",
        "name": "Carte grise",
        "online_status": "Oui",
        "total_volume": "9 000",
        "authentication": "Non",
    }
    | {"satisfaction_score": "8,5"},
    {
        "procedure_id": "8",
        "name": "Permis",
        "online_status": "Non",
        "total_volume": "50",
        "authentication": "FranceConnect",
    }
    | {"satisfaction_score": "4"},
]
ACTIONS = [
    {"action_id": "A1", "title": "Ouvrir", "mission": "Label", "status": "Achevé", "entry_edition": BEFORE}
    | {"planned_end": "31/12/2019"},
    {"action_id": "A2", "title": "Relier", "mission": "Data", "status": "En cours", "entry_edition": NOW}
    | {"planned_end": "30/09/2020"},
]
INDICATORS = [
    {"indicator_id": "teletravail", "title": "Télétravail", "unit": "%", "baseline_value": "5", "target_value": "25"}
    | {"target_date": "31/12/2022", "measured_value": "35"},
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two editions in files of three formats, taken in, built and released."""
    settings = Settings(home=tmp_path_factory.mktemp("trace") / "home", settle_seconds=0)
    drop(settings.home, f"{BEFORE}/MI/avant.csv", projects_csv(GOOD, OTHER))
    dated = ["PHARE", "Oui", "01/01/2019", "31/12/2022", "Déploiement", "20", "25,5"]
    drop(settings.home, f"{BEFORE}/MJ/phare.xlsx", workbook(list(DATED), list(dated), sheet="Portefeuille"))
    take_in(settings, datetime(2020, 1, 15, 9, tzinfo=UTC))
    drop(
        settings.home, f"{NOW}/MI/après.csv", projects_csv(GOOD.replace("42,5", "63,75"), "JALON;;01/2020;;Cadrage;NC")
    )
    dated[-1] = "30,6"
    drop(settings.home, f"{NOW}/MJ/phare.xlsx", workbook(list(DATED), list(dated), sheet="Portefeuille"))
    for name, records in (("démarches", PROCEDURES), ("actions", ACTIONS), ("indicateurs", INDICATORS)):
        drop(settings.home, f"{NOW}/SPM/{name}.json", json.dumps(records).encode())
    took = take_in(settings, datetime(2020, 7, 15, 9, tzinfo=UTC))
    assert {outcome.receipt.status for outcome in took.outcomes} <= {"accepted", "accepted_with_warnings"}
    hand_over(settings, datetime(2020, 7, 15, 9, tzinfo=UTC))
    assert build(settings).broken == ()
    release(settings, judged(settings), datetime(2020, 7, 15, 9, tzinfo=UTC))
    return settings


def cells(home: Settings, subject: str, edition: str = NOW) -> tuple[TracedCell, ...]:
    return trace(home, subject, edition).cells


def rounded(value: Decimal, places: str) -> float:
    return float(value.quantize(Decimal(places), ROUND_HALF_UP))


def test_an_entry_says_what_was_typed_where_in_which_file_when_and_by_whom(home: Settings) -> None:
    found = cells(home, "total_cost_bn_eur")
    assert [(cell.project_id, cell.value, cell.cell) for cell in found] == [
        ("horizon", "63,75", "F2"),
        ("phare", "30,6", "G2"),
    ]
    assert asdict(found[1]) == {
        "project_id": "phare",
        "column": "current_cost_meur",
        "value": "30,6",
        "value_number": Decimal("30.6"),
        "unit": "meur",
        "sheet": "Portefeuille",
        "row": 2,
        "cell": "G2",
        "file": "phare.xlsx",
        "sha256": sha256((home.home / f"inbox/{NOW}/MJ/phare.xlsx").read_bytes()),
        "received_at": datetime(2020, 7, 15, 9),
        "perimeter": "MJ",
    }


def test_every_cell_is_in_the_archived_bytes_at_its_address(home: Settings) -> None:
    looked_at = 0
    for cell in (
        cell for figure in EVIDENCE for cell in cells(home, figure) if cell.cell and not cell.file.endswith("json")
    ):
        data = archive.get(home.archive, cell.sha256)
        if cell.sheet is None:
            table = [line.split(";") for line in data.decode("cp1252").splitlines()]
            held = table[int(cell.cell[1:]) - 1][ord(cell.cell[0]) - ord("A")]
        else:
            held = openpyxl.load_workbook(io.BytesIO(data))[cell.sheet][cell.cell].value
        assert held == cell.value
        looked_at += 1
    assert looked_at > 15


def test_the_numbers_of_the_cells_make_the_figures(home: Settings) -> None:
    figures = read_figures(home, NOW)
    costs = [cell.value_number for cell in cells(home, "total_cost_bn_eur")]
    assert rounded(sum(costs) / 1000, "0.01") == figures["total_cost_bn_eur"]
    days = [cell.value_number for cell in cells(home, "mean_duration_years") if cell.value_number is not None]
    assert rounded(sum(days) / len(days) / 365, "0.1") == figures["mean_duration_years"]
    rates = list(_rates(cells(home, "budget_variance_mean_pct")))
    # 63.75 against 42.5 of the edition before, 30.6 against the 20 declared in it.
    assert rates == [Decimal("0.5"), Decimal("0.53")]
    assert rounded(100 * sum(rates) / len(rates), "0.1") == figures["budget_variance_mean_pct"] == 51.5


def _rates(found: tuple[TracedCell, ...]) -> Iterator[Decimal]:
    for _, of_project in groupby(found, lambda cell: cell.project_id):
        current, baseline = (Decimal(cell.value_number or 0) for cell in of_project)
        yield current / baseline - 1


def test_a_baseline_is_traced_to_the_file_of_the_edition_that_set_it(home: Settings) -> None:
    found = [
        (cell.project_id, cell.column, cell.value, cell.file) for cell in cells(home, "budget_variance_aggregate_pct")
    ]
    assert found == [
        ("horizon", "current_cost_meur", "63,75", "après.csv"),
        ("horizon", "current_cost_meur", "42,5", "avant.csv"),
        ("phare", "current_cost_meur", "30,6", "phare.xlsx"),
        ("phare", "initial_cost_meur", "20", "phare.xlsx"),
    ]
    # In its first edition a project without an initial value has no rate.
    assert [cell.value for cell in cells(home, "budget_variance_mean_pct", BEFORE)] == ["25,5", "20"]


def test_a_duration_filed_as_an_end_rests_on_the_end_and_on_the_start(home: Settings) -> None:
    found = [cell for cell in cells(home, "mean_duration_years") if cell.project_id == "phare"]
    assert [(cell.column, cell.value, cell.value_number, cell.unit) for cell in found] == [
        ("current_end_date", "31/12/2022", 1460, "days"),
        ("start_date", "01/01/2019", None, None),
    ]


def test_every_number_of_the_figures_can_be_traced_and_a_count_has_that_many_cells(home: Settings) -> None:
    figures = read_figures(home, NOW)
    numbers = {
        name for name, value in figures.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
    assert numbers | {"indicators"} <= set(EVIDENCE)
    assert len(numbers) > 25
    computed = {"total_cost_bn_eur", "mean_duration_years", "revision"} | {
        name for name in numbers if name.endswith("_pct")
    }
    for name in numbers - computed:
        found = {(cell.project_id, cell.perimeter, cell.column) for cell in cells(home, name)}
        people = {perimeter for _, perimeter, _ in found} if name.startswith("perimeters_filed") else found
        assert len(people) == figures[name], name
        assert {cell.value_number for cell in cells(home, name)} <= {None}, name


def test_who_came_is_in_the_files_of_this_edition_and_who_left_in_those_of_the_previous_one(home: Settings) -> None:
    assert [(cell.value, cell.file) for cell in cells(home, "entrants")] == [("JALON", "après.csv")]
    assert [(cell.value, cell.file) for cell in cells(home, "leavers")] == [("BOUSSOLE", "avant.csv")]
    assert cells(home, "entrants", BEFORE) == ()


def test_procedures_actions_and_indicators_are_traced_by_their_own_ids(home: Settings) -> None:
    def found(figure: str) -> list[tuple[str | None, str | None, str | None]]:
        return [(cell.project_id, cell.column, cell.value) for cell in cells(home, figure)]

    assert found("procedures_online") == [("7", "online_status", "Oui")]
    assert found("franceconnect") == [("8", "authentication", "FranceConnect")]
    assert found("satisfaction_reached") == [("7", "satisfaction_score", "8,5")]
    assert found("roadmap_new") == [("A2", "entry_edition", NOW)]
    assert found("indicators")[0] == ("teletravail", "measured_value", "35")
    assert cells(home, "indicators")[0].unit == "%"


def test_a_project_is_found_by_its_id_or_its_name_however_written_with_all_its_cells(home: Settings) -> None:
    found = cells(home, "Phare")
    assert found == cells(home, "phare")
    assert [(cell.column, cell.cell, cell.value_number, cell.unit) for cell in found] == [
        ("name", "A2", None, None),
        ("is_interministerial", "B2", None, None),
        ("start_date", "C2", None, None),
        ("current_end_date", "D2", None, None),
        ("phase", "E2", None, None),
        ("initial_cost_meur", "F2", 20, "meur"),
        ("current_cost_meur", "G2", Decimal("30.6"), "meur"),
    ]
    # What is blank is left out; a word instead of a value was typed.
    assert [cell.value for cell in cells(home, "JALON")] == ["JALON", "01/2020", "Cadrage", "NC"]


def test_what_the_edition_lacks_is_refused_with_what_is_near(home: Settings) -> None:
    with pytest.raises(NotTraceable, match=r"called Phares\. Near: PHARE"):
        trace(home, "Phares", NOW)
    with pytest.raises(NotTraceable, match=r"Near: total_cost_bn_eur"):
        trace(home, "total_cost", NOW)
    with pytest.raises(NotTraceable, match=r"Figures: jalons figures 2020-S1"):
        trace(home, "xyzzy", NOW)
    with pytest.raises(NoRelease, match="2030-S1 has no release"):
        trace(home, "projects", "2030-S1")


def test_a_failing_row_of_a_mart_leads_to_the_cells_behind_it(passed_home):
    settings = Settings(home=passed_home)

    def cells(mart: str, column: str, **row: object) -> list[tuple[str | None, str | None, str]]:
        ((_, found, names),) = cells_behind(settings, mart, column, [{"edition": "2021-S1", "value": 1, **row}])
        return [(names.get(one.project_id or ""), one.cell, one.file) for one in found]

    assert cells("portfolio", "current_cost_meur", project_id="horizon") == [("HORIZON", "F2", "p.csv")]
    assert cells("portfolio", "current_duration_days", project_id="horizon") == [("HORIZON", "D2", "p.csv")]
    assert cells("top50", "current_cost_meur", rank=2) == [("BOUSSOLE", "F3", "p.csv")]
    # Of a figure that many cells make, the largest comes first.
    assert cells("headline_figures", "total_cost_bn_eur") == [("HORIZON", "F2", "p.csv"), ("BOUSSOLE", "F3", "p.csv")]
    # Where no cell makes it alone, its file; where nothing is known of the row, nothing.
    assert cells("top50", "rank", rank=1) == [("HORIZON", None, "p.csv")]
    assert cells("portfolio", "current_cost_meur", project_id="nobody") == []
    assert cells("headline_figures", "no_such_figure") == []
