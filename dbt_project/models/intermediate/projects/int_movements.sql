{{ config(materialized='table') }}
with changes as (
    select * from {{ ref('int_project_changes') }}
),

judged as (
    select
        *,
        case
            when is_awaited then 'awaited'
            when not is_present then 'out'
            when not was_present and first_edition < edition then 'back'
            when not was_present then 'in'
        end as movement
    from changes
),

-- A project may only come, go or be awaited once in an edition; being renamed is said beside, never instead.
moved as (
    select * from judged
    where movement is not null
    union all
    select * replace ('renamed' as movement) from judged
    where is_present and was_present and is_renamed
)

select
    edition,
    previous_edition,
    project_id,
    movement,
    name,
    previous_name,
    perimeter,
    previous_perimeter,
    case when movement = 'out' then coalesce(exit_reason, 'non déclaré') end as reason,
    to_current_cost_meur as current_cost_meur,
    from_current_cost_meur as previous_cost_meur,
    from_submission_id,
    to_submission_id
from moved
