select
    edition,
    'rebaselined' as rule,
    'projects' as kind,
    project_id as subject,
    name,
    perimeter,
    measure,
    unit,
    from_value,
    to_value,
    to_value - from_value as delta,
    -- Earlier or later, a start that moves hides how long the project lasts.
    least(from_date, to_date) as from_end,
    greatest(from_date, to_date) as to_end,
    0 as rounding_days,
    cast(date_sub('month', from_date, to_date) as integer) as slip_months,
    from_text,
    to_text,
    case when measure = 'start' then from_precision end as from_precision,
    case when measure = 'start' then to_precision end as to_precision,
    from_submission_id,
    to_submission_id
from {{ ref('int_rebaselines') }}
