"""The made-up State: always the same bytes, every quirk of the real files, and the figures they must tell."""

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from orchestration.domain.edition import Edition
from orchestration.domain.folding import fold_name
from orchestration.domain.perimeter import perimeter_names, perimeter_of
from orchestration.intake.reading.read import Reading
from orchestration.sample import generate
from orchestration.sample.programmes import indicators, roadmap
from orchestration.sample.state import Project, events, project_histories, table
from tests.intake.read_file import read

REFUSED = {"export_MJ.xlsx": 3, "note de synthèse.xlsx": 5, "inventaire_logiciels.csv": 6, "remontee.xls": 7}


@pytest.fixture(scope="module")
def drops(sample: Path) -> list[dict[str, str]]:
    with (sample / "drops.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def is_refused(drop: dict[str, str]) -> bool:
    return REFUSED.get(Path(drop["file"]).name) == int(drop["order"])


def raw_rows(path: Path) -> Sequence[Sequence[object]]:
    """The cells of a file of the Observatoire, by the shortest way, apart from the pipeline's own reader."""
    if path.suffix == ".json":
        records = json.loads(path.read_text(encoding="utf-8"))
        return [list(records[0]), *(list(record.values()) for record in records)]
    if path.suffix == ".csv":
        return list(csv.reader(io.StringIO(path.read_bytes().decode("cp1252"), newline=""), delimiter=";"))
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


# The bytes


def test_the_same_bytes_are_written_each_time(sample: Path, tmp_path: Path) -> None:
    generate(tmp_path)
    first = {path.relative_to(sample): path.read_bytes() for path in sample.rglob("*") if path.is_file()}
    assert first == {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


def test_no_workbook_carries_the_hour_at_which_it_was_written(sample: Path, drops: list[dict[str, str]]) -> None:
    workbooks = [
        sample / drop["file"] for drop in drops if drop["file"].endswith((".xlsx", ".ods")) and not is_refused(drop)
    ]
    assert {entry.date_time for path in workbooks for entry in zipfile.ZipFile(path).infolist()} == {
        (1980, 1, 1, 0, 0, 0)
    }
    cores = {zipfile.ZipFile(path).read("docProps/core.xml") for path in workbooks if path.suffix == ".xlsx"}
    assert len(cores) == 1
    assert b"2019-01-01T00:00:00Z" in cores.pop()


# The calendar


def test_the_index_lists_every_file_once_in_waves_of_growing_months(sample: Path, drops: list[dict[str, str]]) -> None:
    assert list(drops[0]) == ["order", "as_of", "edition", "perimeter", "kind", "file", "rows"]
    written = sorted(path.relative_to(sample).as_posix() for path in (sample / "drops").rglob("*") if path.is_file())
    assert sorted(drop["file"] for drop in drops) == written
    waves = list(dict.fromkeys((int(drop["order"]), drop["as_of"], drop["edition"]) for drop in drops))
    assert waves == sorted(waves)
    assert [order for order, _, _ in waves] == list(range(1, 11))
    assert len({as_of for _, as_of, _ in waves}) == len(waves)


def test_each_wave_arrives_between_its_editions_opening_and_publication(drops: list[dict[str, str]]) -> None:
    for drop in drops:
        received, edition = date.fromisoformat(f"{drop['as_of']}-15"), Edition.parse(drop["edition"])
        assert edition.opening <= received <= edition.publication


def test_all_eleven_perimeters_file_projects_in_six_editions_and_procedures_in_three_and_few_file_the_programme(
    drops: list[dict[str, str]],
) -> None:
    filed = Counter(
        (drop["kind"], drop["edition"])
        for drop in {(d["kind"], d["edition"], d["perimeter"]): d for d in drops}.values()
    )
    assert filed == Counter(
        {("projects", f"{year}-S{semester}"): 11 for year in (2019, 2020, 2021) for semester in (1, 2)}
        | {("procedures", edition): 11 for edition in ("2020-S2", "2021-S1", "2021-S2")}
        | {("roadmap", edition): 3 for edition in ("2020-S2", "2021-S1", "2021-S2")}
        | {("indicators", edition): 2 for edition in ("2021-S1", "2021-S2")}
    )


def test_the_first_correction_changes_three_files_and_sends_eight_again_as_they_were(
    sample: Path, drops: list[dict[str, str]]
) -> None:
    waves: dict[str, dict[str, bytes]] = {"1": {}, "2": {}}
    for drop in drops:
        if drop["order"] in waves:
            waves[drop["order"]][drop["perimeter"]] = (sample / drop["file"]).read_bytes()
    assert {perimeter for perimeter in waves["1"] if waves["1"][perimeter] != waves["2"][perimeter]} == {
        "MEF",
        "MJ",
        "MTE",
    }
    assert len(waves["2"]) == 11


def test_one_ministry_files_its_projects_after_the_deadline_and_so_is_reminded(drops: list[dict[str, str]]) -> None:
    first: dict[tuple[str, str], date] = {}
    for drop in (drop for drop in drops if drop["kind"] == "projects"):
        received = date.fromisoformat(f"{drop['as_of']}-15")
        first.setdefault((drop["edition"], drop["perimeter"]), received)
    late = [key for key, received in first.items() if received > Edition.parse(key[0]).deadline]
    assert late == [("2021-S2", "MTE")]


def test_the_procedures_are_told_apart_by_their_names() -> None:
    names = [fold_name(row["name"]) for row in table("procedures")]
    assert len(set(names)) == len(names) == 285


def test_the_ministries_named_are_known_ones() -> None:
    for ministry in table("ministries"):
        assert perimeter_of(ministry["ministry"]) == ministry["perimeter"]
    assert {row["perimeter"] for row in table("ministries")} == set(perimeter_names())


# The quirks

QUIRKS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "eleven nameless columns": ("01*/MI/*.csv", lambda data: data.split(b"\n")[0].endswith(b"," * 11)),
    "a header that ends in a space": ("01*/MI/*.csv", lambda data: data.startswith("Ministère porteur ,".encode())),
    "blank rows at the end": ("01*/MI/*.csv", lambda data: data.endswith(b"," * 25 + b"\n" + b"," * 25 + b"\n")),
    "a byte order mark": ("01*/MAA/*.csv", lambda data: data.startswith(b"\xef\xbb\xbf")),
    "durations to a tenth of a year": ("01*/MAA/*.csv", lambda data: b",4.5," in data),
    "rows that end in CRLF, cells in LF": ("01*/MAA/*.csv", lambda data: b"\r\n" in data and b".\nL" in data),
    "words for no value": ("01*/M*/*.csv", lambda data: b"En cadrage" in data),
    "tabs": ("01*/MC/*.tsv", lambda data: data.split(b"\n")[0].count(b"\t") == 14),
    "pipes": ("01*/MJ/*.txt", lambda data: data.split(b"\n")[0].count(b"|") == 9),
    "short months": ("01*/MC/*.tsv", lambda data: b"\tavril 15\t" in data),
    "JSON": ("01*/MEAE/*.json", lambda data: len(json.loads(data)) == 3),
    "cp1252 and semicolons": ("03*/MI/*.csv", lambda data: ";Coût estimé;".encode("cp1252") in data),
    "month dates": ("03*/MI/*.csv", lambda data: b";janvier 2015;" in data),
    "HTML": ("03*/MI/*.csv", lambda data: b'<a href=""https://' in data),
    "cells that hold line breaks": ("03*/MI/*.csv", lambda data: b"secours.\r\nLes" in data),
    "three decimals that are no thousands": ("03*/MEF/*.csv", lambda data: b";8.985;" in data),
    "numbers and dates as text": ("05*/MI/*.xlsx", lambda data: has_cells(data, "29,1", "01/04/2018")),
    "true Excel dates": ("05*/MI/*.xlsx", lambda data: has_cells(data, date(2020, 6, 30))),
    "dates counted from 1904": (
        "05*/MC/export_MC.xlsx",
        lambda data: b"date1904" in zip_entry(data, "xl/workbook.xml") and has_cells(data, date(2017, 1, 1)),
    ),
    "NA": ("05*/MINARM/*.xlsx", lambda data: has_cells(data, "NA")),
    "a link that is the number 0": ("05*/MC/export_MC.xlsx", lambda data: has_cells(data, 0)),
    "ODS": ("05*/MJ/*.ods", lambda data: has_cells(data, "Coût complet estimé", "octobre 2017", 8)),
    "costs with their unit": (
        "06*/SPM/rem*.csv",
        lambda data: all(f";{cost};".encode() in data for cost in ("15 M€", "850 k€")),
    ),
    "end dates in place of durations": (
        "06*/MEAE/rem*.xlsx",
        lambda data: has_cells(data, "Date de fin actualisée", date(2022, 11, 30)),
    ),
    "a volume with no-break spaces": ("06*/MEF/obs*.csv", lambda data: b"\xa0" in data),
    "percents": ("06*/MEF/obs*.csv", lambda data: b";100 %;" in data),
    "a header with two line breaks": (
        "07*/MI/obs*.xlsx",
        lambda data: any(str(cell).count("\n") == 2 for cell in cells(data)),
    ),
    "an expired declaration": (
        "07*/MSO/obs*.xlsx",
        lambda data: any(str(cell).endswith("\n(périmée)") for cell in cells(data)),
    ),
    "a former header": (
        "06*/MI/obs*.xlsx",
        lambda data: has_cells(data, "Réalisable En Ligne", "SATISFACTION USAGERS "),
    ),
    "words of the Observatoire": (
        "07*/MSO/obs*.xlsx",
        lambda data: has_cells(data, "À venir", "–", "Non applicable", "Nombre d'avis insuffisant"),
    ),
    "a roadmap kept by hand": (
        "07*/MI/suivi*.ods",
        lambda data: has_cells(data, "N° de l'action", "ÉCHÉANCE ", "mars 2021", "S2 2019", "Terminée"),
    ),
    "a roadmap saved by a French Excel": (
        "07*/MEF/actions*.csv",
        lambda data: ";Achevé;2019-S1;31/12/2019;18/12/2019\r\n".encode("cp1252") in data,
    ),
    "percents whose sign is typed": ("08*/SPM/ind*.xlsx", lambda data: has_cells(data, "35 %", "septembre 2021", 212)),
    "a baseline that is not told": ("08*/SPM/ind*.xlsx", lambda data: has_cells(data, "NC")),
    "a project under revision": (
        "09*/MSO/*.xlsx",
        lambda data: any("en cours de révision" in str(cell) for cell in cells(data)),
    ),
}


def cells(data: bytes) -> Iterator[object]:
    for row in CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python():
        yield from row


def has_cells(data: bytes, *expected: object) -> bool:
    return set(expected) <= set(cells(data))


def zip_entry(data: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(data)).read(name)


@pytest.mark.parametrize("quirk", QUIRKS)
def test_the_files_show_every_quirk_of_the_real_ones(quirk: str, sample: Path) -> None:
    pattern, is_shown = QUIRKS[quirk]
    assert any(is_shown(path.read_bytes()) for path in (sample / "drops").glob(pattern))


# What the files tell


def test_the_last_top_250_tells_212_procedures_online_and_172_with_franceconnect(
    sample: Path, drops: list[dict[str, str]]
) -> None:
    latest = {
        drop["perimeter"]: drop["file"]
        for drop in drops
        if drop["edition"] == "2021-S2" and drop["kind"] == "procedures"
    }
    filed = []
    for file in latest.values():
        header, *rows = raw_rows(sample / file)
        filed += [dict(zip(header, row, strict=True)) for row in rows]
    assert len(filed) == 285

    def volume(row: dict[object, object]) -> int:
        text = str(row["Volumétrie Totale"] or "").replace("\xa0", "")
        return int(float(text)) if text and text != "None" else -1

    ranked = sorted(filed, key=lambda row: (-volume(row), str(row["ID Démarche"])))
    top = ranked[:250]
    assert sum(row["Statut En ligne"] == "Oui" for row in top) == 212
    assert sum(row["FranceConnect"] in ("FranceConnect", "FranceConnect +") for row in top) == 172
    # Each of the 250 says yes or no, so that the share of those rated is that of all.
    assert {row["FranceConnect"] for row in top} == {"FranceConnect", "FranceConnect +", "Non"}
    # Nothing near the last place depends on how ties are broken, and the sheet as a whole gives other figures.
    assert len({volume(row) for row in ranked[:260]}) == 260
    assert sum(row["Statut En ligne"] == "Oui" for row in filed) != 212


def test_the_roadmap_of_mid_2021_has_43_actions_in_8_missions_of_which_9_completed_1_due_in_the_year_and_5_new() -> (
    None
):
    as_of, new_year = date(2021, 6, 30), date(2021, 12, 31)
    actions = roadmap("2021-S1")
    open_ones = [action for action in actions if action.status in ("a_venir", "en_cours")]
    assert len({action.action_id for action in actions}) == len(actions) == 43
    assert len({action.mission for action in actions}) == 8
    assert sum(action.status == "acheve" for action in actions) == 9
    assert sum(action.planned_end is not None and as_of <= action.planned_end <= new_year for action in open_ones) == 1
    assert sum(action.entry_edition == "2021-S1" for action in actions) == 5
    assert {action.action_id for action in roadmap("2020-S2")} < {action.action_id for action in actions}


def test_the_last_indicators_tell_35_percent_of_telework_and_212_procedures_of_250() -> None:
    told = {one.indicator_id: one for one in indicators("2021-S2")}
    telework, procedures = told["teletravail"], told["demarches"]
    assert (telework.measured_value, telework.measured_on) == (35, date(2021, 9, 30))
    assert (telework.target_value, telework.target_date) == (25, date(2022, 12, 31))
    assert (procedures.measured_value, procedures.target_value) == (212, 250)


def test_about_sixty_projects_of_which_forty_to_fifty_cost_over_9_million() -> None:
    for _, _, projects in project_histories():
        assert 55 <= len(projects) <= 65
        assert 40 <= sum(project.cost is not None and project.cost > 9 for project in projects) <= 50


def test_a_legacy_name_folds_to_the_id_that_the_project_declares_later() -> None:
    for edition, first, last in project_histories():
        if edition <= "2020-S1":
            assert all(fold_name(project.name) == project.project_id for project in (*first, *last))


EDITIONS = [(edition, {project.project_id: project for project in last}) for edition, _, last in project_histories()]
PHASES = ("cadrage", "conception_realisation", "experimentation", "deploiement", "termine")


def test_the_scenario_slips_where_it_says_and_nowhere_else() -> None:
    found = {
        (edition, rule, project_id)
        for (_, before), (edition, now) in pairwise(EDITIONS)
        for project_id in before
        for rule in slips(before[project_id], now.get(project_id))
    }
    assert found == {(event.edition, event.rule, fold_name(event.project)) for event in events() if event.rule}


def test_each_edition_tells_from_nine_to_twenty_six_slips_and_half_of_them_are_explained() -> None:
    told = Counter(event.edition for event in events() if event.rule)
    assert set(told) == {edition for edition, _ in EDITIONS[1:]}
    assert all(9 <= count <= 26 for count in told.values()), told
    moves = [event for event in events() if event.rule in ("budget_slip", "schedule_slip", "reduced", "phase_back")]
    explained = {(event.edition, event.project) for event in events() if event.comment}
    count = sum((event.edition, event.project) in explained for event in moves)
    assert 0.5 < count / len(moves) < 0.9


def test_projects_overrun_as_much_as_those_that_states_publish() -> None:
    _, last = EDITIONS[-1]
    costs = [project.cost / project.initial_cost - 1 for project in last.values() if project.cost is not None]
    days = [Decimal(project.days) / project.initial_days - 1 for project in last.values() if project.days is not None]
    assert Decimal("0.1") < sum(costs) / len(costs) < Decimal("0.35")
    assert Decimal("0.05") < sum(days) / len(days) < Decimal("0.35")
    # Mixed: some are cheaper than they were, some cost half as much again, most are within a tenth.
    assert min(costs) < 0
    assert sum(rate > Decimal("0.5") for rate in costs) >= 3
    assert sum(abs(rate) < Decimal("0.1") for rate in costs) > len(costs) / 2


def test_a_cost_comes_back_a_cost_creeps_a_project_comes_in_and_some_are_past_their_end() -> None:
    tells: dict[str, set[str]] = {"overdue": set(), "entered": set(), "cost_known": set(), "back": set()}
    for number, (edition, now) in enumerate(EDITIONS[1:], start=1):
        before = EDITIONS[number - 1][1]
        for project_id, project in now.items():
            is_running = project.phase not in ("termine", "abandonne")
            if project.end is not None and project.end < Edition.parse(edition).as_of and is_running:
                tells["overdue"].add(edition)
            if project_id not in before and any(project_id in earlier for _, earlier in EDITIONS[:number]):
                tells["back"].add(edition)
            elif project.cost is not None and project.cost > 9:
                if project_id not in before:
                    tells["entered"].add(edition)
                elif before[project_id].cost is None:
                    tells["cost_known"].add(edition)
    assert {what for what, editions in tells.items() if editions} == set(tells)
    cartable = [now["cartablecommun"].cost for _, now in EDITIONS[1:4]]
    assert cartable == [Decimal("47.5"), Decimal("42.2"), Decimal("47.5")]
    secours = [now["secoursconnectes"].cost for _, now in EDITIONS]
    assert max(later - earlier for earlier, later in pairwise(secours)) < 5
    assert all(secours[n + 3] > secours[n] * Decimal("1.05") for n in range(3))


def slips(before: Project, now: Project | None) -> Iterator[str]:
    """The rules of the slips, written once more and by hand, on what the scenario says is true."""
    if now is None:
        if before.exit_reason is None:
            yield "went_silent"
        return
    reduced = False
    if before.cost is not None and now.cost is not None:
        if now.cost - before.cost >= 5 or now.cost >= before.cost * Decimal("1.1"):
            yield "budget_slip"
        reduced = before.cost - now.cost >= 5 or now.cost <= before.cost * Decimal("0.9")
    if before.end is not None and now.end is not None:
        months = (now.end.year - before.end.year) * 12 + now.end.month - before.end.month
        if months >= 3:
            yield "schedule_slip"
        reduced |= months <= -3
    if reduced:
        yield "reduced"
    if before.phase in PHASES and now.phase in PHASES and PHASES.index(now.phase) < PHASES.index(before.phase):
        yield "phase_back"
    if now.phase == "termine" != before.phase:
        yield "completed"
    if now.phase == "abandonne" != before.phase:
        yield "abandoned"
    if (before.cost is not None and now.cost is None) or (before.days is not None and now.days is None):
        yield "figure_withdrawn"


# How the pipeline reads them


def reading_of(sample: Path, drop: dict[str, str]) -> Reading:
    path = sample / drop["file"]
    return read(path.read_bytes())


def test_every_good_file_is_read_whole_and_without_an_error(sample: Path, drops: list[dict[str, str]]) -> None:
    for drop in (drop for drop in drops if not is_refused(drop)):
        reading = reading_of(sample, drop)
        assert [finding for finding in reading.findings if finding.severity == "error"] == [], drop["file"]
        assert (reading.kind, len(reading.rows)) == (drop["kind"], int(drop["rows"])), drop["file"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_as_a_whole(name: str, sample: Path, drops: list[dict[str, str]]) -> None:
    (drop,) = [drop for drop in drops if is_refused(drop) and Path(drop["file"]).name == name]
    reading = reading_of(sample, drop)
    assert not reading.rows
    assert any(finding.severity == "error" and finding.cell is None for finding in reading.findings)
