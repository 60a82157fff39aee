"""The sample's drops: which ministry files what, when and in which style, and the accidents on the way.

What belongs here: the calendar of the drops. What does not: what they say (`state`, `procedures`, `programmes`) and how
they are written (`cells`, `file_styles`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from orchestration.domain.perimeter import perimeter_names
from orchestration.sample.cells import action_cells, indicator_cells, procedure_cells, project_cells
from orchestration.sample.file_styles import (
    INDICATOR_STYLES,
    PROCEDURE_STYLES,
    PROJECT_STYLES,
    ROADMAP_STYLES,
    FileStyle,
)
from orchestration.sample.procedures import procedures
from orchestration.sample.programmes import indicators, roadmap
from orchestration.sample.state import project_histories
from orchestration.sample.writers import PDF, XLS, FileCell, csv_bytes
from orchestration.store.whole_file import write_whole

Accident = Literal["cut_short", "pdf", "xls", "other_table"]

_COLUMNS = ("order", "as_of", "edition", "perimeter", "kind", "file", "rows")
_OTHER_TABLE = (
    ("Logiciel", "Éditeur", "Postes"),
    ("Suite bureautique", "Éditeur A", 1200),
    ("Antivirus", "Éditeur B", 1150),
)


@dataclass(frozen=True)
class Drop:
    """One file on its way to the inbox; `rows` counts its data rows, none where it cannot be opened."""

    perimeter: str
    kind: str
    file_name: str
    content: bytes
    rows: int


@dataclass(frozen=True)
class Wave:
    """What arrives in one month: the style in which each perimeter files each kind, and the file that goes wrong.

    A correction files what stands at last; whoever had nothing to correct then sends the same bytes again.
    """

    as_of: str
    edition: str
    projects: dict[str, str] = field(default_factory=dict)
    procedures: dict[str, str] = field(default_factory=dict)
    roadmap: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, str] = field(default_factory=dict)
    is_correction: bool = False
    accident: tuple[str, Accident] | None = None


def waves() -> tuple[Wave, ...]:
    """The calendar, in order."""
    v1 = _all("panorama", MAA="rounded", MTE="rounded", MEAE="json", MC="tab", MJ="pipe")
    v2 = _all(
        "template", MEAE="template_ends", MEF="template_csv", MEN="template_ods", MC="template_json", SPM="template_csv"
    )
    others = {"MEF": "observatory_csv", "MAA": "observatory_ods", "SPM": "observatory_json"}
    observed = _all("observatory", **others)
    actions = {"SPM": "roadmap", "MEF": "roadmap_csv", "MI": "roadmap_ods"}
    measures = {"SPM": "indicators", "MEF": "indicators_json"}
    early = {perimeter: v2[perimeter] for perimeter in ("MEF", "MI")}
    last = {perimeter: v2[perimeter] for perimeter in ("MTE",)}
    late = {perimeter: style for perimeter, style in v2.items() if perimeter not in early | last}
    return (
        Wave("2019-06", "2019-S1", v1),
        Wave("2019-07", "2019-S1", v1, is_correction=True),
        Wave("2019-12", "2019-S2", _all("excel", MTE="pipe", SPM="json", MJ="export"), accident=("MJ", "cut_short")),
        Wave("2020-01", "2019-S2", {"MEN": "excel", "MJ": "excel"}, is_correction=True),
        Wave("2020-06", "2020-S1", _all("export", MC="export_1904", MTE="ods", MJ="ods"), accident=("MC", "pdf")),
        Wave("2020-12", "2020-S2", v2, _all("observatory_former", **others), actions, accident=("SPM", "other_table")),
        Wave("2021-06", "2021-S1", v2, observed, actions, measures, accident=("MAA", "xls")),
        Wave("2021-10", "2021-S2", early, observed, indicators=measures),
        Wave("2021-12", "2021-S2", late, roadmap=actions),
        # One ministry files after the deadline: it has been reminded.
        Wave("2022-01", "2021-S2", early | last, observed, is_correction=True),
    )


def generate(out: Path) -> Path:
    """Write the drops of the made-up State under `out`; return the `drops.csv` that lists them.

    The same code writes the same bytes whenever and wherever it runs.
    """
    listed: list[list[FileCell]] = []
    for order, (wave, drops) in enumerate(_drops(), start=1):
        for drop in drops:
            path = Path("drops", f"{order:02d}_{wave.as_of}", drop.perimeter, drop.file_name)
            write_whole(out / path, drop.content)
            listed.append([order, wave.as_of, wave.edition, drop.perimeter, drop.kind, path.as_posix(), drop.rows])
    index = out / "drops.csv"
    write_whole(index, csv_bytes([_COLUMNS, *listed]))
    return index


def _all(style: str, **others: str) -> dict[str, str]:
    return dict.fromkeys(perimeter_names(), style) | others


def _drops() -> Iterator[tuple[Wave, list[Drop]]]:
    histories = {edition: (first, last) for edition, first, last in project_histories()}
    for wave in waves():
        drops = []
        for perimeter, name in wave.projects.items():
            style = PROJECT_STYLES[name]
            projects = [p for p in histories[wave.edition][wave.is_correction] if p.perimeter == perimeter]
            drop = _drop(wave, perimeter, "projects", style, [project_cells(p, style, wave.edition) for p in projects])
            drops += _after_accident(wave, drop)
        known = procedures(wave.edition, is_first_filing=not wave.is_correction) if wave.procedures else []
        for perimeter, name in wave.procedures.items():
            style = PROCEDURE_STYLES[name]
            rows = [procedure_cells(row, style) for row in known if row["perimeter"] == perimeter]
            drops.append(_drop(wave, perimeter, "procedures", style, rows))
        for perimeter, name in wave.roadmap.items():
            style = ROADMAP_STYLES[name]
            rows = [action_cells(one, style) for one in roadmap(wave.edition) if one.perimeter == perimeter]
            drops.append(_drop(wave, perimeter, "roadmap", style, rows))
        for perimeter, name in wave.indicators.items():
            style = INDICATOR_STYLES[name]
            rows = [indicator_cells(one, style) for one in indicators(wave.edition) if one.perimeter == perimeter]
            drops.append(_drop(wave, perimeter, "indicators", style, rows))
        yield wave, drops


def _drop(wave: Wave, perimeter: str, kind: str, style: FileStyle, rows: list[dict[str, FileCell]]) -> Drop:
    name = Path(style.file_name.format(perimeter=perimeter, edition=wave.edition))
    return Drop(
        perimeter, kind, f"{name.stem}{'_bis' if wave.is_correction else ''}{name.suffix}", style.file(rows), len(rows)
    )


def _after_accident(wave: Wave, drop: Drop) -> list[Drop]:
    """The drop as it is, or on the perimeter's bad day a file to refuse, in its place or just before it."""
    if wave.accident is None or wave.accident[0] != drop.perimeter:
        return [drop]
    match wave.accident[1]:
        case "cut_short":
            return [replace(drop, content=drop.content[: len(drop.content) // 2], rows=0)]
        case "pdf":
            return [replace(drop, file_name="note de synthèse.xlsx", content=PDF, rows=0), drop]
        case "xls":
            return [replace(drop, file_name="remontee.xls", content=XLS, rows=0), drop]
        case "other_table":
            return [replace(drop, file_name="inventaire_logiciels.csv", content=csv_bytes(_OTHER_TABLE), rows=2), drop]
