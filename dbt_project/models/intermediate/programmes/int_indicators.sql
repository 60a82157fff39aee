{{ config(materialized='table') }}
with submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'indicators' and is_current
),

perimeters as (
    select perimeter, perimeter_name from {{ ref('perimeters') }}
),

filed as (
    select
        indicators.*,
        perimeters.perimeter_name,
        submissions.submission_id,
        submissions.received_at,
        submissions.file_name,
        submissions.file_sha256
    from (select *, {{ content() }} as content from {{ ref('stg_indicators') }}) as indicators
    inner join submissions using (drop_id)
    left join perimeters on indicators.perimeter = perimeters.perimeter
),

counted as (
    select
        *,
        count(distinct perimeter) over (partition by edition, indicator_id) as perimeters_filing
    from filed
    qualify
        row_number() over (
            partition by edition, indicator_id
            order by received_at desc, perimeter, title, measured_value desc, target_value desc, baseline_value desc, content, row_number
        ) = 1
),

dated as (
    select
        *,
        {{ said_on('edition', 'received_at') }} as said_on,
        {{ last_day_of('baseline_date', 'baseline_date_precision') }} as baseline_day,
        {{ last_day_of('target_date', 'target_date_precision') }} as target_day,
        -- Whatever its date, and without one, a measure is of the day on which it was said at the latest.
        least({{ last_day_of('measured_on', 'measured_on_precision') }}, {{ said_on('edition', 'received_at') }}) as measured_day
    from counted
),

judged as (
    select
        *,
        {{ exact_ratio('(measured_value - baseline_value)', '(target_value - baseline_value)') }} as progress,
        case
            when said_on > target_day then 1.0
            when baseline_day < target_day
                then greatest(0, least(1, {{ exact_ratio('(measured_day - baseline_day)', '(target_day - baseline_day)', scale=0) }}))
        end as expected_progress,
        case
            when measured_value = target_value then true
            when target_value > baseline_value then measured_value > target_value
            when target_value < baseline_value then measured_value < target_value
        end as is_reached
    from dated
)

select
    edition,
    indicator_id,
    title,
    unit,
    measured_value as value,
    measured_on,
    measured_on_precision,
    baseline_value as baseline,
    baseline_date,
    target_value as target,
    target_date,
    target_date_precision,
    progress,
    cast(expected_progress as decimal(38, 12)) as expected_progress,
    case
        when is_reached and measured_day < target_day then 'reached_early'
        when is_reached then 'reached'
        when progress >= expected_progress then 'on_track'
        when progress < expected_progress then 'off_track'
        else 'unknown'
    end as status,
    source,
    perimeter,
    perimeter_name,
    cast(perimeters_filing as integer) as perimeters_filing,
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number,
    measured_value_cell as value_cell,
    measured_value_typed as value_typed
from judged
