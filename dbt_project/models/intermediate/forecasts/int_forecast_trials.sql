{{ config(materialized='table') }}
with projects as (
    select
        edition,
        project_id,
        not {{ is_over() }} as is_running,
        current_cost_meur,
        case when {{ is_over() }} then planned_end_date else {{ end_still_ahead() }} end as end_date,
        {{ semester_number('edition') }} as semester
    from {{ ref('int_portfolio') }}
),

changes as (
    select edition, previous_edition, project_id, is_present, is_awaited
    from {{ ref('int_project_changes') }}
    where was_present
),

slipped as (
    select distinct edition, project_id
    from {{ ref('int_slips') }}
    where rule in ('budget_slip', 'schedule_slip')
),

-- The last filing of a project that is over, or that is gone from the edition which saw it go.
ends as (
    select
        changes.edition as seen_in,
        changes.project_id,
        case when changes.is_present then changes.edition else changes.previous_edition end as last_edition
    from changes
    left join projects using (edition, project_id)
    where not coalesce(projects.is_running, changes.is_awaited)
),

outcomes as (
    select 'next' as ahead, previous_edition as edition, project_id, edition as seen_in, edition as filed_in
    from changes
    where is_present
    union all
    select 'final' as ahead, projects.edition, project_id, min(ends.seen_in) as seen_in, min(ends.last_edition) as filed_in
    from projects
    inner join ends using (project_id)
    where projects.edition < ends.last_edition
    group by projects.edition, project_id
),

made as (
    select
        projects.edition,
        projects.project_id,
        horizons.ahead,
        case horizons.ahead
            when 'next' then coalesce(later.semester - projects.semester, 1)
            else greatest(
                1,
                2 * year(projects.end_date) + case when month(projects.end_date) > 6 then 2 else 1 end - projects.semester
            )
        end as semesters,
        outcomes.seen_in,
        projects.current_cost_meur as cost_meur,
        later.current_cost_meur as later_cost_meur,
        projects.end_date,
        later.end_date as later_end_date,
        date_sub('month', {{ as_of('projects.edition') }} + 1, projects.end_date) as months_ahead,
        slipped.project_id is not null as has_slipped
    from projects
    cross join (values ('next'), ('final')) as horizons (ahead)
    left join outcomes using (edition, project_id, ahead)
    left join projects as later
        on outcomes.filed_in = later.edition and projects.project_id = later.project_id
    left join slipped
        on outcomes.seen_in = slipped.edition and projects.project_id = slipped.project_id
    where projects.is_running and (horizons.ahead = 'next' or projects.end_date is not null)
),

measured as (
    select
        'cost' as measure,
        made.*,
        -1 as least_change,
        case when cost_meur > 0 then try_cast({{ exact_ratio('later_cost_meur - cost_meur', 'cost_meur') }} as decimal(18, 12)) end as change
    from made
    where cost_meur is not null
    union all
    select
        'end' as measure,
        made.*,
        -months_ahead as least_change,
        -- Whole months, toward zero: a start that lost its day moves no end.
        date_sub('month', end_date, later_end_date) as change
    from made
    where end_date is not null
    union all
    select
        'slip' as measure,
        made.*,
        0 as least_change,
        case
            when coalesce(cost_meur + later_cost_meur, date_diff('day', end_date, later_end_date)) is not null
                then has_slipped::integer
        end as change
    from made
    where ahead = 'next' and (cost_meur is not null or end_date is not null)
)

select
    edition,
    project_id,
    ahead,
    measure,
    cast(semesters as integer) as semesters,
    cast(least_change as integer) as least_change,
    -- An outcome without a value was not seen.
    case when change is not null then seen_in end as seen_in,
    cast(change as decimal(18, 12)) as change,
    cast({{ exact_ratio('change', 'semesters', scale=12) }} as decimal(18, 12)) as rate
from measured
