with project_rows as (
    select * from {{ ref('int_project_rows') }}
),

possible as (
    select
        edition,
        project_id,
        is_counted,
        unnest(possible_ids) as former_id
    from project_rows
),

former as (
    select
        former_id,
        project_id,
        max(edition) as last_edition,
        max(edition) filter (where is_counted) as last_counted_edition
    from possible
    anti join project_rows as living on possible.former_id = living.project_id
    group by former_id, project_id
)

select
    former_id,
    project_id,
    last_edition,
    row_number() over (partition by former_id order by last_counted_edition desc nulls last, last_edition desc, project_id) = 1 as is_redirect
from former
