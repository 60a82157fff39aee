{{ config(materialized='table') }}
with submissions as (
    select * from {{ ref('int_submissions') }}
    where kind = 'roadmap' and is_current
),

perimeters as (
    select perimeter, perimeter_name from {{ ref('perimeters') }}
),

filed as (
    select
        actions.*,
        perimeters.perimeter_name,
        submissions.submission_id,
        submissions.received_at,
        submissions.file_name,
        submissions.file_sha256,
        {{ as_of('actions.edition') }} as as_of,
        {{ said_on('actions.edition', 'submissions.received_at') }} as said_on,
        {{ last_day_of('actions.planned_end', 'actions.planned_end_precision') }} as due_on,
        -- An action without a status is running as long as no end is given.
        coalesce(actions.status in ('a_venir', 'en_cours'), actions.actual_end is null) as is_open
    from (select *, {{ content() }} as content from {{ ref('stg_roadmap') }}) as actions
    inner join submissions using (drop_id)
    left join perimeters on actions.perimeter = perimeters.perimeter
),

counted as (
    select
        *,
        count(distinct perimeter) over (partition by edition, action_id) as perimeters_filing
    from filed
    qualify
        row_number() over (
            partition by edition, action_id
            order by received_at desc, perimeter, title, mission, status, planned_end, content, row_number
        ) = 1
)

select
    edition,
    action_id,
    title,
    mission,
    status,
    entry_edition,
    planned_end,
    planned_end_precision,
    actual_end,
    actual_end_precision,
    perimeter,
    perimeter_name,
    cast(perimeters_filing as integer) as perimeters_filing,
    coalesce(status = 'acheve', false) as is_completed,
    is_open and coalesce(due_on between said_on and make_date(year(as_of), 12, 31), false) as is_due_by_year_end,
    is_open and coalesce(due_on < said_on, false) as is_overdue,
    coalesce(entry_edition = edition, false) as is_new,
    submission_id,
    received_at,
    file_name,
    file_sha256,
    sheet,
    row_number,
    status_cell,
    planned_end_cell,
    planned_end_typed
from counted
