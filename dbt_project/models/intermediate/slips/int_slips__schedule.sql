with delays as (
    select * from {{ ref('int_planned_ends') }}
    where end_change_days > 0 and to_end - from_end - rounding_days >= {{ least_days_of_a_delay() }}
),

earlier as (
    select
        edition,
        project_id,
        {{ trajectory().values() | join(', ') }}
    from {{ ref('int_project_rows') }}
    where is_counted
),

-- What is put back to what it was before the previous edition is no new delay.
pairs as (
    select
        delays.* exclude (previous_edition),
        earlier.* exclude (project_id, edition),
        earlier.edition as earlier_edition
    from delays
    inner join earlier
        on delays.project_id = earlier.project_id and delays.previous_edition > earlier.edition
),

compared as (
    select * from {{ compared_ends('pairs', 'ends', trajectory(), trajectory('to_')) }}
),

returns as (
    select
        edition,
        project_id,
        max(earlier_edition) as returns_to_edition
    from compared
    where ends_change_days = 0
    group by edition, project_id
)

select
    delays.edition,
    'schedule_slip' as rule,
    'projects' as kind,
    delays.project_id as subject,
    delays.name,
    delays.perimeter,
    'end' as measure,
    'months' as unit,
    delays.semesters,
    delays.end_change_months as slip_months,
    cast(delays.from_end as varchar) as from_text,
    cast(delays.to_end as varchar) as to_text,
    delays.from_end_precision as from_precision,
    delays.to_end_precision as to_precision,
    returns.returns_to_edition,
    delays.from_submission_id,
    delays.to_submission_id
from delays
left join returns using (edition, project_id)
