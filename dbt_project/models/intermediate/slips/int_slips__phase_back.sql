select
    edition,
    'phase_back' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'phase' as measure,
    from_phase as from_text,
    to_phase as to_text,
    coalesce(to_current_cost_meur, from_current_cost_meur) as cost_meur,
    from_submission_id,
    to_submission_id
from {{ ref('int_project_changes') }}
where {{ goes_back('from_phase', 'to_phase') }}
