{{ config(materialized='table') }}
with submissions as (
    select * from {{ ref('int_submissions') }}
),

editions as (
    select edition, kind, is_closed from {{ ref('int_editions') }}
),

filed as (
    select
        edition,
        kind,
        perimeter,
        any_value(submission_id) filter (where is_current) as submission_id
    from submissions
    group by edition, kind, perimeter
),

grid as (
    select
        editions.edition,
        editions.kind,
        editions.is_closed,
        perimeters.perimeter
    from editions
    inner join (select distinct kind, perimeter from filed) as perimeters using (kind)
)

select
    grid.edition,
    grid.kind,
    grid.perimeter,
    filed.perimeter is not null as has_filed,
    filed.submission_id,
    grid.is_closed,
    max(filed.edition) over before as previous_edition,
    max(case when filed.perimeter is null and grid.is_closed then grid.edition end) over before as closed_without
from grid
left join filed using (edition, kind, perimeter)
window before as (partition by grid.kind, grid.perimeter order by grid.edition rows between unbounded preceding and 1 preceding)
