{{ config(materialized='table') }}
with changes as (
    select * from {{ ref('int_project_changes') }}
),

compared as (
    select * from {{ compared_ends('changes', 'ends', trajectory('from_'), trajectory('to_')) }}
)

select
    * exclude (ends_start_known, ends_stated_known, ends_from_day, ends_to_day, ends_from_end, ends_to_end, ends_from_known, ends_to_known, ends_known, ends_rounding_days, ends_change_days),
    {%- for side in ['from', 'to'] %}
    ends_{{ side }}_end as {{ side }}_end,
    -- Of a sum, 0.1 year is about a month.
    case
        when {{ side }}_stated_end_date is not null then ends_stated_known
        else {{ coarser('ends_stated_known', precision_of_a_sum('ends_start_known', side ~ '_current_duration_precision')) }}
    end as {{ side }}_end_precision,
    {%- endfor %}
    ends_rounding_days as rounding_days,
    ends_change_days as end_change_days,
    case when ends_change_days = 0 then 0 else {{ months_between('ends_from_end', 'ends_to_end') }} end as end_change_months
from compared
