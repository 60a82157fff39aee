select
    edition,
    'schedule_slip' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    'end' as measure,
    'months' as unit,
    from_end,
    to_end,
    rounding_days,
    cast(date_sub('month', from_end, to_end) as integer) as slip_months,
    cast(from_end as varchar) as from_text,
    cast(to_end as varchar) as to_text,
    from_end_precision as from_precision,
    to_end_precision as to_precision,
    from_submission_id,
    to_submission_id
from {{ ref('int_planned_ends') }}
where to_end > from_end
