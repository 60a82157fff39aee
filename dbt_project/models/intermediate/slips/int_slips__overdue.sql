with running as (
    select
        *,
        coalesce(stated_end_date, start_date + cast(round(current_duration_days) as integer)) as planned_end,
        case
            when stated_end_date is not null then stated_end_precision
            else {{ precision_of_a_sum('start_precision', 'current_duration_precision') }}
        end as planned_end_precision,
        -- The last day that the end may be: an end known to a month has not passed before the month has.
        coalesce(
            {{ last_day_of('stated_end_date', 'stated_end_precision') }},
            {{ last_day_of('start_date', 'start_precision') }} + cast(
                round(
                    current_duration_days
                    + {{ tenth_year_slack_days() }} * (current_duration_precision is not distinct from 'tenth_year')::integer
                ) as integer
            )
        ) as last_planned_end,
        {{ as_of('edition') }} as as_of
    from {{ ref('int_project_rows') }}
    where is_counted and not {{ is_over() }}
)

select
    edition,
    'overdue' as rule,
    true as is_state,
    'projects' as kind,
    project_id as subject,
    name,
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
from running
where last_planned_end < as_of
