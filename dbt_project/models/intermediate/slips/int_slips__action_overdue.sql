with overdue as (
    select
        *,
        {{ last_day_of('planned_end', 'planned_end_precision') }} as last_planned_end,
        {{ as_of('edition') }} as as_of
    from {{ ref('int_roadmap') }}
    where is_overdue
)

select
    edition,
    'action_overdue' as rule,
    true as is_state,
    'roadmap' as kind,
    action_id as subject,
    coalesce(title, action_id) as name,
    perimeter,
    'end' as measure,
    'months' as unit,
    last_planned_end as from_end,
    as_of as to_end,
    0 as rounding_days,
    cast(date_sub('month', last_planned_end, as_of) as integer) as slip_months,
    cast(planned_end as varchar) as from_text,
    cast(as_of as varchar) as to_text,
    planned_end_precision as from_precision,
    'day' as to_precision,
    submission_id as to_submission_id
from overdue
