"""What a ministry knows of a project, a procedure, an action or an indicator, as the cells that its file holds.

What belongs here: filling the contract's fields in a given style. What does not: the styles (`file_styles`) and the
facts (`state`, `procedures`, `programmes`).
"""

from datetime import date, timedelta
from decimal import Decimal

from orchestration.domain.edition import Edition
from orchestration.sample.file_styles import FileStyle
from orchestration.sample.procedures import ProcedureRow
from orchestration.sample.programmes import Action, Indicator
from orchestration.sample.state import PHASES, Project, table
from orchestration.sample.writers import FileCell

_BANDS = ((5, "< 5 M€"), (9, "entre 5 et 9 M€"), (20, "entre 9 et 20 M€"), (100, "entre 20 et 100 M€"))


def project_cells(project: Project, style: FileStyle, edition: str) -> dict[str, FileCell]:
    """The cells of one project, by field of the contract."""
    ministry = next(row for row in table("ministries") if row["perimeter"] == project.perimeter)
    is_in_cadrage = project.phase == "cadrage"
    unknown = style.in_cadrage if is_in_cadrage else style.unknown
    link = f"https://projets.example/{project.project_id}"
    plan = f"https://budget.example/{edition[:4]}/pap/{project.perimeter.lower()}.pdf#page=12"
    description, programmes = project.description.replace(". ", ".\n"), ministry["programme"]
    if style.has_html:
        description += f' (<a href="{link}" target="_blank" title="en savoir plus">en savoir plus</a>)'
        programmes = f'<a href="{plan}" target="_blank" title="projet annuel de performance">{programmes}</a>'
    return {
        "declared_project_id": project.project_id,
        "ministry_code": ministry["short"],
        "ministry": ministry["ministry"],
        "name": project.name,
        "is_interministerial": "Oui" if project.is_interministerial else "Non",
        "description": description,
        "more_info_url": f"{link} {link}/calendrier" if project.is_interministerial else style.no_link,
        "start_date": style.start(project.start),
        "initial_duration_days": None if is_in_cadrage else style.duration(project.initial_days),
        "current_duration_days": unknown if project.days is None else style.duration(project.days),
        "initial_end_date": None
        if is_in_cadrage
        else style.start(project.start + timedelta(days=project.initial_days)),
        "current_end_date": unknown if project.end is None else style.start(project.end),
        "phase": PHASES[project.phase],
        "initial_cost_meur": None if is_in_cadrage else style.cost(project.initial_cost),
        "current_cost_meur": unknown if project.cost is None else style.cost(project.cost),
        "cost_band": unknown if project.cost is None else _band(project.cost, style),
        "functional_zone": project.zone,
        "funding_programmes": programmes,
        "performance_plan_url": plan,
        "declared_confidence": _confidence(project, Edition.parse(edition).as_of),
        "variance_comment": project.comment,
        "exit_reason": project.exit_reason,
        "published_on": style.day(Edition.parse(edition).as_of),
    }


def procedure_cells(row: ProcedureRow, style: FileStyle) -> dict[str, FileCell]:
    """The cells of one procedure, by field of the contract."""
    ministry = next(known["ministry"] for known in table("ministries") if known["perimeter"] == row["perimeter"])
    return {field: _typed(field, value, style) for field, value in row.items()} | {"ministry": ministry}


def action_cells(action: Action, style: FileStyle) -> dict[str, FileCell]:
    """The cells of one action of the roadmap, by field of the contract."""
    return {
        "action_id": action.action_id,
        "title": action.title,
        "mission": action.mission,
        "status": style.statuses[action.status],
        "entry_edition": style.edition(action.entry_edition),
        "planned_end": style.unknown if action.planned_end is None else style.start(action.planned_end),
        "actual_end": action.actual_end and style.day(action.actual_end),
    }


def indicator_cells(indicator: Indicator, style: FileStyle) -> dict[str, FileCell]:
    """The cells of one indicator, by field of the contract."""

    def value(number: Decimal | None) -> FileCell:
        return style.unknown if number is None else style.measure(number, indicator.unit)

    return {
        "indicator_id": indicator.indicator_id,
        "title": indicator.title,
        "unit": indicator.unit,
        "baseline_value": value(indicator.baseline_value),
        "baseline_date": indicator.baseline_date and style.day(indicator.baseline_date),
        "target_value": value(indicator.target_value),
        "target_date": style.day(indicator.target_date),
        "measured_value": value(indicator.measured_value),
        "measured_on": style.start(indicator.measured_on),
        "source": indicator.source,
    }


def _typed(field: str, value: object, style: FileStyle) -> FileCell:
    match value:
        case None | str():
            return value
        case date():
            return style.day(value)
        case int():
            return style.volume(value) if field.endswith("_volume") else value
        case Decimal():
            return style.rate(value) if field.endswith("_rate") else style.score(value)
    raise TypeError(f"{field} holds {value!r}")


def _band(cost: Decimal, style: FileStyle) -> str:
    """The label of the cost band; its wording drifted over the years."""
    band = next((label for limit, label in _BANDS if cost < limit), "> 100 M€")
    return band.replace("< 5 M€", "moins de 5M€").replace(">", "plus de") if style.unknown else band


def _confidence(project: Project, as_of: date) -> str:
    """What the ministry says of its project where the scenario has it say so, else what it deserves."""
    if project.declared_confidence is not None:
        return project.declared_confidence
    cost = 0 if project.cost is None else project.cost / project.initial_cost - 1
    days = 0 if project.days is None else Decimal(project.days) / project.initial_days - 1
    is_late = project.end is not None and project.end < as_of
    if max(cost, days) >= Decimal("0.25") or is_late:
        return "rouge"
    # Who has to explain something does not say that all is well.
    return "orange" if max(cost, days) >= Decimal("0.1") or project.comment else "vert"
