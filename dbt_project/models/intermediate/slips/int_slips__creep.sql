with compared as (
    select edition, project_id, was_present
    from {{ ref('int_project_changes') }}
),

-- What is unknown or absent in between may have moved by any step: of that, no slip is no sign of a slow growth.
history as (
    select
        counted.*,
        row_number() over filings as position,
        bool_and(coalesce(compared.was_present, false)) over (filings rows between 2 preceding and current row) as is_without_gap,
        bool_and(current_cost_meur is not null) over (filings rows between 3 preceding and current row) as is_cost_known,
        bool_and(coalesce(stated_end_date, start_date + cast(round(current_duration_days) as integer)) is not null)
            over (filings rows between 3 preceding and current row) as is_end_known
    from {{ ref('int_project_rows') }} as counted
    left join compared using (edition, project_id)
    where counted.is_counted
    window filings as (partition by counted.project_id order by counted.edition)
),

-- The first of the last four editions of a project, this one included.
pairs as (
    select
        now.edition,
        now.position,
        now.project_id,
        now.name,
        now.perimeter,
        now.is_cost_known,
        now.is_end_known,
        earlier.edition as since_edition,
        earlier.current_cost_meur as from_value,
        now.current_cost_meur as to_value,
        earlier.submission_id as from_submission_id,
        now.submission_id as to_submission_id,
        {%- for column in trajectory().values() %}
        earlier.{{ column }} as from_{{ column }},
        now.{{ column }} as to_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from history as now
    inner join history as earlier
        on
            now.project_id = earlier.project_id
            and now.position - 3 = earlier.position
    where now.is_without_gap
),

spans as (
    select * from {{ compared_ends('pairs', 'ends', trajectory('from_'), trajectory('to_')) }}
),

-- What slipped on the way is told, and did not creep.
slipped as (
    select
        spans.edition,
        spans.project_id,
        list(slips.rule) as rules
    from spans
    inner join {{ ref('int_slips_rated') }} as slips
        on
            spans.project_id = slips.subject
            and spans.since_edition < slips.edition
            and spans.edition >= slips.edition
    group by spans.edition, spans.project_id
),

crept as (
    select
        spans.*,
        {{ months_between('ends_from_end', 'ends_to_end') }} as slip_months,
        is_cost_known
        and from_value > 0
        and to_value * 100 >= from_value * (100 + {{ at_least('creep', 'information', 'percent') }})
        and not list_contains(coalesce(slipped.rules, []), 'budget_slip') as is_cost,
        is_end_known
        and ends_change_days > 0
        and slip_months >= {{ at_least('creep', 'information', 'months') }}
        and not list_contains(coalesce(slipped.rules, []), 'schedule_slip') as is_end
    from spans
    left join slipped using (edition, project_id)
),

-- One that was told is not told again for three editions.
told as (
    select
        project_id,
        unnest({{ apart('position', 4) }}) as position
    from crept
    where is_cost or is_end
    group by project_id
)

select
    crept.edition,
    'creep' as rule,
    'projects' as kind,
    crept.project_id as subject,
    crept.project_id,
    crept.name,
    crept.perimeter,
    'trajectory' as measure,
    'meur' as unit,
    case when crept.is_cost then crept.from_value end as from_value,
    case when crept.is_cost then crept.to_value end as to_value,
    cast(case when crept.is_cost then crept.to_value - crept.from_value end as decimal(20, 8)) as delta,
    case when crept.is_cost then {{ percent(exact_ratio('crept.to_value - crept.from_value', 'crept.from_value')) }} end as delta_pct,
    case when crept.is_end then cast(crept.ends_from_end as varchar) end as from_text,
    case when crept.is_end then cast(crept.ends_to_end as varchar) end as to_text,
    case when crept.is_end then coalesce(crept.ends_known, 'month') end as from_precision,
    case when crept.is_end then coalesce(crept.ends_known, 'month') end as to_precision,
    case when crept.is_end then crept.slip_months end as slip_months,
    case
        when crept.to_value > {{ at_least('creep', 'attention', 'above_meur') }} then 'attention'
        else 'information'
    end as severity,
    crept.since_edition,
    crept.from_submission_id,
    crept.to_submission_id
from crept
semi join told using (project_id, position)
