with open_actions as (
    select
        *,
        {{ last_day_of('planned_end', 'planned_end_precision') }} as last_planned_end,
        {{ said_on('edition', 'received_at') }} as said_on
    from {{ ref('int_roadmap') }}
    where is_overdue
)

select
    edition,
    'action_overdue' as rule,
    'roadmap' as kind,
    action_id as subject,
    coalesce(title, action_id) as name,
    perimeter,
    'end' as measure,
    'months' as unit,
    {{ months_between('last_planned_end', 'said_on') }} as slip_months,
    cast(last_planned_end as varchar) as from_text,
    cast(said_on as varchar) as to_text,
    planned_end_precision as from_precision,
    'day' as to_precision,
    submission_id as to_submission_id
from open_actions
where last_planned_end < said_on
