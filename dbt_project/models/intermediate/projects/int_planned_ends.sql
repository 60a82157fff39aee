with compared as (
    select
        *,
        -- A start that only lost its day has not moved, nor has an end.
        {{ coarser('from_start_precision', 'to_start_precision') }} as start_precision,
        {{ coarser('from_stated_end_precision', 'to_stated_end_precision') }} as end_precision
    from {{ ref('int_project_changes') }}
),

planned as (
    select
        *,
        {%- for side in ['from', 'to'] %}
        coalesce(
            {{ side }}_stated_end_date,
            {{ first_day(side ~ '_start_date', 'start_precision') }} + cast(round({{ side }}_current_duration_days) as integer)
        ) as {{ side }}_planned_end,
        case
            when {{ side }}_stated_end_date is null
                then {{ precision_of_a_sum('start_precision', side ~ '_current_duration_precision') }}
        end as {{ side }}_sum_precision,
        {%- endfor %}
        {{ tenth_year_slack_days() }} * (
            (from_current_duration_precision is not distinct from 'tenth_year')::integer
            + (to_current_duration_precision is not distinct from 'tenth_year')::integer
        ) as rounding_days
    from compared
)

select
    * exclude (start_precision, end_precision, from_planned_end, to_planned_end, from_sum_precision, to_sum_precision),
    {%- for side in ['from', 'to'] %}
    {{ first_day(side ~ '_planned_end', 'end_precision') }} as {{ side }}_end,
    {{ coarser('end_precision', side ~ '_sum_precision') }} as {{ side }}_end_precision{{ ',' if not loop.last }}
    {%- endfor %}
from planned
