select
    edition,
    'budget_slip' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'cost' as measure,
    'meur' as unit,
    from_current_cost_meur as from_value,
    to_current_cost_meur as to_value,
    to_current_cost_meur - from_current_cost_meur as delta,
    from_cost_typed as from_text,
    to_cost_typed as to_text,
    from_submission_id,
    to_submission_id
from {{ ref('int_project_changes') }}
where to_current_cost_meur > from_current_cost_meur
