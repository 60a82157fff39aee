with withdrawn as (
    select
        *,
        from_current_cost_meur is not null and to_current_cost_meur is null as is_cost,
        from_current_duration_days is not null and to_current_duration_days is null as is_duration
    from {{ ref('int_project_changes') }}
    where is_present
)

select
    edition,
    'figure_withdrawn' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    -- What is withdrawn together is withdrawn once; the cost is then the value that is told.
    case
        when is_cost and is_duration then 'cost_and_duration'
        when is_cost then 'cost'
        else 'duration'
    end as measure,
    case when is_cost then 'meur' else 'years' end as unit,
    case when is_cost then from_current_cost_meur else {{ in_years('from_current_duration_days') }} end as from_value,
    case when is_cost then from_cost_typed else from_duration_typed end as from_text,
    case when is_cost then to_cost_typed else to_duration_typed end as to_text,
    from_submission_id,
    to_submission_id
from withdrawn
where is_cost or is_duration
