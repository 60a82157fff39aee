with submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'projects'
),

last_filed as (
    select
        perimeter,
        max(edition) as edition
    from submissions
    group by perimeter
),

-- Of a project that came to another perimeter, what that one says.
last_said as (
    select *
    from {{ ref('int_project_rows') }}
    where is_counted
    qualify row_number() over (partition by project_id order by edition desc) = 1
),

running as (
    select
        last_said.*,
        {{ last_planned_end(trajectory()) }} as last_planned_end,
        {{ planned_end_precision(trajectory()) }} as planned_end_precision,
        {{ said_on('last_said.edition', 'last_said.received_at') }} as said_on
    from last_said
    inner join last_filed using (perimeter, edition)
    where not {{ is_over() }}
)

select
    edition,
    project_id,
    name,
    perimeter,
    last_planned_end as planned_end,
    planned_end_precision
from running
-- The calendar of most readers ends with the year 9999, which some type for `never`.
where last_planned_end >= said_on and last_planned_end < date '9999-12-31'
