select
    edition,
    'went_silent' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'presence' as measure,
    'meur' as unit,
    from_current_cost_meur as from_value,
    from_cost_typed as from_text,
    from_submission_id,
    to_submission_id
from {{ ref('int_project_changes') }}
where not is_present and not is_awaited and exit_reason is null
