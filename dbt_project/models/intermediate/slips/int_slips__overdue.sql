with running as (
    select
        *,
        {{ last_planned_end(trajectory()) }} as last_planned_end,
        {{ planned_end_precision(trajectory()) }} as planned_end_precision,
        {{ said_on('edition', 'received_at') }} as said_on
    from {{ ref('int_project_rows') }}
    where is_counted and not {{ is_over() }}
)

select
    edition,
    'overdue' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'end' as measure,
    'months' as unit,
    {{ months_between('last_planned_end', 'said_on') }} as slip_months,
    cast(last_planned_end as varchar) as from_text,
    cast(said_on as varchar) as to_text,
    planned_end_precision as from_precision,
    'day' as to_precision,
    submission_id as to_submission_id
from running
where last_planned_end < said_on
