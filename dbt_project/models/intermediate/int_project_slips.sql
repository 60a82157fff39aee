{#- Rules of a project against what it said before, or against the edition's date. -#}

with changes as (
    select * from {{ ref('int_project_changes') }}
),

counted as (
    select * from {{ ref('int_project_rows') }}
    where is_counted
),

running as (
    select * from counted
    where phase is distinct from 'termine' and phase is distinct from 'abandonne' and exit_reason is null
),

portfolio as (
    select * from {{ ref('portfolio') }}
),

thresholds as (
    select
        *,
        {{ severity_rank('severity') }} as severity_rank
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
        to_cost_typed as to_text,
        from_submission_id,
        to_submission_id
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
        {{ tenth_year_slack_days() }} * (
            (from_current_duration_precision is not distinct from 'tenth_year')::integer
            + (to_current_duration_precision is not distinct from 'tenth_year')::integer
        ) as rounding_days
    from compared_starts
),

ends as (
    select
        * exclude (end_precision),
        {{ first_day('from_planned_end', 'end_precision') }} as from_end,
        {{ first_day('to_planned_end', 'end_precision') }} as to_end
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
        cast(to_end as varchar) as to_text,
        from_submission_id,
        to_submission_id
    from ends
    where to_end > from_end
),

variances as (
    select
        portfolio.*,
        {%- for measure in ['budget', 'schedule'] %}
        -- A value that was unknown for an edition does not cross its level again when it comes back.
        lag(portfolio.{{ measure }}_variance_rate ignore nulls) over (
            partition by portfolio.project_id order by portfolio.edition
        ) as previous_{{ measure }}_variance_rate{{ ',' if not loop.last }}
        {%- endfor %}
    from portfolio
),

overruns as (
    select
        'budget_overrun' as rule,
        edition,
        project_id,
        'cost' as measure,
        'meur' as unit,
        baseline_cost_meur as from_value,
        current_cost_meur as to_value,
        budget_variance_rate as rate,
        previous_budget_variance_rate as previous_rate,
        cost_typed as to_text,
        baseline_cost_submission_id as from_submission_id,
        submission_id as to_submission_id
    from variances
    where budget_variance_rate > 0
    union all
    select
        'schedule_overrun' as rule,
        edition,
        project_id,
        'duration' as measure,
        'years' as unit,
        {{ exact_ratio('baseline_duration_days', days_in_a_year(), scale=18, digits=8) }} as from_value,
        {{ exact_ratio('current_duration_days', days_in_a_year(), scale=18, digits=8) }} as to_value,
        schedule_variance_rate as rate,
        previous_schedule_variance_rate as previous_rate,
        duration_typed as to_text,
        baseline_duration_submission_id as from_submission_id,
        submission_id as to_submission_id
    from variances
    where schedule_variance_rate > 0
),

overruns_with_evidence as (
    select
        *,
        to_value - from_value as delta
    from overruns
),

rebaselines as (
    select
        'rebaselined' as rule,
        edition,
        project_id,
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
        from_submission_id,
        to_submission_id
    from {{ ref('rebaselines') }}
),

latest_ends as (
    select
        edition,
        project_id,
        submission_id,
        coalesce(stated_end_date, start_date + cast(round(current_duration_days) as integer)) as planned_end,
        -- The last day that the end may be: an end known to a month has not passed before the month has.
        coalesce(
            {{ last_day_of('stated_end_date', 'stated_end_precision') }},
            {{ last_day_of('start_date', 'start_precision') }} + cast(
                round(
                    current_duration_days
                    + {{ tenth_year_slack_days() }} * (current_duration_precision is not distinct from 'tenth_year')::integer
                ) as integer
            )
        ) as from_end,
        {{ as_of('edition') }} as to_end
    from running
),

delays as (
    select
        'overdue' as rule,
        edition,
        project_id,
        'end' as measure,
        'months' as unit,
        from_end,
        to_end,
        0 as rounding_days,
        cast(date_sub('month', from_end, to_end) as integer) as slip_months,
        cast(planned_end as varchar) as from_text,
        cast(to_end as varchar) as to_text,
        submission_id as to_submission_id
    from latest_ends
    where from_end < to_end
),

repeats as (
    select
        *,
        is_present
        and was_present
        and from_phase is not distinct from to_phase
        and from_current_cost_meur is not distinct from to_current_cost_meur
        and from_declared_confidence is not distinct from to_declared_confidence
        -- A comment that is left out is no news.
        and (to_variance_comment is null or from_variance_comment is not distinct from to_variance_comment)
        and case
            when from_end is null and to_end is null then from_current_duration_days is not distinct from to_current_duration_days
            else coalesce(abs(to_end - from_end) <= rounding_days, false)
        end
        -- A project whose first values were rewritten did change.
        and (edition, project_id) not in (select (edition, project_id) from {{ ref('rebaselines') }}) as is_repeated
    from ends
),

repeats_in_a_row as (
    select
        *,
        sum((not is_repeated)::integer) over (partition by project_id order by position) as stretch
    from repeats
),

standstills as (
    select
        'stagnant' as rule,
        edition,
        project_id,
        'trajectory' as measure,
        'editions' as unit,
        1 + row_number() over in_stretch as editions_alike,
        first_value(previous_edition) over in_stretch as from_text,
        edition as to_text,
        first_value(previous_edition) over in_stretch as since_edition,
        first_value(from_submission_id) over in_stretch as from_submission_id,
        to_submission_id
    from repeats_in_a_row
    where is_repeated
    window in_stretch as (partition by project_id, stretch order by position)
),

silences as (
    select
        'went_silent' as rule,
        edition,
        project_id,
        'presence' as measure,
        'meur' as unit,
        from_current_cost_meur as from_value,
        from_cost_typed as from_text,
        from_submission_id,
        to_submission_id
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
        to_cost_typed as to_text,
        from_submission_id,
        to_submission_id
    from changes
    where is_present and from_current_cost_meur is not null and to_current_cost_meur is null
    union all
    select
        'figure_withdrawn' as rule,
        edition,
        project_id,
        'duration' as measure,
        'years' as unit,
        {{ exact_ratio('from_current_duration_days', days_in_a_year(), scale=18, digits=8) }} as from_value,
        from_duration_typed as from_text,
        to_duration_typed as to_text,
        from_submission_id,
        to_submission_id
    from changes
    where is_present and from_current_duration_days is not null and to_current_duration_days is null
),

candidates as (
    select * from costs
    union all by name
    select * from schedules
    union all by name
    select * from overruns_with_evidence
    union all by name
    select * from rebaselines
    union all by name
    select * from delays
    union all by name
    select standstills.*
    from standstills
    semi join running using (edition, project_id)
    union all by name
    select * from silences
    union all by name
    select * from withdrawals
),

slipping as (
    select
        candidates.*,
        thresholds.severity,
        case when candidates.rate is not null then cast(thresholds.at_least as integer) end as level
    from candidates
    inner join thresholds using (rule)
    where
        case thresholds.threshold
            when 'always' then true
            when 'crossed_percent'
                then
                    candidates.rate * 100 >= thresholds.at_least
                    and coalesce(candidates.previous_rate * 100 < thresholds.at_least, true)
            when 'percent' then candidates.from_value > 0 and candidates.delta * 100 >= candidates.from_value * thresholds.at_least
            when 'meur' then coalesce(candidates.delta, candidates.from_value) >= thresholds.at_least
            when 'months'
                then date_diff(
                    'day',
                    cast(candidates.from_end + to_months(cast(thresholds.at_least as integer)) as date),
                    candidates.to_end
                ) >= candidates.rounding_days
            when 'editions' then candidates.editions_alike >= thresholds.at_least
        end
    qualify
        row_number() over (
            partition by candidates.edition, candidates.rule, candidates.project_id, candidates.measure
            order by thresholds.severity_rank desc, thresholds.at_least desc
        ) = 1
)

select
    slipping.edition,
    slipping.rule,
    slipping.project_id,
    coalesce(changes.name, counted.name) as name,
    coalesce(changes.perimeter, counted.perimeter) as perimeter,
    slipping.measure,
    slipping.unit,
    slipping.level,
    cast(slipping.from_value as decimal(20, 8)) as from_value,
    cast(slipping.to_value as decimal(20, 8)) as to_value,
    cast(coalesce(slipping.delta, slipping.slip_months, slipping.editions_alike) as decimal(20, 8)) as delta,
    case
        when slipping.rate is not null then {{ percent('slipping.rate') }}
        when slipping.from_value > 0 then {{ percent(exact_ratio('slipping.delta', 'slipping.from_value')) }}
    end as delta_pct,
    slipping.from_text,
    slipping.to_text,
    slipping.slip_months,
    slipping.severity,
    slipping.since_edition,
    slipping.from_submission_id,
    slipping.to_submission_id
from slipping
left join changes using (edition, project_id)
left join counted using (edition, project_id)
