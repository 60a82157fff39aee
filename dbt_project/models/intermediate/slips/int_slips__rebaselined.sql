with rewritten as (
    select
        rebaselines.*,
        planned_ends.end_change_months,
        {{ coarser('rebaselines.from_precision', 'rebaselines.to_precision') }} as known_precision
    from {{ ref('int_rebaselines') }} as rebaselines
    left join {{ ref('int_planned_ends') }} as planned_ends using (edition, project_id)
)

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
    {{ months_between(first_day('from_date', 'known_precision'), first_day('to_date', 'known_precision')) }} as slip_months,
    from_text,
    to_text,
    case when measure = 'start' then from_precision end as from_precision,
    case when measure = 'start' then to_precision end as to_precision,
    end_change_months,
    -- Nothing is written anew where nothing had been declared: the first value received stood for it.
    case when measure <> 'start' and from_source = 'first_seen' then 'first_declared' end as detail,
    from_submission_id,
    to_submission_id
from rewritten
