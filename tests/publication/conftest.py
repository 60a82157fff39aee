"""A small State of two editions to release."""

from datetime import date
from decimal import Decimal

import pytest
from made_marts import FIRST, SCHEMAS, SECOND, State, project

from orchestration.settings import Settings


@pytest.fixture
def state(settings: Settings) -> State:
    """The small State, in a home of its own."""
    return small_state(settings)


def small_state(settings: Settings) -> State:
    """Two editions of projects, the second one with three procedures, a move of each sort and a slip of each sort."""
    headline = {"edition": "2021-S1", "method_version": "2.0.0", "provisional": False, "perimeters_filed": 2}
    headline |= {f"missing_perimeters_{kind}": "" for kind in ("projects", "procedures", "roadmap", "indicators")}
    headline |= {f"perimeters_filed_{kind}": 2 for kind in ("projects", "procedures")}
    for variance in ("budget", "schedule", "duration"):
        headline |= {f"{variance}_variance_outside_{why}": 0 for why in ("unknown_value", "zero_baseline", "phase")}
        headline |= {f"{variance}_variance_outside_first_value": 1}
    first = headline | {
        "projects": 2,
        "interministerial": 0,
        "total_cost_bn_eur": Decimal("0.06"),
        "mean_duration_years": Decimal("5.7"),
        "released_at": FIRST,
    }
    second = headline | {
        "edition": "2021-S2",
        "previous_edition": "2021-S1",
        "projects": 3,
        "interministerial": 1,
        "total_cost_bn_eur": Decimal("0.07"),
        "mean_duration_years": Decimal("6.0"),
        "entrants": 1,
        "leavers": 1,
        "budget_variance_mean_pct": Decimal("-3.2"),
        "budget_variance_aggregate_pct": Decimal("21.4"),
        "budget_variance_projects": 2,
        "schedule_variance_mean_pct": Decimal("0.0"),
        "schedule_variance_aggregate_pct": Decimal("0.0"),
        "schedule_variance_projects": 2,
        "budget_variance_baseline_source": "mixed",
        "schedule_variance_baseline_source": "declared",
        "procedures": 3,
        "procedures_online": 1,
        "franceconnect": 1,
        "franceconnect_plus": 1,
        "satisfaction_reached": 1,
        "satisfaction_rated": 2,
        "dlnuf_reached": 1,
        "dlnuf_rated": 1,
        "accessibility_reached": 0,
        "accessibility_rated": 0,
        "roadmap_actions": 4,
        "roadmap_missions": 2,
        "roadmap_completed": 1,
        "roadmap_due_by_year_end": 0,
        "roadmap_new": 1,
        "indicators": 2,
        "released_at": SECOND,
    }
    portfolio = [
        project("beta", "Bêta", "53.02", description='Deux lignes,\net des "guillemets"', is_interministerial=True),
        project("alpha", "Alpha", None, phase="cadrage", current_duration_days=None, start_date=None),
        project("gamma", "Gamma", "12.50000001", perimeter="SPM", perimeter_name="Services du Premier ministre"),
        project("beta", "Beta", "49.90", edition="2021-S1", received_at=FIRST, submission_id="2021-S1/MJ/projects/1"),
    ]
    ranked = {"edition": "2021-S2", "perimeter_name": "Justice", "perimeter": "MJ", "phase": "deploiement"}
    top50 = [
        ranked
        | {"rank": 2, "project_id": "gamma", "name": "Gamma", "current_cost_meur": Decimal("12.50000001")}
        | {"budget_variance_pct": Decimal("-3.2"), "cost_change_meur": Decimal("-1.5"), "previous_rank": 2},
        ranked
        | {"rank": 1, "project_id": "beta", "name": "Bêta", "current_cost_meur": Decimal("53.02")}
        | {"current_duration_years": Decimal("5.7151"), "planned_end_date": date(2022, 10, 20), "previous_rank": 1},
    ]
    moved = {"edition": "2021-S2", "previous_edition": "2021-S1", "perimeter": "MJ", "previous_perimeter": "MJ"}
    movements = [
        moved | {"project_id": "alpha", "movement": "in", "name": "Alpha", "previous_perimeter": None},
        moved | {"project_id": "beta", "movement": "renamed", "name": "Bêta", "previous_name": "Beta"},
        moved | {"project_id": "delta", "movement": "out", "previous_name": "Delta", "reason": "abandonné"},
        moved | {"project_id": "epsilon", "movement": "back", "name": "Epsilon"},
        moved | {"project_id": "zeta", "movement": "awaited", "previous_name": "Zêta", "previous_perimeter": "MC"},
    ]
    slipped = moved | {"since_edition": "2021-S1", "project_id": "beta", "name": "Bêta"}
    del slipped["previous_perimeter"]
    slips = [
        slipped
        | {"rule": "went_silent", "measure": "presence", "severity": "information", "project_id": "delta"}
        | {"name": "Delta"},
        slipped
        | {"rule": "schedule_slip", "measure": "end", "unit": "months", "severity": "critique", "slip_months": 14}
        | {"from_text": "2021-08-01", "to_text": "2022-10-20"},
        slipped
        | {"rule": "budget_slip", "measure": "cost", "unit": "meur", "severity": "attention"}
        | {"from_value": Decimal("49.9"), "to_value": Decimal("53.02"), "delta": Decimal("3.12")}
        | {"delta_pct": Decimal("6.3"), "from_text": "49,9", "to_text": "53,02"},
        slipped
        | {"rule": "figure_withdrawn", "measure": "duration", "unit": "years", "severity": "attention"}
        | {"project_id": "alpha", "name": "Alpha", "from_value": Decimal("5.7"), "from_text": "5,7"},
        slipped
        | {"rule": "figure_withdrawn", "measure": "cost", "unit": "meur", "severity": "attention"}
        | {"project_id": "alpha", "name": "Alpha", "from_value": Decimal("9.5"), "to_text": "En cadrage"},
    ]
    slips = [row | {"kind": "projects", "subject": row["project_id"]} for row in slips]
    procedures = [
        {"edition": "2021-S2", "procedure_id": "D2", "name": "Payer une amende", "perimeter": "MI", "rank": 1}
        | {"is_in_top250": True, "total_volume": 229801113, "online_status": "oui", "online_goal_status": "reached"}
        | {"digital_use_rate": Decimal("0.970414201183432"), "procedure_url": " https://www.amendes.gouv.fr/ "}
        | {"authentication": "franceconnect_plus", "authentication_status": "reached"},
        # Its volume is not known, so it has no rank.
        {"edition": "2021-S2", "procedure_id": "D1", "name": "Déclarer", "perimeter": "MEF"}
        | {"is_in_top250": True, "online_status": "partiel", "online_goal_status": "not_reached"}
        | {"satisfaction_score": Decimal("8.3"), "satisfaction_status": "reached"}
        | {"total_volume_absence": "a_venir", "digital_use_rate_absence": "tiret", "dlnuf_score_absence": "illisible"}
        | {"accessibility_rate_absence": "non", "authentication_absence": "non_applicable"},
        {"edition": "2021-S2", "procedure_id": "D3", "name": "Hors classement", "perimeter": "MEF"}
        | {"is_in_top250": False, "online_status": "non", "online_goal_status": "not_reached"},
    ]
    top250 = [
        {name: row[name] for name in SCHEMAS["top250"] if name in row} for row in procedures if row["is_in_top250"]
    ]
    scored = {"edition": "2021-S2", "perimeter": "all", "perimeter_name": "Tous les périmètres", "procedures": 2}
    procedure_scores = [
        scored
        | {"indicator": "online", "indicator_name": "En ligne", "goal": "entièrement en ligne", "reached": 1}
        | {"not_reached": 1, "partly_reached": 1, "excluded": 0, "share": Decimal("0.5"), "share_pct": Decimal("50.0")},
        scored
        | {"indicator": "accessibility", "indicator_name": "Accessibilité", "goal": "conformité au RGAA de 100\u00a0%"}
        | {"reached": 0, "not_reached": 0, "partly_reached": 0, "excluded": 2, "implausible": 1},
        scored
        | {"indicator": "authentication", "indicator_name": "Authentification", "goal": "FranceConnect"}
        | {"reached": 2, "not_reached": 1, "partly_reached": 0, "excluded": 0, "share_pct": Decimal("66.7")},
        # Neither a goal nor all perimeters.
        scored | {"indicator": "franceconnect", "indicator_name": "FranceConnect seul", "reached": 1, "not_reached": 1},
        scored | {"indicator": "online", "indicator_name": "En ligne", "perimeter": "MI", "reached": 1},
    ]
    acting = {"edition": "2021-S2", "perimeter": "SPM", "mission": "Label", "is_completed": False, "is_new": False}
    acting |= {"is_overdue": False, "is_due_by_year_end": False, "status": "en_cours"}
    roadmap = [
        acting | {"action_id": "label-01", "title": "Publier le catalogue", "status": "acheve", "is_completed": True},
        acting
        | {"action_id": "label-02", "title": "Évaluer", "mission": "LABEL", "is_overdue": True}
        | {"planned_end": date(2021, 10, 1), "planned_end_precision": "quarter"},
        acting | {"action_id": "beta-01", "title": None, "mission": "Bêta", "status": "a_venir", "is_new": True},
        acting | {"action_id": "beta-02", "title": "Essayer", "mission": "Bêta", "status": None},
    ]
    measured = {"edition": "2021-S2", "perimeter": "SPM", "target_date": date(2022, 12, 31), "source": "Enquête"}
    indicators = [
        measured
        | {
            "indicator_id": "teletravail",
            "title": "Agents en télétravail",
            "unit": "%",
            "value": Decimal("35.00000000"),
        }
        | {"baseline": Decimal("5.50000000"), "target": Decimal("25.00000000"), "status": "reached_early"}
        | {"measured_on": date(2021, 9, 1), "measured_on_precision": "month", "progress": Decimal("1.512820512821")},
        measured
        | {"indicator_id": "delai", "title": None, "unit": None, "value": Decimal("27.50000000"), "target": None}
        | {"target_date": None, "status": "unknown"},
    ]
    submissions = [
        {
            "edition": "2021-S2",
            "perimeter": "MJ",
            "kind": "projects",
            "submission_id": "2021-S2/MJ/projects/7",
            "file_name": "mj_bis.csv",
        }
        | {"file_sha256": "ab" * 32, "received_at": SECOND, "rows_accepted": 3},
        {
            "edition": "2021-S2",
            "perimeter": "MEF",
            "kind": "procedures",
            "submission_id": "2021-S2/MEF/procedures/8",
            "file_name": "mef.xlsx",
        }
        | {"file_sha256": "cd" * 32, "received_at": SECOND, "rows_accepted": 3},
        {
            "edition": "2021-S1",
            "perimeter": "MJ",
            "kind": "projects",
            "submission_id": "2021-S1/MJ/projects/1",
            "file_name": "mj.csv",
        }
        | {"file_sha256": "ef" * 32, "received_at": FIRST, "rows_accepted": 2},
    ]
    before = {"edition": "2021-S2", "previous_edition": "2021-S1", "kind": "projects"}
    headline_changes = [
        before
        | {"figure": figure, "places": places}
        | {name: Decimal(said) for name, said in zip(("previous_value", "value", "change"), values, strict=True)}
        for figure, places, values in (
            ("projects", 0, ("2", "3", "1")),
            ("total_cost_bn_eur", 2, ("0.06", "0.07", "0.02")),
            ("mean_duration_years", 1, ("5.7", "6.0", "0.3")),
        )
    ]
    marts = {
        "headline_changes": headline_changes,
        "state_publications": [],
        "portfolio": portfolio,
        "top50": top50,
        "procedures": procedures,
        "top250": top250,
        "procedure_scores": procedure_scores,
        "roadmap": roadmap,
        "indicators": indicators,
        "headline_figures": [second, first],
        "movements": movements,
        "slips": slips,
        "submissions": submissions,
    }
    return State(settings, marts)
