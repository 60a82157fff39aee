with changes as (
    select * from {{ ref('int_project_changes') }}
),

thresholds as (
    select
        *,
        list_position(['information', 'attention', 'critique'], severity) as gravity
    from {{ ref('alert_rules') }}
),

costs as (
    select
        'budget_slip' as rule,
        edition,
        project_id,
        'cost' as measure,
        'meur' as unit,
        from_current_cost_meur as from_value,
        to_current_cost_meur as to_value,
        to_current_cost_meur - from_current_cost_meur as delta,
        from_cost_typed as from_text,
        to_cost_typed as to_text
    from changes
    where to_current_cost_meur > from_current_cost_meur
),

compared_starts as (
    select
        *,
        {{ coarser('from_start_precision', 'to_start_precision') }} as start_precision,
        {{ coarser('from_stated_end_precision', 'to_stated_end_precision') }} as end_precision
    from changes
),

planned_ends as (
    select
        *,
        {%- for side in ['from', 'to'] %}
        coalesce(
            {{ side }}_stated_end_date,
            {{ first_day(side ~ '_start_date', 'start_precision') }} + cast(round({{ side }}_current_duration_days) as integer)
        ) as {{ side }}_planned_end,
        {%- endfor %}
        -- 0.1 year is 36.5 days: a duration known to that step is off by at most half of it.
        18.25 * (
            (from_current_duration_precision is not distinct from 'tenth_year')::integer
            + (to_current_duration_precision is not distinct from 'tenth_year')::integer
        ) as rounding_days
    from compared_starts
),

ends as (
    select
        edition,
        project_id,
        {{ first_day('from_planned_end', 'end_precision') }} as from_end,
        {{ first_day('to_planned_end', 'end_precision') }} as to_end,
        rounding_days
    from planned_ends
),

schedules as (
    select
        'schedule_slip' as rule,
        edition,
        project_id,
        'end' as measure,
        'months' as unit,
        from_end,
        to_end,
        rounding_days,
        cast(date_sub('month', from_end, to_end) as integer) as slip_months,
        cast(from_end as varchar) as from_text,
        cast(to_end as varchar) as to_text
    from ends
    where to_end > from_end
),

silences as (
    select
        'went_silent' as rule,
        edition,
        project_id,
        'presence' as measure,
        'meur' as unit,
        from_current_cost_meur as from_value,
        from_cost_typed as from_text
    from changes
    where not is_present and not is_awaited and exit_reason is null
),

withdrawals as (
    select
        'figure_withdrawn' as rule,
        edition,
        project_id,
        'cost' as measure,
        'meur' as unit,
        from_current_cost_meur as from_value,
        from_cost_typed as from_text,
        to_cost_typed as to_text
    from changes
    where is_present and from_current_cost_meur is not null and to_current_cost_meur is null
    union all
    select
        'figure_withdrawn' as rule,
        edition,
        project_id,
        'duration' as measure,
        'years' as unit,
        {{ exact_ratio('from_current_duration_days', '365', scale=18, digits=8) }} as from_value,
        from_duration_typed as from_text,
        to_duration_typed as to_text
    from changes
    where is_present and from_current_duration_days is not null and to_current_duration_days is null
),

candidates as (
    select * from costs
    union all by name
    select * from schedules
    union all by name
    select * from silences
    union all by name
    select * from withdrawals
),

slipping as (
    select
        candidates.*,
        thresholds.severity
    from candidates
    inner join thresholds using (rule)
    where
        case thresholds.threshold
            when 'always' then true
            when 'percent' then candidates.from_value > 0 and candidates.delta * 100 >= candidates.from_value * thresholds.at_least
            when 'meur' then coalesce(candidates.delta, candidates.from_value) >= thresholds.at_least
            when 'months'
                then date_diff(
                    'day',
                    cast(candidates.from_end + to_months(cast(thresholds.at_least as integer)) as date),
                    candidates.to_end
                ) >= candidates.rounding_days
        end
    qualify
        row_number() over (
            partition by candidates.edition, candidates.rule, candidates.project_id, candidates.measure
            order by thresholds.gravity desc
        ) = 1
),

in_runs as (
    select
        slipping.*,
        changes.previous_edition,
        changes.name,
        changes.perimeter,
        changes.from_submission_id,
        changes.to_submission_id,
        -- Consecutive editions share this number: their positions and their ranks grow together.
        changes.position - row_number() over (
            partition by slipping.rule, slipping.project_id, slipping.measure
            order by slipping.edition
        ) as run
    from slipping
    inner join changes using (edition, project_id)
)

select
    edition,
    previous_edition,
    rule,
    project_id,
    name,
    perimeter,
    measure,
    unit,
    cast(from_value as decimal(20, 8)) as from_value,
    cast(to_value as decimal(20, 8)) as to_value,
    cast(coalesce(delta, slip_months) as decimal(20, 8)) as delta,
    case when from_value > 0 then {{ percent(exact_ratio('delta', 'from_value')) }} end as delta_pct,
    from_text,
    to_text,
    slip_months,
    severity,
    from_submission_id,
    to_submission_id,
    min(edition) over (partition by rule, project_id, measure, run) as since_edition
from in_runs
