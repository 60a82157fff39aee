with filed as (
    {{ filed_rows('projects') }}
),

with_durations as (
    select
        *,
        -- Ministries give a duration or an end date; the duration wins where both are there.
        case
            when current_end_date >= start_date then cast(current_end_date - start_date as decimal(38, 18))
        end as days_to_current_end,
        case
            when initial_end_date >= start_date then cast(initial_end_date - start_date as decimal(38, 18))
        end as days_to_initial_end
    from filed
)

select
    edition,
    perimeter,
    drop_id,
    sheet,
    row_number,
    nullif(trim(declared_project_id), '') as declared_project_id,
    name,
    ministry,
    is_interministerial,
    description,
    more_info_url,
    start_date,
    start_date_precision as start_precision,
    phase,
    -- Years × 365 of a spreadsheet's binary numbers leave a residue behind the sixth decimal: 1888.00000000000095 days.
    -- A million days is no duration but a date or an amount in the wrong cell: one such number would drown every mean.
    {%- for measure in ['initial', 'current'] %}
    case
        when abs(coalesce({{ measure }}_duration_days, days_to_{{ measure }}_end)) < 1000000
            then cast(round(coalesce({{ measure }}_duration_days, days_to_{{ measure }}_end), 6) as decimal(38, 18))
    end as {{ measure }}_duration_days,
    {%- endfor %}
    case
        when current_duration_days is not null then current_duration_days_precision
        when days_to_current_end is not null then current_end_date_precision
    end as current_duration_precision,
    case
        when initial_duration_days is not null then initial_duration_days_precision
        when days_to_initial_end is not null then initial_end_date_precision
    end as initial_duration_precision,
    case when current_duration_days is null then current_end_date end as stated_end_date,
    case when current_duration_days is null and current_end_date is not null then current_end_date_precision end as stated_end_precision,
    initial_cost_meur,
    current_cost_meur,
    cost_band,
    functional_zone,
    funding_programmes,
    declared_confidence,
    variance_comment,
    nullif(trim(exit_reason), '') as exit_reason,
    coalesce(current_cost_meur_typed, current_cost_meur_absence) as cost_typed,
    case
        when current_duration_days is null and days_to_current_end is not null then current_end_date_typed
        else coalesce(current_duration_days_typed, current_duration_days_absence)
    end as duration_typed,
    initial_cost_meur_typed as initial_cost_typed,
    case when initial_duration_days is null then initial_end_date_typed else initial_duration_days_typed end as initial_duration_typed,
    cell_columns,
    (cell_columns ->> '$.current_cost_meur') || row_number as cost_cell,
    (cell_columns ->> '$.initial_cost_meur') || row_number as initial_cost_cell,
    (cell_columns ->> case when initial_duration_days is null then '$.initial_end_date' else '$.initial_duration_days' end) || row_number as initial_duration_cell,
    case
        when current_duration_days is null and days_to_current_end is not null then (cell_columns ->> '$.current_end_date') || row_number
        else coalesce((cell_columns ->> '$.current_duration_days'), (cell_columns ->> '$.current_end_date')) || row_number
    end as duration_cell
from with_durations
